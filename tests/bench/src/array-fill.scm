(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Vectors that are made, filled, copied in parts, appended and added up: the vector procedures
;; of the standard beside loops over single elements.

(define (numbered size)
  (let ((v (make-vector size 0)))
    (do ((i 0 (+ i 1))) ((= i size) v)
      (vector-set! v i i))))

(define (total v)
  (let ((end (vector-length v)))
    (let loop ((i 0) (sum 0))
      (if (= i end)
          sum
          (loop (+ i 1) (+ sum (vector-ref v i)))))))

(define (work size)
  (let* ((half (quotient size 2))
         (numbers (numbered size))
         (copied (vector-copy numbers half))
         (both (vector-append numbers copied)))
    (vector-copy! both 1 both 0 half)
    (vector-fill! both 7 (- size 10) (+ size 10))
    (vector-fill! copied 1)
    (do ((i 0 (+ i 1))) ((= i half))
      (vector-set! numbers i (vector-ref both (- size i 1))))
    (list (total numbers) (total copied) (total both))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "array-fill"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result expected)))))
