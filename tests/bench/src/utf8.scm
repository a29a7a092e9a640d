(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Texts of one to four bytes a character, turned to UTF-8 and back, as a whole and in parts.
;; The result is the number of bytes, a checksum of them, and the number of texts that came back.

(define samples
  '("plain old letters" "déjà vu, señor" "Ωμέγα και άλφα" "языки мира" "日本語の文字" "𝄞 and 𝒜 𝓑" "→ ∀x∈ℝ"))

;; A text of some samples, chosen by the bits of a number.
(define (make-text k)
  (let loop ((rest samples) (k k) (text ""))
    (cond ((null? rest) text)
          ((odd? k) (loop (cdr rest) (quotient k 2) (string-append text (car rest) " ")))
          (else (loop (cdr rest) (quotient k 2) text)))))

(define (add-bytes bytes sum)
  (let ((end (bytevector-length bytes)))
    (let loop ((i 0) (sum sum))
      (if (= i end)
          sum
          (loop (+ i 1) (modulo (+ (* 3 sum) (bytevector-u8-ref bytes i)) 1000003))))))

;; Whether the byte there is not the first of a character.
(define (continues? bytes i)
  (= 2 (quotient (bytevector-u8-ref bytes i) 64)))

(define (boundary-near bytes i)
  (if (and (< i (bytevector-length bytes)) (continues? bytes i))
      (boundary-near bytes (+ i 1))
      i))

;; Decodes the bytes before and behind a boundary near the middle.
(define (decoded-in-parts bytes)
  (let ((middle (boundary-near bytes (quotient (bytevector-length bytes) 2))))
    (string-append (utf8->string bytes 0 middle) (utf8->string bytes middle))))

(define (encoded-in-parts text)
  (let ((middle (quotient (string-length text) 2)))
    (bytevector-append (string->utf8 text 0 middle) (string->utf8 text middle))))

(define (work texts)
  (let loop ((k 0) (length 0) (sum 0) (came-back 0))
    (if (= k texts)
        (list length sum came-back)
        (let* ((text (make-text k)) (bytes (string->utf8 text)))
          (loop (+ k 1)
                (+ length (bytevector-length bytes))
                (add-bytes (encoded-in-parts text) sum)
                (if (and (string=? text (utf8->string bytes))
                         (string=? text (decoded-in-parts bytes)))
                    (+ came-back 1)
                    came-back))))))

(define (run-benchmark)
  (let* ((count (read)) (texts (read)) (expected (read)))
    (run-r7rs-benchmark
     "utf8"
     count
     (lambda () (work (hide count texts)))
     (lambda (result) (equal? result expected)))))
