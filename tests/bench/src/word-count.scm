(import (scheme base) (scheme char) (scheme file) (scheme read) (scheme write) (scheme time))
;; Counts the lines, words and characters of a text file with read-char.
;; The file is written before the time begins.

(define syllables '#("ka" "lo" "mi" "ten" "ru" "sha" "ve" "o" "pin" "dur"))

;; A line has between no and twelve words of one to three syllables.
(define (write-text path lines)
  (call-with-output-file path
    (lambda (out)
      (let next-line ((k 0) (seed 5))
        (when (< k lines)
          (let next-word ((left (modulo (quotient seed 8192) 13)) (seed seed))
            (if (= left 0)
                (begin
                  (newline out)
                  (next-line (+ k 1) (advance seed)))
                (next-word (- left 1) (write-word (advance seed) out)))))))))

(define (advance seed) (modulo (+ (* seed 1103515245) 12345) 2147483648))

(define (write-word seed out)
  (let next ((left (+ 1 (modulo (quotient seed 4096) 3))) (seed seed))
    (cond ((= left 0)
           (write-char #\space out)
           seed)
          (else
           (write-string (vector-ref syllables (modulo (quotient seed 65536) 10)) out)
           (next (- left 1) (advance seed))))))

(define (count-port in)
  (let loop ((lines 0) (words 0) (characters 0) (in-word #f))
    (let ((c (read-char in)))
      (cond ((eof-object? c) (list lines words characters))
            ((char=? c #\newline) (loop (+ lines 1) words (+ characters 1) #f))
            ((char-whitespace? c) (loop lines words (+ characters 1) #f))
            (in-word (loop lines words (+ characters 1) #t))
            (else (loop lines (+ words 1) (+ characters 1) #t))))))

(define (run-benchmark)
  (let* ((count (read)) (path (read)) (lines (read)) (expected (read)))
    (write-text path lines)
    (run-r7rs-benchmark
     "word-count"
     count
     (lambda () (call-with-input-file (hide count path) count-port))
     (lambda (result) (equal? result expected)))
    (delete-file path)))
