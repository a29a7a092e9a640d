(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Adds up the whole numbers below a limit, in a loop with two fixnum variables.

(define (sum-below limit)
  (let loop ((i 0) (total 0))
    (if (< i limit)
        (loop (+ i 1) (+ total i))
        total)))

(define (run-benchmark)
  (let* ((count (read)) (limit (read)) (expected (read)))
    (run-r7rs-benchmark
     "sum"
     count
     (lambda () (sum-below (hide count limit)))
     (lambda (result) (= result expected)))))
