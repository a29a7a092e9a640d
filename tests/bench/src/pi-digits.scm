(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Decimal digits of pi one after the other, from a continued product of matrices that are kept as four
;; integers without bound. The result is the sum of the digits and the last ten of them as a number.

;; The matrix (q r; 0 t) stands for x -> (q x + r) / t. The next factor of the series is
;; (k 4k+2; 0 2k+1), and a digit is sure when x = 3 and x = 4 give the same.
(define (digits-of-pi wanted receive)
  (let loop ((q 1) (r 0) (t 1) (k 1) (given 0))
    (when (< given wanted)
      (let ((digit (quotient (+ (* 3 q) r) t)))
        (if (= digit (quotient (+ (* 4 q) r) t))
            (begin
              (receive digit)
              (loop (* 10 q) (* 10 (- r (* digit t))) t k (+ given 1)))
            (let ((odd (+ k k 1)))
              (loop (* q k) (* odd (+ (* 2 q) r)) (* t odd) (+ k 1) given)))))))

(define (summary wanted)
  (let ((sum 0) (tail 0))
    (digits-of-pi wanted
                  (lambda (digit)
                    (set! sum (+ sum digit))
                    (set! tail (modulo (+ (* 10 tail) digit) 10000000000))))
    (list sum tail)))

(define (run-benchmark)
  (let* ((count (read)) (wanted (read)) (expected (read)))
    (run-r7rs-benchmark
     "pi-digits"
     count
     (lambda () (summary (hide count wanted)))
     (lambda (result) (equal? result expected)))))
