(import (scheme base) (scheme file) (scheme read) (scheme write) (scheme time))
;; Reads a file into a list of lines and writes it with the last line first: read-line and write-string.
;; The result is how many lines there were; the check reads the written file backwards once more.

(define (write-text path lines)
  (call-with-output-file path
    (lambda (out)
      (do ((k 1 (+ k 1))) ((> k lines))
        (write-string "line " out)
        (write-string (number->string k) out)
        (write-string (make-string (modulo (* k 37) 60) #\.) out)
        (newline out)))))

(define (read-lines-backwards path)
  (call-with-input-file path
    (lambda (in)
      (let loop ((lines '()))
        (let ((line (read-line in)))
          (if (eof-object? line)
              lines
              (loop (cons line lines))))))))

(define (write-lines lines path)
  (call-with-output-file path
    (lambda (out)
      (for-each (lambda (line) (write-string line out) (newline out)) lines))))

(define (reverse-file from to)
  (let ((lines (read-lines-backwards from)))
    (write-lines lines to)
    (length lines)))

;; Each length counts so often as the line's number says.
(define (weighted-lengths lines)
  (let loop ((rest lines) (k 1) (sum 0))
    (if (null? rest)
        sum
        (loop (cdr rest) (+ k 1) (+ sum (* k (string-length (car rest))))))))

(define (run-benchmark)
  (let* ((count (read)) (path (read)) (reversed (read)) (lines (read)) (expected (read)))
    (write-text path lines)
    (run-r7rs-benchmark
     "reverse-lines"
     count
     (lambda () (reverse-file (hide count path) (hide count reversed)))
     (lambda (result)
       (let ((again (read-lines-backwards reversed)))
         (equal? (list result (car again) (weighted-lengths again)) expected))))
    (delete-file path)
    (delete-file reversed)))
