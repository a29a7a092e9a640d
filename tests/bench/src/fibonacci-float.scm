(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Fibonacci numbers by double recursion on flonums: calls, and flonum additions and comparisons.

(define (fibonacci x)
  (if (< x 2.0)
      x
      (+ (fibonacci (- x 1.0)) (fibonacci (- x 2.0)))))

(define (run-benchmark)
  (let* ((count (read)) (x (read)) (expected (read)))
    (run-r7rs-benchmark
     "fibonacci-float"
     count
     (lambda () (fibonacci (hide count x)))
     (lambda (result) (= result expected)))))
