(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Adds up the whole numbers below a limit as flonums: a loop with two flonum variables.

(define (sum-below limit)
  (let loop ((x 0.0) (total 0.0))
    (if (< x limit)
        (loop (+ x 1.0) (+ total x))
        total)))

(define (run-benchmark)
  (let* ((count (read)) (limit (read)) (expected (read)))
    (run-r7rs-benchmark
     "sum-float"
     count
     (lambda () (sum-below (hide count limit)))
     (lambda (result) (= result expected)))))
