(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Prime numbers by crossing out multiples, once in a vector of booleans with all numbers and once in a
;; bytevector with the odd numbers only. The result is how many primes either has.

(define (count-in-vector limit)
  (let ((prime? (make-vector limit #t)))
    (let loop ((n 2) (count 0))
      (cond ((= n limit) count)
            ((vector-ref prime? n)
             (do ((multiple (* n n) (+ multiple n))) ((>= multiple limit))
               (vector-set! prime? multiple #f))
             (loop (+ n 1) (+ count 1)))
            (else (loop (+ n 1) count))))))

;; The byte at k stands for the number 2k+1.
(define (count-in-bytevector limit)
  (let* ((size (quotient limit 2)) (crossed (make-bytevector size 0)))
    (let loop ((k 1) (count 1))
      (cond ((= k size) count)
            ((= (bytevector-u8-ref crossed k) 0)
             (let ((step (+ k k 1)))
               (do ((j (* 2 k (+ k 1)) (+ j step))) ((>= j size))
                 (bytevector-u8-set! crossed j 1))
               (loop (+ k 1) (+ count 1))))
            (else (loop (+ k 1) count))))))

(define (run-benchmark)
  (let* ((count (read)) (limit (read)) (expected (read)))
    (run-r7rs-benchmark
     "sieve"
     count
     (lambda ()
       (list (count-in-vector (hide count limit)) (count-in-bytevector (hide count limit))))
     (lambda (result) (equal? result (list expected expected))))))
