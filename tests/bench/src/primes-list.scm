(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Prime numbers by filtering a list of numbers again and again: consing, remainders, and recursion
;; that is not in tail position. The result is the number of primes and their sum.

(define (numbers-between low high)
  (if (> low high)
      '()
      (cons low (numbers-between (+ low 1) high))))

(define (without-multiples n list)
  (cond ((null? list) '())
        ((= 0 (remainder (car list) n)) (without-multiples n (cdr list)))
        (else (cons (car list) (without-multiples n (cdr list))))))

(define (sieve list)
  (if (null? list)
      '()
      (cons (car list) (sieve (without-multiples (car list) (cdr list))))))

(define (run-benchmark)
  (let* ((count (read)) (limit (read)) (expected (read)))
    (run-r7rs-benchmark
     "primes-list"
     count
     (lambda ()
       (let ((primes (sieve (numbers-between 2 (hide count limit)))))
         (list (length primes) (apply + primes))))
     (lambda (result) (equal? result expected)))))
