; Counts the words of a large file and writes a report. The file is made first: lines of words drawn by
; a generator of random numbers, some much more often than others.
;
; What survives a kill: the port with the line it has come to, the table of words, and how far each
; output file has been written. No line is counted twice and none is left out; the report holds each
; of its lines exactly once, although nothing here asks whether it was written before.

(define line-count 300)
(define words-per-line 8)
(define input-path "wordcount.in")
(define report-path "wordcount.out")

; The input.

(define vocabulary
  '#("the" "of" "and" "to" "a" "in" "that" "is" "was" "he" "for" "it" "with" "as" "his" "on" "be" "at"
     "by" "had" "page" "heap" "commit" "stack" "frame" "word" "segment" "process" "image" "store"))

(define seed 2026)
(define (random-below limit)
  (set! seed (remainder (+ (* seed 1103515245) 12345) 2147483648))
  (remainder (quotient seed 65536) limit))

; The product of two random numbers makes the first words of the vocabulary frequent.
(define (random-word)
  (let ((size (vector-length vocabulary)))
    (vector-ref vocabulary (quotient (* (random-below size) (random-below size)) size))))

; Text has capitals and punctuation, which the count must not mind.
(define (decorated word place)
  (cond ((= place 0)
         (string-append (string-upcase (string-head word 1)) (string-tail word 1)))
        ((= place (- words-per-line 1)) (string-append word "."))
        ((= 0 (random-below 6)) (string-append word ","))
        (else word)))

(define (write-input)
  (call-with-output-file input-path
    (lambda (out)
      (do ((line 0 (+ line 1)))
          ((= line line-count))
        (do ((place 0 (+ place 1)))
            ((= place words-per-line))
          (if (> place 0) (write-char #\space out))
          (write-string (decorated (random-word) place) out))
        (newline out)))))

; The count.

(define-record-type tally
  (make-tally count first-line)
  tally?
  (count tally-count set-tally-count!)
  (first-line tally-first-line))

(define tallies (make-equal-hash-table))
(define lines-read 0)
(define longest "")

(define (count-word! word line)
  (let ((tally (hash-table-ref/default tallies word #f)))
    (if tally
        (set-tally-count! tally (+ (tally-count tally) 1))
        (hash-table-set! tallies word (make-tally 1 line)))))

; The words of a line, in small letters: what stands between characters that are no letters.
(define (for-each-word visit line)
  (for-each
    (lambda (word) (if (not (string-null? word)) (visit (string-downcase word))))
    (string-split line (lambda (character) (not (char-alphabetic? character))))))

(define (count-lines port)
  (let ((line (read-line port)))
    (if (not (eof-object? line))
        (begin
          (set! lines-read (+ lines-read 1))
          (if (> (string-length line) (string-length longest)) (set! longest line))
          (for-each-word (lambda (word) (count-word! word lines-read)) line)
          (count-lines port)))))

; The report: words by how often they were found, and alphabetically where that is the same.

(define (more-frequent? a b)
  (let ((count-a (tally-count (cdr a))) (count-b (tally-count (cdr b))))
    (or (> count-a count-b)
        (and (= count-a count-b) (string<? (car a) (car b))))))

(define (write-report)
  (call-with-output-file report-path
    (lambda (out)
      (for-each
        (lambda (entry)
          (write-string (string-pad-left (number->string (tally-count (cdr entry))) 6) out)
          (write-string (string-append "  " (string-pad-right (car entry) 10)) out)
          (write-string "first in line " out)
          (write (tally-first-line (cdr entry)) out)
          (newline out))
        (sort (hash-table->alist tallies) more-frequent?)))))

(write-input)
(call-with-input-file input-path count-lines)
(write-report)

(display lines-read)
(display " lines, ")
(display (apply + (map tally-count (hash-table-values tallies))))
(display " words, ")
(display (hash-table-count tallies))
(display " different ones")
(newline)
(display "the longest line: ")
(display longest)
(newline)
(call-with-input-file report-path
  (lambda (in)
    (do ((i 0 (+ i 1)))
        ((= i 5))
      (display (read-line in))
      (newline))))
