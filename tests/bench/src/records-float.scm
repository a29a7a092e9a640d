(import (scheme base) (scheme inexact) (scheme read) (scheme write) (scheme time))
;; Points turned by unit quaternions: immutable records of flonums that are made by each operation.
;; The result is the sum of the lengths, which do not change, and of the coordinates.

(define-record-type quaternion
  (make-quaternion w x y z)
  quaternion?
  (w real-part-of)
  (x i-of)
  (y j-of)
  (z k-of))

(define-record-type point
  (make-point x y z)
  point?
  (x point-x)
  (y point-y)
  (z point-z))

(define (quaternion* a b)
  (let ((aw (real-part-of a)) (ax (i-of a)) (ay (j-of a)) (az (k-of a))
        (bw (real-part-of b)) (bx (i-of b)) (by (j-of b)) (bz (k-of b)))
    (make-quaternion (- (* aw bw) (* ax bx) (* ay by) (* az bz))
                     (+ (* aw bx) (* ax bw) (- (* ay bz) (* az by)))
                     (+ (* aw by) (* ay bw) (- (* az bx) (* ax bz)))
                     (+ (* aw bz) (* az bw) (- (* ax by) (* ay bx))))))

(define (turned-back q)
  (make-quaternion (real-part-of q) (- (i-of q)) (- (j-of q)) (- (k-of q))))

(define (normalized q)
  (let ((size (sqrt (+ (square (real-part-of q)) (square (i-of q)) (square (j-of q)) (square (k-of q))))))
    (make-quaternion (/ (real-part-of q) size) (/ (i-of q) size) (/ (j-of q) size) (/ (k-of q) size))))

;; The turn by an angle around an axis of length one.
(define (rotation angle x y z)
  (let ((c (cos (/ angle 2.0))) (s (sin (/ angle 2.0))))
    (make-quaternion c (* s x) (* s y) (* s z))))

(define (turn q p)
  (let ((turned (quaternion* (quaternion* q (make-quaternion 0.0 (point-x p) (point-y p) (point-z p)))
                             (turned-back q))))
    (make-point (i-of turned) (j-of turned) (k-of turned))))

(define (distance p) (sqrt (+ (square (point-x p)) (square (point-y p)) (square (point-z p)))))

(define (make-points number)
  (let loop ((k 0) (points '()))
    (if (= k number)
        points
        (let ((x (inexact (- (modulo (* 17 k) 23) 11)))
              (y (inexact (- (modulo (* 29 k) 31) 15)))
              (z (inexact (+ 1 (modulo k 7)))))
          (loop (+ k 1) (cons (make-point x y z) points))))))

(define (sum-of measure points)
  (let loop ((rest points) (sum 0.0))
    (if (null? rest)
        sum
        (loop (cdr rest) (+ sum (measure (car rest)))))))

(define (work number steps)
  (let loop ((k 0)
             (points (make-points number))
             (q (rotation 0.1 0.0 0.6 0.8)))
    (if (= k steps)
        (+ (sum-of distance points) (sum-of point-x points) (sum-of point-y points))
        (loop (+ k 1)
              (map (lambda (p) (turn q p)) points)
              (normalized (quaternion* q (rotation 0.01 1.0 0.0 0.0)))))))

(define (run-benchmark)
  (let* ((count (read)) (number (read)) (steps (read)) (expected (read)) (tolerance (read)))
    (run-r7rs-benchmark
     "records-float"
     count
     (lambda () (work (hide count number) (hide count steps)))
     (lambda (result) (< (abs (- result expected)) tolerance)))))
