(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Counts patterns in a long text, at every place and by the skips of Boyer, Moore and Horspool:
;; string-ref, char=? and a table by characters. The result is the number of matches by either way.

(define words
  '#("river" "stone" "lantern" "under" "walking" "the" "and" "of" "silver" "morning" "stones" "wander"))

(define (make-text size)
  (let ((out (open-output-string)))
    (let loop ((k 0) (seed 99))
      (when (< k size)
        (write-string (vector-ref words (modulo (quotient seed 256) (vector-length words))) out)
        (write-char (if (= 0 (modulo k 12)) #\newline #\space) out)
        (loop (+ k 1) (modulo (+ (* seed 1103515245) 12345) 2147483648))))
    (get-output-string out)))

(define (match-at? text pattern start)
  (let loop ((i 0))
    (or (= i (string-length pattern))
        (and (char=? (string-ref pattern i) (string-ref text (+ start i)))
             (loop (+ i 1))))))

(define (count-naively text pattern)
  (let ((last (- (string-length text) (string-length pattern))))
    (let loop ((start 0) (matches 0))
      (cond ((> start last) matches)
            ((match-at? text pattern start) (loop (+ start 1) (+ matches 1)))
            (else (loop (+ start 1) matches))))))

;; By the code of the character over the pattern's end: how far the pattern can move on.
(define (skip-table pattern)
  (let* ((size (string-length pattern)) (table (make-vector 128 size)))
    (do ((i 0 (+ i 1))) ((= i (- size 1)) table)
      (vector-set! table (char->integer (string-ref pattern i)) (- size i 1)))))

(define (count-by-skips text pattern)
  (let* ((size (string-length pattern))
         (last (- (string-length text) size))
         (skips (skip-table pattern)))
    (let loop ((start 0) (matches 0))
      (if (> start last)
          matches
          (loop (+ start
                   (vector-ref skips (char->integer (string-ref text (+ start size -1)))))
                (if (match-at? text pattern start) (+ matches 1) matches))))))

(define (count-all text patterns)
  (let loop ((rest patterns) (naive 0) (skipping 0))
    (if (null? rest)
        (list naive skipping)
        (loop (cdr rest)
              (+ naive (count-naively text (car rest)))
              (+ skipping (count-by-skips text (car rest)))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (patterns (read)) (expected (read))
         (text (make-text size)))
    (run-r7rs-benchmark
     "string-search"
     count
     (lambda () (count-all (hide count text) patterns))
     (lambda (result) (equal? result (list expected expected))))))
