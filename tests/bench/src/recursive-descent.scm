(import (scheme base) (scheme char) (scheme read) (scheme write) (scheme time))
;; Parses texts in a small notation with objects, arrays and arithmetic, and writes the trees back as text.
;; Exercises string-ref, characters, string ports and mutual recursion.

;; The grammar:
;;   value  = sum | string | "[" [value {"," value}] "]" | "{" [string ":" value {"," string ":" value}] "}"
;;   sum    = term {("+" | "-") term}
;;   term   = factor {("*" | "/") factor}
;;   factor = number | name | "-" factor | "(" sum ")"

;; A scanner is a procedure that answers 'kind and 'value for the current token, and goes on for 'advance.
(define (make-scanner text)
  (let ((length (string-length text))
        (position 0)
        (kind #f)
        (value #f))
    (define (token! new-kind new-value end)
      (set! kind new-kind)
      (set! value new-value)
      (set! position end))
    (define (end-of-run test? from)
      (if (and (< from length) (test? (string-ref text from)))
          (end-of-run test? (+ from 1))
          from))
    (define (scan-string from)
      (let next ((i from) (chars '()))
        (if (= i length)
            (error "string without end at" from)
            (let ((c (string-ref text i)))
              (cond ((char=? c #\") (token! 'string (list->string (reverse chars)) (+ i 1)))
                    ((char=? c #\\) (next (+ i 2) (cons (string-ref text (+ i 1)) chars)))
                    (else (next (+ i 1) (cons c chars))))))))
    (define (advance!)
      (let ((start (end-of-run char-whitespace? position)))
        (if (= start length)
            (token! 'end #f start)
            (let ((c (string-ref text start)))
              (cond ((char-numeric? c)
                     (let ((end (end-of-run char-numeric? start)))
                       (token! 'number (string->number (substring text start end)) end)))
                    ((char-alphabetic? c)
                     (let ((end (end-of-run char-alphabetic? start)))
                       (token! 'name (string->symbol (substring text start end)) end)))
                    ((char=? c #\") (scan-string (+ start 1)))
                    (else (token! c #f (+ start 1))))))))
    (advance!)
    (lambda (message)
      (case message
        ((kind) kind)
        ((value) value)
        ((advance) (advance!))
        (else (error "no such message" message))))))

(define (at? scanner kind) (eqv? (scanner 'kind) kind))

(define (expect! scanner kind)
  (unless (at? scanner kind)
    (error "expected and found" kind (scanner 'kind)))
  (let ((value (scanner 'value)))
    (scanner 'advance)
    value))

;; A list of items with commas between, up to the closing character.
(define (parse-items scanner parse-item close)
  (if (at? scanner close)
      (begin (scanner 'advance) '())
      (let next ((items (list (parse-item scanner))))
        (cond ((at? scanner #\,)
               (scanner 'advance)
               (next (cons (parse-item scanner) items)))
              (else
               (expect! scanner close)
               (reverse items))))))

(define (parse-member scanner)
  (let ((key (expect! scanner 'string)))
    (expect! scanner #\:)
    (cons key (parse-value scanner))))

(define (parse-value scanner)
  (case (scanner 'kind)
    ((string) (expect! scanner 'string))
    ((#\[)
     (scanner 'advance)
     (cons 'array (parse-items scanner parse-value #\])))
    ((#\{)
     (scanner 'advance)
     (cons 'object (parse-items scanner parse-member #\})))
    (else (parse-sum scanner))))

;; Parses operands with left-associative operators, given as pairs of a character and a symbol.
(define (parse-chain scanner parse-operand operators)
  (let next ((left (parse-operand scanner)))
    (let ((entry (assv (scanner 'kind) operators)))
      (cond (entry
             (scanner 'advance)
             (next (list (cdr entry) left (parse-operand scanner))))
            (else left)))))

(define (parse-sum scanner)
  (parse-chain scanner parse-term '((#\+ . plus) (#\- . minus))))

(define (parse-term scanner)
  (parse-chain scanner parse-factor '((#\* . times) (#\/ . over))))

(define (parse-factor scanner)
  (case (scanner 'kind)
    ((number) (expect! scanner 'number))
    ((name) (expect! scanner 'name))
    ((#\-)
     (scanner 'advance)
     (list 'negative (parse-factor scanner)))
    ((#\()
     (scanner 'advance)
     (let ((inner (parse-sum scanner)))
       (expect! scanner #\))
       inner))
    (else (error "unexpected token" (scanner 'kind)))))

(define (parse text)
  (let* ((scanner (make-scanner text))
         (tree (parse-value scanner)))
    (expect! scanner 'end)
    tree))

(define (print-string text port)
  (write-char #\" port)
  (string-for-each
   (lambda (c)
     (when (memv c '(#\" #\\)) (write-char #\\ port))
     (write-char c port))
   text)
  (write-char #\" port))

(define (print-items items print-item port)
  (let next ((items items) (first? #t))
    (unless (null? items)
      (unless first? (write-char #\, port))
      (print-item (car items))
      (next (cdr items) #f))))

;; Writes a tree; `strength` tells how strongly the operator around it binds.
(define (print-tree tree strength port)
  (define (print-operation sign own)
    (when (< own strength) (write-char #\( port))
    (print-tree (cadr tree) own port)
    (write-char sign port)
    (print-tree (car (cddr tree)) (+ own 1) port)
    (when (< own strength) (write-char #\) port)))
  (cond ((number? tree) (write-string (number->string tree) port))
        ((symbol? tree) (write-string (symbol->string tree) port))
        ((string? tree) (print-string tree port))
        (else
         (case (car tree)
           ((array)
            (write-char #\[ port)
            (print-items (cdr tree) (lambda (item) (print-tree item 0 port)) port)
            (write-char #\] port))
           ((object)
            (write-char #\{ port)
            (print-items (cdr tree)
                         (lambda (member)
                           (print-string (car member) port)
                           (write-char #\: port)
                           (print-tree (cdr member) 0 port))
                         port)
            (write-char #\} port))
           ((plus) (print-operation #\+ 1))
           ((minus) (print-operation #\- 1))
           ((times) (print-operation #\* 2))
           ((over) (print-operation #\/ 2))
           ((negative)
            (write-char #\- port)
            (print-tree (cadr tree) 3 port))))))

(define (print-to-string tree)
  (let ((port (open-output-string)))
    (print-tree tree 0 port)
    (get-output-string port)))

;; The printed form, if it reads back as the same tree.
(define (round-trip text)
  (let* ((tree (parse text))
         (printed (print-to-string tree)))
    (if (equal? (parse printed) tree)
        printed
        (list 'different text printed))))

(define (run-benchmark)
  (let* ((count (read))
         (texts (read))
         (expected (read)))
    (run-r7rs-benchmark
     "recursive-descent"
     count
     (lambda () (map round-trip (hide count texts)))
     (lambda (result) (equal? result expected)))))
