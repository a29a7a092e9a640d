(import (scheme base) (scheme read) (scheme write) (scheme time))
;; The doubly recursive Fibonacci numbers: procedure calls, comparison and addition of fixnums.

(define (fibonacci n)
  (if (< n 2)
      n
      (+ (fibonacci (- n 1)) (fibonacci (- n 2)))))

(define (run-benchmark)
  (let* ((count (read))
         (n (read))
         (expected (read)))
    (run-r7rs-benchmark
     (string-append "fibonacci:" (number->string n))
     count
     (lambda () (fibonacci (hide count n)))
     (lambda (result) (= result expected)))))
