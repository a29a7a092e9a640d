(import (scheme base) (scheme inexact) (scheme read) (scheme write) (scheme time))
;; Bodies that attract each other, moved on by small steps: records with mutable flonum fields.
;; The total energy changes little; the result is its value after the last step.

(define-record-type body
  (make-body mass x y z vx vy vz)
  body?
  (mass body-mass)
  (x body-x set-body-x!)
  (y body-y set-body-y!)
  (z body-z set-body-z!)
  (vx body-vx set-body-vx!)
  (vy body-vy set-body-vy!)
  (vz body-vz set-body-vz!))

;; A heavy body in the middle and others that go round it, each further out and in a plane of its own.
(define (make-system number)
  (cons (make-body 1000.0 0.0 0.0 0.0 0.0 0.0 0.0)
        (let next ((k 1))
          (if (> k number)
              '()
              (let* ((radius (* 2.0 k k))
                     (speed (sqrt (/ 1000.0 radius)))
                     (tilt (* 0.1 k)))
                (cons (make-body (/ 1.0 k)
                                 radius 0.0 0.0
                                 0.0 (* speed (cos tilt)) (* speed (sin tilt)))
                      (next (+ k 1))))))))

;; What two bodies do to the velocities of each other in a step.
(define (attract! a b step)
  (let* ((dx (- (body-x a) (body-x b)))
         (dy (- (body-y a) (body-y b)))
         (dz (- (body-z a) (body-z b)))
         (squared (+ (* dx dx) (* dy dy) (* dz dz)))
         (pull (/ step (* squared (sqrt squared))))
         (to-a (* pull (body-mass b)))
         (to-b (* pull (body-mass a))))
    (set-body-vx! a (- (body-vx a) (* dx to-a)))
    (set-body-vy! a (- (body-vy a) (* dy to-a)))
    (set-body-vz! a (- (body-vz a) (* dz to-a)))
    (set-body-vx! b (+ (body-vx b) (* dx to-b)))
    (set-body-vy! b (+ (body-vy b) (* dy to-b)))
    (set-body-vz! b (+ (body-vz b) (* dz to-b)))))

(define (move! b step)
  (set-body-x! b (+ (body-x b) (* step (body-vx b))))
  (set-body-y! b (+ (body-y b) (* step (body-vy b))))
  (set-body-z! b (+ (body-z b) (* step (body-vz b)))))

(define (advance! bodies step)
  (let pairs ((rest bodies))
    (when (pair? rest)
      (let ((a (car rest)))
        (for-each (lambda (b) (attract! a b step)) (cdr rest))
        (pairs (cdr rest)))))
  (for-each (lambda (b) (move! b step)) bodies))

(define (distance a b)
  (sqrt (+ (square (- (body-x a) (body-x b)))
           (square (- (body-y a) (body-y b)))
           (square (- (body-z a) (body-z b))))))

(define (energy bodies)
  (let sum ((rest bodies) (total 0.0))
    (if (null? rest)
        total
        (let* ((a (car rest))
               (speed-squared (+ (square (body-vx a)) (square (body-vy a)) (square (body-vz a)))))
          (let potential ((others (cdr rest)) (total (+ total (* 0.5 (body-mass a) speed-squared))))
            (if (null? others)
                (sum (cdr rest) total)
                (let ((b (car others)))
                  (potential (cdr others)
                             (- total (/ (* (body-mass a) (body-mass b)) (distance a b)))))))))))

(define (simulate number steps)
  (let ((bodies (make-system number)))
    (do ((k 0 (+ k 1))) ((= k steps) (energy bodies))
      (advance! bodies 0.001))))

(define (run-benchmark)
  (let* ((count (read)) (number (read)) (steps (read)) (expected (read)) (tolerance (read)))
    (run-r7rs-benchmark
     "n-body"
     count
     (lambda () (simulate (hide count number) (hide count steps)))
     (lambda (result) (< (abs (- result expected)) tolerance)))))
