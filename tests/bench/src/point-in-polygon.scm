(import (scheme base) (scheme inexact) (scheme read) (scheme write) (scheme time))
;; Which points of a grid lie inside polygons with many corners: comparisons and divisions of flonums
;; over two vectors of coordinates. The result counts the points inside a star and inside a spiral band.

(define (make-coordinates corners coordinate)
  (let ((v (make-vector corners 0.0)))
    (do ((k 0 (+ k 1))) ((= k corners) v)
      (vector-set! v k (coordinate k)))))

;; Whether a ray to the right crosses an odd number of edges.
(define (inside? xs ys x y)
  (let ((corners (vector-length xs)))
    (let loop ((k 0) (before (- corners 1)) (inside #f))
      (if (= k corners)
          inside
          (let ((xk (vector-ref xs k)) (yk (vector-ref ys k)) (yb (vector-ref ys before)))
            (loop (+ k 1)
                  k
                  (if (and (not (eq? (> yk y) (> yb y)))
                           (< x (+ xk (/ (* (- (vector-ref xs before) xk) (- y yk)) (- yb yk)))))
                      (not inside)
                      inside)))))))

(define (count-inside xs ys size)
  (let ((step (/ 2.0 size)))
    (let rows ((row 0) (number 0))
      (if (= row size)
          number
          (let ((y (+ -0.9987 (* step row))))
            (do ((column 0 (+ column 1))
                 (number number
                         (if (inside? xs ys (+ -0.9991 (* step column)) y) (+ number 1) number)))
                ((= column size) (rows (+ row 1) number))))))))

;; Every second corner of a star is nearer to the middle.
(define (star-radius k) (if (even? k) 0.95 0.4))

;; The corners of the band go outwards on one side and come back on the other.
(define (spiral-turn k corners)
  (let ((half (quotient corners 2)))
    (inexact (if (< k half) k (- corners k 1)))))

(define (count-star corners size)
  (let ((angle (/ (* 8.0 (atan 1.0)) corners)))
    (count-inside (make-coordinates corners (lambda (k) (* (star-radius k) (cos (* angle (inexact k))))))
                  (make-coordinates corners (lambda (k) (* (star-radius k) (sin (* angle (inexact k))))))
                  size)))

(define (count-spiral corners size)
  (define (radius k)
    (+ (/ (* 1.5 (spiral-turn k corners)) corners) (if (< k (quotient corners 2)) 0.1 0.2)))
  (define (angle k) (* 0.45 (spiral-turn k corners)))
  (count-inside (make-coordinates corners (lambda (k) (* (radius k) (cos (angle k)))))
                (make-coordinates corners (lambda (k) (* (radius k) (sin (angle k)))))
                size))

(define (run-benchmark)
  (let* ((count (read)) (corners (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "point-in-polygon"
     count
     (lambda ()
       (list (count-star (hide count corners) (hide count size))
             (count-spiral (hide count corners) (hide count size))))
     (lambda (result) (equal? result expected)))))
