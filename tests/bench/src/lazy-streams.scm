(import (scheme base) (scheme lazy) (scheme read) (scheme write) (scheme time))
;; Streams of delayed pairs: primes by a sieve of filters, Hamming's numbers by merging streams of their
;; own multiples, and a long filter that runs in delay-force. The result has an element of each.

(define-syntax stream-pair
  (syntax-rules ()
    ((_ first rest) (delay (cons first rest)))))

(define (head stream) (car (force stream)))
(define (tail stream) (cdr (force stream)))

(define (element stream k)
  (if (= k 0) (head stream) (element (tail stream) (- k 1))))

(define (numbers-from n) (stream-pair n (numbers-from (+ n 1))))

(define (stream-keep keep? stream)
  (delay-force
   (if (keep? (head stream))
       (stream-pair (head stream) (stream-keep keep? (tail stream)))
       (stream-keep keep? (tail stream)))))

(define (stream-scale k stream)
  (stream-pair (* k (head stream)) (stream-scale k (tail stream))))

;; Both streams rise; what is in both comes once.
(define (stream-merge a b)
  (delay
    (let ((x (head a)) (y (head b)))
      (cond ((< x y) (cons x (stream-merge (tail a) b)))
            ((> x y) (cons y (stream-merge a (tail b))))
            (else (cons x (stream-merge (tail a) (tail b))))))))

(define (sieve stream)
  (delay
    (let ((prime (head stream)))
      (cons prime
            (sieve (stream-keep (lambda (n) (not (= 0 (remainder n prime)))) (tail stream)))))))

(define (hamming-numbers)
  (define numbers
    (stream-pair 1 (stream-merge (stream-scale 2 numbers)
                                 (stream-merge (stream-scale 3 numbers) (stream-scale 5 numbers)))))
  numbers)

(define (work primes hamming far)
  (list (element (sieve (numbers-from 2)) primes)
        (element (hamming-numbers) hamming)
        (head (stream-keep (lambda (n) (= 0 (modulo n far))) (numbers-from 1)))))

(define (run-benchmark)
  (let* ((count (read)) (primes (read)) (hamming (read)) (far (read)) (expected (read)))
    (run-r7rs-benchmark
     "lazy-streams"
     count
     (lambda () (work (hide count primes) (hide count hamming) (hide count far)))
     (lambda (result) (equal? result expected)))))
