(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Sorts a vector of pseudo-random fixnums in place, by partitioning from both ends.
;; The result is a checksum over the sorted vector, or the place where it is out of order.

(define (random-vector size)
  (let ((v (make-vector size 0)))
    (let loop ((i 0) (seed 20011))
      (if (= i size)
          v
          (begin
            (vector-set! v i (quotient seed 64))
            (loop (+ i 1) (modulo (+ (* seed 69069) 12345) 2147483648)))))))

(define (quicksort! v low high)
  (when (< low high)
    (let ((pivot (vector-ref v (quotient (+ low high) 2))))
      (let partition ((i low) (j high))
        (cond ((and (<= i j) (< (vector-ref v i) pivot)) (partition (+ i 1) j))
              ((and (<= i j) (> (vector-ref v j) pivot)) (partition i (- j 1)))
              ((<= i j)
               (let ((x (vector-ref v i)))
                 (vector-set! v i (vector-ref v j))
                 (vector-set! v j x)
                 (partition (+ i 1) (- j 1))))
              (else
               (quicksort! v low j)
               (quicksort! v i high)))))))

(define (checksum v)
  (let ((end (vector-length v)))
    (let loop ((i 0) (before -1) (sum 0))
      (cond ((= i end) sum)
            ((< (vector-ref v i) before) (list 'disorder i))
            (else
             (loop (+ i 1) (vector-ref v i) (modulo (+ (* 31 sum) (vector-ref v i)) 1000003)))))))

(define (work size)
  (let ((v (random-vector size)))
    (quicksort! v 0 (- size 1))
    (checksum v)))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "quicksort"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result expected)))))
