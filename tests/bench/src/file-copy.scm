(import (scheme base) (scheme file) (scheme read) (scheme write) (scheme time))
;; Copies a text file with read-char and write-char. The first file is written before the time begins;
;; the result is the number of characters copied, and whether the last copy is the same.

(define (write-text path lines)
  (call-with-output-file path
    (lambda (out)
      (do ((k 0 (+ k 1))) ((= k lines))
        (write k out)
        (write-string ": the square is " out)
        (write (* k k) out)
        (write-string ", the cube is " out)
        (write (* k k k) out)
        (newline out)))))

(define (copy-port in out)
  (let loop ((copied 0))
    (let ((c (read-char in)))
      (cond ((eof-object? c) copied)
            (else
             (write-char c out)
             (loop (+ copied 1)))))))

(define (copy-file from to)
  (call-with-input-file from
    (lambda (in)
      (call-with-output-file to
        (lambda (out) (copy-port in out))))))

(define (same-rest? a b)
  (let ((c (read-char a)) (d (read-char b)))
    (cond ((eof-object? c) (eof-object? d))
          ((eof-object? d) #f)
          (else (and (char=? c d) (same-rest? a b))))))

(define (same-files? one other)
  (call-with-input-file one
    (lambda (a)
      (call-with-input-file other
        (lambda (b) (same-rest? a b))))))

(define (run-benchmark)
  (let* ((count (read)) (path (read)) (copy (read)) (lines (read)) (expected (read)))
    (write-text path lines)
    (run-r7rs-benchmark
     "file-copy"
     count
     (lambda () (copy-file (hide count path) (hide count copy)))
     (lambda (result) (and (equal? result expected) (same-files? path copy))))
    (delete-file path)
    (delete-file copy)))
