(import (scheme base) (scheme inexact) (scheme read) (scheme write) (scheme time))
;; A picture of mirroring spheres over a floor, by rays followed backwards: vectors of three flonums,
;; records and closures. The result is the sum of the grey levels of all points.

(define (vec x y z) (vector x y z))
(define (vec-x v) (vector-ref v 0))
(define (vec-y v) (vector-ref v 1))
(define (vec-z v) (vector-ref v 2))
(define (vec+ a b) (vec (+ (vec-x a) (vec-x b)) (+ (vec-y a) (vec-y b)) (+ (vec-z a) (vec-z b))))
(define (vec- a b) (vec (- (vec-x a) (vec-x b)) (- (vec-y a) (vec-y b)) (- (vec-z a) (vec-z b))))
(define (scale k v) (vec (* k (vec-x v)) (* k (vec-y v)) (* k (vec-z v))))
(define (dot a b) (+ (* (vec-x a) (vec-x b)) (* (vec-y a) (vec-y b)) (* (vec-z a) (vec-z b))))
(define (unit v) (scale (/ 1.0 (sqrt (dot v v))) v))

(define-record-type sphere
  (make-sphere center radius brightness mirror)
  sphere?
  (center sphere-center)
  (radius sphere-radius)
  (brightness sphere-brightness)
  (mirror sphere-mirror))

(define near 1e-6)
(define far 1e9)
(define to-light (unit (vec 1.0 2.0 -1.5)))

;; How far along a ray, whose direction has length one, a sphere is met; `far` if it is missed.
(define (distance-to-sphere sphere origin direction)
  (let* ((from-center (vec- origin (sphere-center sphere)))
         (half (dot from-center direction))
         (rest (- (dot from-center from-center) (square (sphere-radius sphere))))
         (discriminant (- (* half half) rest)))
    (if (< discriminant 0.0)
        far
        (let* ((root (sqrt discriminant))
               (first (- (- half) root))
               (second (- root half)))
          (cond ((> first near) first)
                ((> second near) second)
                (else far))))))

;; Calls a procedure with the distance of the nearest sphere and the sphere, or `far` and #f.
(define (call-with-nearest spheres origin direction receive)
  (let next ((rest spheres) (best far) (found #f))
    (if (null? rest)
        (receive best found)
        (let ((distance (distance-to-sphere (car rest) origin direction)))
          (if (< distance best)
              (next (cdr rest) distance (car rest))
              (next (cdr rest) best found))))))

(define (in-shadow? spheres point)
  (call-with-nearest spheres point to-light (lambda (distance sphere) sphere)))

(define (lit spheres point normal)
  (let ((cosine (dot normal to-light)))
    (if (or (<= cosine 0.0) (in-shadow? spheres point))
        0.1
        (+ 0.1 (* 0.9 cosine)))))

(define (floor-brightness spheres point)
  (let ((tile (+ (exact (floor (vec-x point))) (exact (floor (vec-z point))))))
    (* (if (even? tile) 0.9 0.3)
       (lit spheres point (vec 0.0 1.0 0.0)))))

(define (sky-brightness direction) (+ 0.4 (* 0.4 (vec-y direction))))

(define (trace-ray spheres origin direction depth)
  (call-with-nearest
   spheres origin direction
   (lambda (distance sphere)
     (let ((to-floor (if (< (vec-y direction) -1e-4)
                         (- (/ (vec-y origin) (vec-y direction)))
                         far)))
       (cond ((and sphere (< distance to-floor))
              (let* ((point (vec+ origin (scale distance direction)))
                     (normal (unit (vec- point (sphere-center sphere))))
                     (own (* (sphere-brightness sphere) (lit spheres point normal)))
                     (mirror (sphere-mirror sphere)))
                (if (or (= depth 0) (= mirror 0.0))
                    own
                    (let ((away (vec- direction (scale (* 2.0 (dot direction normal)) normal))))
                      (+ (* (- 1.0 mirror) own)
                         (* mirror (trace-ray spheres point (unit away) (- depth 1))))))))
             ((< to-floor 1000.0)
              (floor-brightness spheres (vec+ origin (scale to-floor direction))))
             (else (sky-brightness direction)))))))

(define (make-scene)
  (let next ((k 0))
    (if (= k 9)
        '()
        (cons (make-sphere (vec (* 1.5 (- (remainder k 3) 1)) (+ 0.6 (* 0.2 k)) (+ 4.0 (quotient k 3)))
                           0.6
                           (+ 0.4 (* 0.05 k))
                           (* 0.2 (remainder k 4)))
              (next (+ k 1))))))

(define (render size)
  (let ((spheres (make-scene)) (eye (vec 0.0 1.5 -3.0)) (half (/ size 2.0)))
    (let rows ((row 0) (total 0))
      (if (= row size)
          total
          (let columns ((column 0) (total total))
            (if (= column size)
                (rows (+ row 1) total)
                (let* ((direction (unit (vec (/ (- column half) half) (/ (- half row) half) 2.0)))
                       (grey (trace-ray spheres eye direction 3)))
                  (columns (+ column 1)
                           (+ total (exact (floor (* 255.0 (min 1.0 (max 0.0 grey))))))))))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)) (tolerance (read)))
    (run-r7rs-benchmark
     "ray-tracer"
     count
     (lambda () (render (hide count size)))
     (lambda (result) (<= (abs (- result expected)) tolerance)))))
