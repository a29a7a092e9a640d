; An interpreter for a small language of formulas with variables, functions and conditions. The
; program is a list of lines of text; each is read, evaluated, and its value shown. Errors of a line
; are caught and shown, and the next line goes on.
;
; What survives a kill: what was defined so far, the line that is being worked on, and the place inside
; its evaluation; the two libraries are part of the image and are not read again.

(define-library (calculator lexer)
  (export tokens)
  (import (scheme base) (scheme char))
  (begin
    (define (symbol-char? c) (or (char-alphabetic? c) (char=? c #\_)))

    ; Splits text into numbers, names and characters.
    (define (tokens text)
      (define end (string-length text))
      (define (span from good?)
        (let loop ((i from)) (if (and (< i end) (good? (string-ref text i))) (loop (+ i 1)) i)))
      (let loop ((at 0) (found '()))
        (if (= at end)
            (reverse found)
            (let ((c (string-ref text at)))
              (cond ((char-whitespace? c) (loop (+ at 1) found))
                    ((char-numeric? c)
                     (let ((stop (span at char-numeric?)))
                       (loop stop (cons (string->number (substring text at stop)) found))))
                    ((symbol-char? c)
                     (let ((stop (span at symbol-char?)))
                       (loop stop (cons (string->symbol (substring text at stop)) found))))
                    (else (loop (+ at 1) (cons c found))))))))))

(define-library (calculator parser)
  (export parse function? function-parameters function-body)
  (import (scheme base))
  (begin
    (define-record-type function
      (make-function parameters body) function?
      (parameters function-parameters)
      (body function-body))

    ; The tokens not yet taken, and ways to take them.
    (define rest (make-parameter #f))
    (define (peek) (let ((left (car (rest)))) (if (null? left) 'end (car left))))
    (define (next!)
      (let ((token (peek)))
        (if (eq? token 'end) (error "the formula ends too soon"))
        (set-car! (rest) (cdr (car (rest))))
        token))
    (define (expect! token)
      (if (not (eqv? (next!) token)) (error "expected another character:" token)))

    ; left-associative operators of one level, over what the next level gives
    (define (level operators operand)
      (let loop ((left (operand)))
        (cond ((assv (peek) operators)
               => (lambda (operator) (next!) (loop (list (cdr operator) left (operand)))))
              (else left))))
    (define (comparison) (level '((#\< . less) (#\= . same)) sum))
    (define (sum) (level '((#\+ . add) (#\- . subtract)) product))
    (define (product) (level '((#\* . multiply) (#\/ . divide)) atom))

    (define (arguments)
      (expect! #\()
      (let loop ((found (list (comparison))))
        (case (next!)
          ((#\,) (loop (cons (comparison) found)))
          ((#\)) (reverse found))
          (else (error "expected , or ) behind an argument")))))

    (define (atom)
      (let ((token (next!)))
        (cond ((number? token) token)
              ((eqv? token #\() (let ((inner (comparison))) (expect! #\)) inner))
              ((eq? token 'if) (cons 'if (arguments)))
              ((not (symbol? token)) (error "a formula cannot begin with" token))
              ((eqv? (peek) #\() (list 'call token (arguments)))
              (else token))))

    ; name : formula, name(parameters) : formula, or a formula
    (define (parse tokens)
      (define (definition name value) (list 'define name value))
      (parameterize ((rest (list tokens)))
        (let ((left (comparison)))
          (cond ((eq? (peek) 'end) left)
                ((and (symbol? left) (eqv? (peek) #\:)) (next!) (definition left (comparison)))
                ((and (pair? left) (eq? (car left) 'call) (eqv? (peek) #\:))
                 (next!)
                 (definition (cadr left) (make-function (car (cddr left)) (comparison))))
                (else (error "what is this behind a formula:" (peek)))))))))

(import (scheme base) (scheme cxr) (scheme write) (calculator lexer) (calculator parser))

(define globals '())

(define (look-up name local)
  (cond ((assq name local) => cdr)
        ((assq name globals) => cdr)
        (else (error "nobody has defined" name))))

(define (evaluate formula local)
  (define (value-of part) (evaluate part local))
  (cond ((number? formula) formula)
        ((symbol? formula) (look-up formula local))
        (else
          (case (car formula)
            ((add) (+ (value-of (cadr formula)) (value-of (caddr formula))))
            ((subtract) (- (value-of (cadr formula)) (value-of (caddr formula))))
            ((multiply) (* (value-of (cadr formula)) (value-of (caddr formula))))
            ((divide) (quotient (value-of (cadr formula)) (value-of (caddr formula))))
            ((less) (if (< (value-of (cadr formula)) (value-of (caddr formula))) 1 0))
            ((same) (if (= (value-of (cadr formula)) (value-of (caddr formula))) 1 0))
            ((if) (value-of (if (= (value-of (cadr formula)) 0) (cadddr formula) (caddr formula))))
            ((call) (call (look-up (cadr formula) local) (map value-of (caddr formula))))))))

(define (call function arguments)
  (if (not (function? function)) (error "this is no function:" function))
  (evaluate (function-body function) (map cons (function-parameters function) arguments)))

(define (run line)
  (let ((formula (parse (tokens line))))
    (if (and (pair? formula) (eq? (car formula) 'define))
        (let ((value (caddr formula)))
          (set! globals
                (cons (cons (cadr formula) (if (function? value) value (evaluate value '())))
                      globals))
          (cadr formula))
        (evaluate formula '()))))

(for-each
  (lambda (line)
    (display line)
    (display "  ->  ")
    (display
      (guard (e ((error-object? e)
                 (string-append "error: " (error-object-message e))))
        (run line)))
    (newline))
  '("1 + 2 * 3" "(1 + 2) * 3" "x: 7" "x * x - 1" "fact(n): if(n < 1, 1, n * fact(n - 1))" "fact(20)"
    "fib(n): if(n < 2, n, fib(n - 1) + fib(n - 2))" "fib(15)" "fib" "1 +" "2 / 0" "y + 1" "x(1)" "3 ) 4"
    "gcd(a, b): if(b = 0, a, gcd(b, a - a / b * b))" "gcd(1071, 462)"))
