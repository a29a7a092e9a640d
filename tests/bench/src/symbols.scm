(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Makes symbols of strings and strings of symbols, and counts symbols in buckets by their names and
;; in a table found with assq. The result has sums over both tables.

(define bucket-count 64)

(define (name-code symbol)
  (let ((code 0))
    (string-for-each
     (lambda (c) (set! code (modulo (+ (* 7 code) (char->integer c)) 65521)))
     (symbol->string symbol))
    code))

(define (count! buckets symbol)
  (let* ((k (modulo (name-code symbol) bucket-count))
         (entry (assq symbol (vector-ref buckets k))))
    (if entry
        (set-cdr! entry (+ (cdr entry) 1))
        (vector-set! buckets k (cons (cons symbol 1) (vector-ref buckets k))))))

;; Two parts with a stroke between, of a few choices each.
(define (symbol-for seed)
  (string->symbol
   (string-append
    (vector-ref '#("get" "set" "make" "copy" "list" "find") (modulo (quotient seed 1024) 6))
    "-"
    (number->string (modulo (quotient seed 65536) 40)))))

(define (symbol-append . symbols)
  (string->symbol (apply string-append (map symbol->string symbols))))

(define (fold-buckets combine start buckets)
  (let loop ((k 0) (result start))
    (if (= k (vector-length buckets))
        result
        (let next ((rest (vector-ref buckets k)) (result result))
          (if (null? rest)
              (loop (+ k 1) result)
              (next (cdr rest) (combine (car rest) result)))))))

(define (work size)
  (let ((buckets (make-vector bucket-count '())))
    (let loop ((k 0) (seed 321) (last 'none) (repeats 0))
      (if (= k size)
          (list (fold-buckets (lambda (entry sum) (+ sum 1)) 0 buckets)
                (fold-buckets (lambda (entry sum) (+ sum (square (cdr entry)))) 0 buckets)
                (fold-buckets (lambda (entry sum) (+ sum (name-code (car entry)))) 0 buckets)
                repeats)
          (let ((symbol (symbol-for seed)))
            (count! buckets symbol)
            (if (even? k) (count! buckets (symbol-append last '& symbol)))
            (loop (+ k 1)
                  (modulo (+ (* seed 1103515245) 12345) 2147483648)
                  symbol
                  (if (eq? symbol last) (+ repeats 1) repeats)))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "symbols"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result expected)))))
