(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Looks for numbers that pass the test of Fermat just above a power of two: products and remainders
;; of big integers. The result is how far above the power they are.

(define (power-modulo base exponent modulus)
  (let loop ((base base) (exponent exponent) (result 1))
    (cond ((= exponent 0) result)
          ((even? exponent)
           (loop (remainder (* base base) modulus) (quotient exponent 2) result))
          (else
           (loop base (- exponent 1) (remainder (* result base) modulus))))))

(define (passes? n bases)
  (or (null? bases)
      (and (= 1 (power-modulo (car bases) (- n 1) n))
           (passes? n (cdr bases)))))

(define (offsets-found bits wanted)
  (let ((start (expt 2 bits)))
    (let search ((offset 1) (found '()))
      (cond ((= (length found) wanted) (reverse found))
            ((passes? (+ start offset) '(2 3 5 7))
             (search (+ offset 2) (cons offset found)))
            (else (search (+ offset 2) found))))))

(define (run-benchmark)
  (let* ((count (read)) (bits (read)) (wanted (read)) (expected (read)))
    (run-r7rs-benchmark
     "modular-power"
     count
     (lambda () (offsets-found (hide count bits) (hide count wanted)))
     (lambda (result) (equal? result expected)))))
