(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Reads big nested data from a string port: lists, vectors, symbols, strings, characters and numbers.
;; The text is made before the time begins; the result counts what was read, by kind.

;; An expression of this depth, with different leaves by its number.
(define (write-tree depth k out)
  (if (= depth 0)
      (write-leaf k out)
      (let ((vector? (= 0 (modulo k 5))))
        (write-string (if vector? "#(" "(node-") out)
        (if (not vector?) (write (modulo k 50) out))
        (do ((i 0 (+ i 1))) ((= i 3))
          (write-string (if (= i 1) "\n  " " ") out)
          (write-tree (- depth 1) (+ (* 3 k) i) out))
        (write-string ")" out))))

(define (write-leaf k out)
  (write-string
   (vector-ref
    '#("alpha" "-17" "\"a \\\"word\\\" in quotes\"" "#\\x" "3.25" "'(quoted . pair)" "#t" "()"
       "12345678901234567890" "; a comment\n beta" "two-words?" "#xFF" "1/3")
    (modulo k 13))
   out))

(define (make-text depth)
  (let ((out (open-output-string)))
    (write-tree depth 1 out)
    (get-output-string out)))

(define (count-kinds datum)
  (let ((pairs 0) (vectors 0) (symbols 0) (strings 0) (others 0) (sum 0))
    (define (walk x)
      (cond ((pair? x)
             (set! pairs (+ pairs 1))
             (walk (car x))
             (walk (cdr x)))
            ((vector? x)
             (set! vectors (+ vectors 1))
             (vector-for-each walk x))
            ((symbol? x) (set! symbols (+ symbols 1)))
            ((string? x) (set! strings (+ strings (string-length x))))
            ((number? x) (set! sum (+ sum (exact x))))
            (else (set! others (+ others 1)))))
    (walk datum)
    (list pairs vectors symbols strings others sum)))

(define (run-benchmark)
  (let* ((count (read)) (depth (read)) (expected (read))
         (text (make-text depth)))
    (run-r7rs-benchmark
     "reader"
     count
     (lambda () (count-kinds (read (open-input-string (hide count text)))))
     (lambda (result) (equal? result expected)))))
