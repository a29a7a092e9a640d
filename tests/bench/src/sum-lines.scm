(import (scheme base) (scheme file) (scheme read) (scheme write) (scheme time))
;; Adds up the numbers of a file, one a line: once with `read`, and once with read-line and string->number.
;; There are small and big integers, fractions and decimals; the file is written before the time begins.

(define (number-for k)
  (case (modulo k 5)
    ((0) (* k k))
    ((1) (- k))
    ((2) (/ (+ k 1) 8))
    ((3) (+ k 0.5))
    (else (* k 1000000007 998244353))))

(define (write-numbers path lines)
  (call-with-output-file path
    (lambda (out)
      (do ((k 0 (+ k 1))) ((= k lines))
        (write (number-for k) out)
        (newline out)))))

;; Exact numbers and inexact ones are added up apart.
(define (sum-with next)
  (let loop ((exact-sum 0) (inexact-sum 0.0))
    (let ((x (next)))
      (cond ((eof-object? x) (list exact-sum inexact-sum))
            ((exact? x) (loop (+ exact-sum x) inexact-sum))
            (else (loop exact-sum (+ inexact-sum x)))))))

(define (sum-data in)
  (sum-with (lambda () (read in))))

(define (sum-text in)
  (sum-with
   (lambda ()
     (let ((line (read-line in)))
       (if (eof-object? line) line (string->number line))))))

(define (run-benchmark)
  (let* ((count (read)) (path (read)) (lines (read)) (expected (read)))
    (write-numbers path lines)
    (run-r7rs-benchmark
     "sum-lines"
     count
     (lambda ()
       (list (call-with-input-file (hide count path) sum-data)
             (call-with-input-file (hide count path) sum-text)))
     (lambda (result) (equal? result (list expected expected))))
    (delete-file path)))
