(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Exact fractions: harmonic sums and the numbers of Bernoulli, with numerators and denominators
;; that outgrow fixnums. The result is a sum of the digits' remainders and one of the numbers.

(define (harmonic n)
  (let loop ((k 1) (sum 0))
    (if (> k n)
        sum
        (loop (+ k 1) (+ sum (/ 1 k))))))

;; The numbers of Bernoulli up to n, by the triangle of Akiyama and Tanigawa.
(define (bernoulli n)
  (let ((row (make-vector (+ n 1) 0)))
    (let loop ((m 0) (numbers '()))
      (if (> m n)
          (reverse numbers)
          (begin
            (vector-set! row m (/ 1 (+ m 1)))
            (do ((j m (- j 1))) ((= j 0))
              (vector-set! row (- j 1) (* j (- (vector-ref row (- j 1)) (vector-ref row j)))))
            (loop (+ m 1) (cons (vector-ref row 0) numbers)))))))

(define (fingerprint x)
  (+ (modulo (numerator x) 1000003) (modulo (denominator x) 1000003)))

(define (work terms n)
  (let ((numbers (bernoulli n)))
    (list (+ (fingerprint (harmonic terms))
             (apply + (map fingerprint numbers)))
          (list-ref numbers 20))))

(define (run-benchmark)
  (let* ((count (read)) (terms (read)) (n (read)) (expected (read)))
    (run-r7rs-benchmark
     "rationals"
     count
     (lambda () (work (hide count terms) (hide count n)))
     (lambda (result) (equal? result expected)))))
