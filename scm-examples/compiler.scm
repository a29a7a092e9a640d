; A compiler for a small language of procedures, and the stack machine that runs what it makes. A program
; is a list; it becomes vectors of instructions, which are shown or run.
;
;   program     = definition …  expression
;   definition  = (define (name parameter …) expression)
;   expression  = integer | name | (operator expression expression) | (if test then else)
;               | (let name expression expression) | (name argument …)
;
; What survives a kill: the machine's stack, its frames and its program counter, as they are ordinary
; data of this program; and the call of pscheme that was carrying out one of its instructions.

(import (scheme base) (scheme cxr) (scheme write))

; Instructions. Each is a list of a name and an operand, or of a name alone:
;   (push n)  (local i)  (add) (subtract) (multiply) (less) (equal)  (jump a) (jump-unless a)
;   (call name count)  (slide n): drops n values below the top  (return)

(define operators '((+ . add) (- . subtract) (* . multiply) (< . less) (= . equal)))

; The compiler gives a list of instructions; places to jump to are counted from the first of them.
; scope is a list of the names of the values on the stack of the frame, the last first.
(define (compile expression scope place)
  (cond ((integer? expression) (list (list 'push expression)))
        ((symbol? expression) (list (list 'local (index-of expression scope))))
        ((eq? (car expression) 'if) (compile-if (cdr expression) scope place))
        ((eq? (car expression) 'let) (compile-let (cdr expression) scope place))
        ((assq (car expression) operators)
         => (lambda (operator)
              (append (compile-all (cdr expression) scope place) (list (list (cdr operator))))))
        (else
          (append (compile-all (cdr expression) scope place)
                  (list (list 'call (car expression) (length (cdr expression))))))))

; The place of a name's value, counted from the frame's first.
(define (index-of name scope)
  (let ((found (memq name scope)))
    (if (not found) (error "nobody has defined" name))
    (- (length found) 1)))

; Expressions one behind the other; each leaves a value on the stack, which has no name.
(define (compile-all expressions scope place)
  (if (null? expressions)
      '()
      (let ((first (compile (car expressions) scope place)))
        (append first
                (compile-all (cdr expressions) (cons #f scope) (+ place (length first)))))))

(define (compile-if parts scope place)
  (let* ((test (compile (car parts) scope place))
         (then-place (+ place (length test) 1))
         (then (compile (cadr parts) scope then-place))
         (else-place (+ then-place (length then) 1))
         (else-part (compile (caddr parts) scope else-place)))
    (append test
            (list (list 'jump-unless else-place))
            then
            (list (list 'jump (+ else-place (length else-part))))
            else-part)))

(define (compile-let parts scope place)
  (let ((value (compile (cadr parts) scope place)))
    (append value
            (compile (caddr parts) (cons (car parts) scope) (+ place (length value)))
            (list '(slide 1)))))

; The entry of a procedure: its name, the number of its parameters, its code.
(define (compile-definition definition)
  (let* ((head (cadr definition)) (parameters (cdr head)))
    (list (car head)
          (length parameters)
          (list->vector (append (compile (caddr definition) (reverse parameters) 0) '((return)))))))

; The machine. The stack is a vector; a frame begins at base; what to return to is a list.

(define stack (make-vector 1000 0))

(define (binary instruction left right)
  (case instruction
    ((add) (+ left right))
    ((subtract) (- left right))
    ((multiply) (* left right))
    ((less) (if (< left right) 1 0))
    ((equal) (if (= left right) 1 0))
    (else (error "the machine has no instruction" instruction))))

(define executed 0)

(define (run procedures code)
  (let next ((code code) (pc 0) (base 0) (top 0) (returns '()))
    (define instruction (vector-ref code pc))
    (define (operand) (cadr instruction))
    (define (pop-to new-top value)
      (vector-set! stack new-top value)
      (next code (+ pc 1) base (+ new-top 1) returns))
    (set! executed (+ executed 1))
    (case (car instruction)
      ((push) (pop-to top (operand)))
      ((local) (pop-to top (vector-ref stack (+ base (operand)))))
      ((slide) (pop-to (- top 1 (operand)) (vector-ref stack (- top 1))))
      ((jump) (next code (operand) base top returns))
      ((jump-unless)
       (next code (if (eqv? 0 (vector-ref stack (- top 1))) (operand) (+ pc 1)) base (- top 1) returns))
      ((call)
       (let ((procedure (assq (operand) procedures)) (count (caddr instruction)))
         (if (not procedure) (error "nobody has defined" (operand)))
         (if (not (= count (cadr procedure))) (error "wrong number of arguments for" (operand)))
         (next (caddr procedure) 0 (- top count) top (cons (list code (+ pc 1) base) returns))))
      ((return)
       (let ((result (vector-ref stack (- top 1))))
         (if (null? returns)
             result
             (let ((frame (car returns)))
               (vector-set! stack base result)
               (next (car frame) (cadr frame) (caddr frame) (+ base 1) (cdr returns))))))
      (else
        (pop-to (- top 2)
                (binary (car instruction)
                        (vector-ref stack (- top 2))
                        (vector-ref stack (- top 1))))))))

(define (listing code)
  (let loop ((place 0))
    (if (< place (vector-length code))
        (begin
          (display "    ")
          (display place)
          (for-each
            (lambda (part)
              (display " ")
              (display part))
            (vector-ref code place))
          (newline)
          (loop (+ place 1))))))

; A program is a list: definitions, then an expression, which runs as a procedure without parameters.
(define (run-program program)
  (let loop ((rest program) (procedures '()))
    (if (pair? (cdr rest))
        (loop (cdr rest) (cons (compile-definition (car rest)) procedures))
        (run procedures (caddr (compile-definition (list 'define '(main) (car rest))))))))

(define (show program)
  (set! executed 0)
  (guard (e ((error-object? e)
             (display "error: ")
             (display (error-object-message e))
             (for-each
               (lambda (irritant)
                 (display " ")
                 (display irritant))
               (error-object-irritants e))))
    (let ((value (run-program program)))
      (display value)
      (display " after ")
      (display executed)
      (display " instructions")))
  (newline))

(define factorial '(define (factorial n) (if (= n 0) 1 (* n (factorial (- n 1))))))
(display "factorial:")
(newline)
(listing (caddr (compile-definition factorial)))

(show (list factorial '(factorial 25)))
(show '((define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 12)))
(show '((define (gcd a b) (if (= b 0) a (if (< a b) (gcd b a) (gcd (- a b) b)))) (gcd 1071 462)))
(show '((define (power base n)
          (if (= n 0)
              1
              (let half (power base (halved n 0))
                (let square (* half half) (if (odd n) (* base square) square)))))
        (define (halved n count) (if (< n 2) count (halved (- n 2) (+ count 1))))
        (define (odd n) (if (< n 2) n (odd (- n 2))))
        (power 3 50)))
(show '((let x 6 (let y 7 (* x y)))))
(show '((+ 1 undefined)))
(show '((define (twice x) (* 2 x)) (twice 1 2)))
