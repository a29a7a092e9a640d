(import (scheme base) (scheme char) (scheme read) (scheme write) (scheme time))
;; Factorials as products of halves, written in decimal and read back: multiplication, printing and
;; parsing of big integers. The result is the sum of all decimal digits.

(define (product low high)
  (if (= low high)
      low
      (let ((middle (quotient (+ low high) 2)))
        (* (product low middle) (product (+ middle 1) high)))))

(define (digit-sum text)
  (let ((sum 0))
    (string-for-each (lambda (c) (set! sum (+ sum (digit-value c)))) text)
    sum))

(define (sum-of-factorials from to)
  (let loop ((n from) (sum 0))
    (if (> n to)
        sum
        (let* ((number (product 1 n)) (text (number->string number)))
          (if (= (string->number text) number)
              (loop (+ n 1) (+ sum (digit-sum text)))
              'different)))))

(define (run-benchmark)
  (let* ((count (read)) (from (read)) (to (read)) (expected (read)))
    (run-r7rs-benchmark
     "factorial"
     count
     (lambda () (sum-of-factorials (hide count from) (hide count to)))
     (lambda (result) (equal? result expected)))))
