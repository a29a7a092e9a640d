(import (scheme base) (scheme char) (scheme read) (scheme write) (scheme time))
;; Classes and cases of the characters of a text with some letters beyond ASCII: predicates on each
;; character, string-map with one and two strings, and comparisons without case.

(define sample
  "Die Würde des Menschen 1949, Ελλάδα und Россия; The Quick Brown Fox (jumps) over 13 lazy dogs! ")

(define (make-text copies)
  (apply string-append (make-list copies sample)))

(define (count-if class? text)
  (let ((number 0))
    (string-for-each (lambda (c) (if (class? c) (set! number (+ number 1)))) text)
    number))

(define (swap-case c)
  (if (char-upper-case? c) (char-downcase c) (char-upcase c)))

;; Moves the letters of ASCII thirteen places on.
(define (turn c)
  (define (moved first)
    (integer->char (+ first (modulo (+ (- (char->integer c) first) 13) 26))))
  (cond ((char<=? #\a c #\z) (moved 97))
        ((char<=? #\A c #\Z) (moved 65))
        (else c)))

(define (greater-of a b) (if (char>? a b) a b))

(define (checksum text)
  (let ((sum 0))
    (string-for-each
     (lambda (c) (set! sum (modulo (+ (* 5 sum) (char->integer c)) 1000003)))
     text)
    sum))

(define (work text)
  (let ((swapped (string-map swap-case text)) (turned (string-map turn text)))
    (list (count-if char-alphabetic? text)
          (count-if char-numeric? text)
          (count-if char-whitespace? text)
          (count-if char-upper-case? text)
          (count-if char-lower-case? swapped)
          (count-if (lambda (c) (char-ci=? c #\d)) swapped)
          (string-ci=? text swapped)
          (string=? (string-map turn turned) text)
          (checksum (string-map greater-of swapped turned))
          (checksum (string-upcase text)))))

(define (run-benchmark)
  (let* ((count (read)) (copies (read)) (expected (read))
         (text (make-text copies)))
    (run-r7rs-benchmark
     "char-classes"
     count
     (lambda () (work (hide count text)))
     (lambda (result) (equal? result expected)))))
