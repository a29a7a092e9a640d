(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Takeuchi's function in its original form, whose value is y: calls with three fixnum arguments.

(define (takeuchi x y z)
  (if (<= x y)
      y
      (takeuchi (takeuchi (- x 1) y z)
                (takeuchi (- y 1) z x)
                (takeuchi (- z 1) x y))))

(define (run-benchmark)
  (let* ((count (read))
         (x (read))
         (y (read))
         (z (read))
         (expected (read)))
    (run-r7rs-benchmark
     "takeuchi"
     count
     (lambda () (takeuchi (hide count x) (hide count y) (hide count z)))
     (lambda (result) (= result expected)))))
