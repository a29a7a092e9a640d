(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Long strings from short ones: string-append in a loop and by halves, string-copy! into a buffer that
;; grows, and substring to take it apart. The result is a length and a checksum for each way.

(define (piece k) (string-append "<" (number->string (* k k)) ">"))

;; One more piece at the end each time, with a new string for each.
(define (built-by-appending pieces)
  (let loop ((k 0) (text ""))
    (if (= k pieces)
        text
        (loop (+ k 1) (string-append text (piece k))))))

(define (built-by-halves low high)
  (cond ((= low high) "")
        ((= (+ low 1) high) (piece low))
        (else
         (let ((middle (quotient (+ low high) 2)))
           (string-append (built-by-halves low middle) (built-by-halves middle high))))))

;; A buffer that is copied into one of double the size when it is full.
(define (built-in-buffer pieces)
  (let loop ((k 0) (buffer (make-string 16 #\space)) (end 0))
    (if (= k pieces)
        (substring buffer 0 end)
        (let* ((next (piece k)) (new-end (+ end (string-length next))))
          (if (> new-end (string-length buffer))
              (let ((larger (make-string (* 2 new-end) #\space)))
                (string-copy! larger 0 buffer 0 end)
                (string-copy! larger end next)
                (loop (+ k 1) larger new-end))
              (begin
                (string-copy! buffer end next)
                (loop (+ k 1) buffer new-end)))))))

;; The pieces that begin with < and end with >, the last first.
(define (taken-apart text)
  (let loop ((start 0) (i 0) (pieces '()))
    (cond ((= i (string-length text)) pieces)
          ((char=? (string-ref text i) #\>)
           (loop (+ i 1) (+ i 1) (cons (substring text start (+ i 1)) pieces)))
          (else (loop start (+ i 1) pieces)))))

(define (checksum text)
  (let ((end (string-length text)))
    (let loop ((i 0) (sum end))
      (if (= i end)
          sum
          (loop (+ i 1) (modulo (+ (* 13 sum) (char->integer (string-ref text i))) 1000003))))))

(define (work pieces)
  (let ((by-halves (built-by-halves 0 pieces)))
    (list (string-length by-halves)
          (checksum by-halves)
          (checksum (built-by-appending pieces))
          (checksum (built-in-buffer pieces))
          (checksum (apply string-append (taken-apart by-halves))))))

(define (run-benchmark)
  (let* ((count (read)) (pieces (read)) (expected (read)))
    (run-r7rs-benchmark
     "string-building"
     count
     (lambda () (work (hide count pieces)))
     (lambda (result) (equal? result expected)))))
