(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Edit distances between strings: once with the whole matrix, from which the kinds of steps are read off
;; backwards, and once with two rows. The result has the distances and the numbers of steps, added up.

(define (make-matrix rows columns)
  (let ((matrix (make-vector rows #f)))
    (do ((i 0 (+ i 1))) ((= i rows) matrix)
      (vector-set! matrix i (make-vector columns 0)))))

(define (cell matrix i j) (vector-ref (vector-ref matrix i) j))
(define (set-cell! matrix i j x) (vector-set! (vector-ref matrix i) j x))

;; The cell at i and j has the distance between the first i characters of a and the first j of b.
(define (distance-matrix a b)
  (let* ((m (string-length a)) (n (string-length b)) (matrix (make-matrix (+ m 1) (+ n 1))))
    (do ((i 0 (+ i 1))) ((> i m)) (set-cell! matrix i 0 i))
    (do ((j 0 (+ j 1))) ((> j n)) (set-cell! matrix 0 j j))
    (do ((i 1 (+ i 1))) ((> i m) matrix)
      (do ((j 1 (+ j 1))) ((> j n))
        (set-cell! matrix i j
                   (if (char=? (string-ref a (- i 1)) (string-ref b (- j 1)))
                       (cell matrix (- i 1) (- j 1))
                       (+ 1 (min (cell matrix (- i 1) (- j 1))
                                 (cell matrix (- i 1) j)
                                 (cell matrix i (- j 1))))))))))

;; The distance, and how many characters are kept on one of the shortest ways.
(define (distance-and-kept a b)
  (let ((matrix (distance-matrix a b)))
    (let back ((i (string-length a)) (j (string-length b)) (kept 0))
      (cond ((or (= i 0) (= j 0))
             (cons (cell matrix (string-length a) (string-length b)) kept))
            ((char=? (string-ref a (- i 1)) (string-ref b (- j 1)))
             (back (- i 1) (- j 1) (+ kept 1)))
            ((= (cell matrix i j) (+ 1 (cell matrix (- i 1) (- j 1)))) (back (- i 1) (- j 1) kept))
            ((= (cell matrix i j) (+ 1 (cell matrix (- i 1) j))) (back (- i 1) j kept))
            (else (back i (- j 1) kept))))))

(define (distance-with-rows a b)
  (let* ((m (string-length a)) (n (string-length b)))
    (let loop ((i 1)
               (above (let ((row (make-vector (+ n 1) 0)))
                        (do ((j 0 (+ j 1))) ((> j n) row) (vector-set! row j j))))
               (row (make-vector (+ n 1) 0)))
      (cond ((> i m) (vector-ref above n))
            (else
             (vector-set! row 0 i)
             (do ((j 1 (+ j 1))) ((> j n))
               (let ((cost (if (char=? (string-ref a (- i 1)) (string-ref b (- j 1))) 0 1)))
                 (vector-set! row j (min (+ cost (vector-ref above (- j 1)))
                                         (+ 1 (vector-ref above j))
                                         (+ 1 (vector-ref row (- j 1)))))))
             (loop (+ i 1) row above))))))

;; A string of eight letters in an order that depends on the number.
(define (make-text size seed)
  (let ((text (make-string size #\a)))
    (let loop ((i 0) (seed seed))
      (if (= i size)
          text
          (begin
            (string-set! text i (string-ref "aeinrstu" (modulo (quotient seed 65536) 8)))
            (loop (+ i 1) (modulo (+ (* seed 1103515245) 12345) 2147483648)))))))

(define (work size texts)
  (let loop ((k 0) (by-matrix 0) (kept 0) (by-rows 0))
    (if (= k texts)
        (list by-matrix kept by-rows)
        (let* ((a (make-text size (+ 17 k)))
               (b (make-text (- size k) (* 1001 (+ k 1))))
               (both (distance-and-kept a b)))
          (loop (+ k 1)
                (+ by-matrix (car both))
                (+ kept (cdr both))
                (+ by-rows (distance-with-rows a b)))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (texts (read)) (expected (read)))
    (run-r7rs-benchmark
     "levenshtein"
     count
     (lambda () (work (hide count size) (hide count texts)))
     (lambda (result) (equal? result expected)))))
