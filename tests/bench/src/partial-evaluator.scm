(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Specializes first-order programs to the part of their input that is known, and runs what remains of them.
;; Exercises association lists, equal? on nested keys, symbol making and an evaluator.

;; A definition is (name kind parameters body), where the kind says what happens to a call with unknown parts:
;; `unfold` puts the body in its place, `specialize` makes a new definition for the known arguments.
;; In the results, all constants are quoted; whatever is not quoted is not known.
(define (definition-kind definition) (cadr definition))
(define (definition-parameters definition) (caddr definition))
(define (definition-body definition) (cadddr definition))

(define primitives
  (list (cons '+ +) (cons '- -) (cons '* *) (cons '< <) (cons '= =) (cons 'quotient quotient)
        (cons 'remainder remainder) (cons 'cons cons) (cons 'car car) (cons 'cdr cdr)
        (cons 'cadr cadr) (cons 'null? null?) (cons 'eq? eq?) (cons 'list-ref list-ref)))

(define (constant? e) (and (pair? e) (eq? (car e) 'quote)))
(define (constant datum) (list 'quote datum))
(define (constant-is? e datum) (and (constant? e) (eqv? (cadr e) datum)))

;; Expressions that may be written more than once: no work is done twice, except for making pairs.
(define (simple? e)
  (or (symbol? e)
      (constant? e)
      (and (eq? (car e) 'cons)
           (simple? (cadr e))
           (simple? (caddr e)))))

(define symbols-made 0)
(define (fresh-symbol base)
  (set! symbols-made (+ symbols-made 1))
  (string->symbol (string-append (symbol->string base) "-" (number->string symbols-made))))

(define (make-operation operator operands)
  (define (one? datum) (constant-is? (car operands) datum))
  (define (other? datum) (constant-is? (cadr operands) datum))
  (cond ((all-constant? operands)
         (constant (apply (cdr (assq operator primitives)) (map cadr operands))))
        (else
         (case operator
           ((+) (cond ((one? 0) (cadr operands))
                      ((other? 0) (car operands))
                      (else (cons operator operands))))
           ((*) (cond ((or (one? 0) (other? 0)) (constant 0))
                      ((one? 1) (cadr operands))
                      ((other? 1) (car operands))
                      (else (cons operator operands))))
           ((car cdr)
            (let ((operand (car operands)))
              (if (and (simple? operand) (pair? operand))
                  (if (eq? operator 'car) (cadr operand) (caddr operand))
                  (cons operator operands))))
           ((null?)
            (if (and (simple? (car operands)) (pair? (car operands)))
                (constant #f)
                (cons operator operands)))
           (else (cons operator operands))))))

(define (all-constant? operands)
  (or (null? operands)
      (and (constant? (car operands))
           (all-constant? (cdr operands)))))

;; Specializes a call of `name` with operands that are constants or residual expressions.
;; The result is a pair of the residual expression and the residual definitions, the first made last.
(define (specialize-program program name operands)
  (let ((specialized '()) (residual '()))
    (define (specialize e bindings)
      (cond ((symbol? e) (cdr (assq e bindings)))
            ((not (pair? e)) (constant e))
            ((constant? e) e)
            (else
             (case (car e)
               ((if)
                (let ((test (specialize (cadr e) bindings)))
                  (if (constant? test)
                      (specialize (if (cadr test) (caddr e) (cadddr e)) bindings)
                      (list 'if test
                            (specialize (caddr e) bindings)
                            (specialize (cadddr e) bindings)))))
               (else
                (let ((operands (map (lambda (operand) (specialize operand bindings)) (cdr e))))
                  (if (assq (car e) primitives)
                      (make-operation (car e) operands)
                      (specialize-call (car e) operands))))))))
    (define (specialize-call name operands)
      (let* ((definition (assq name program))
             (parameters (definition-parameters definition)))
        (if (or (eq? (definition-kind definition) 'unfold)
                (all-constant? operands))
            (unfold parameters operands '() (definition-body definition))
            (cons (specialized-name name parameters operands (definition-body definition))
                  (unknown operands operands)))))
    ;; An operand that is not simple gets a variable of its own around the unfolded body.
    (define (unfold parameters operands bindings body)
      (cond ((null? parameters) (specialize body bindings))
            ((simple? (car operands))
             (unfold (cdr parameters)
                     (cdr operands)
                     (cons (cons (car parameters) (car operands)) bindings)
                     body))
            (else
             (let ((variable (fresh-symbol (car parameters))))
               (list 'let variable (car operands)
                     (unfold (cdr parameters)
                             (cdr operands)
                             (cons (cons (car parameters) variable) bindings)
                             body))))))
    (define (unknown items operands)
      (cond ((null? operands) '())
            ((constant? (car operands)) (unknown (cdr items) (cdr operands)))
            (else (cons (car items) (unknown (cdr items) (cdr operands))))))
    (define (specialized-name name parameters operands body)
      (let* ((key (cons name (map (lambda (e) (if (constant? e) e '?)) operands)))
             (entry (assoc key specialized)))
        (if entry
            (cdr entry)
            (let ((new (fresh-symbol name)))
              (set! specialized (cons (cons key new) specialized))
              (let ((body (specialize body
                                      (map (lambda (parameter e)
                                             (cons parameter (if (constant? e) e parameter)))
                                           parameters
                                           operands))))
                (set! residual
                      (cons (list new 'specialize (unknown parameters operands) body) residual))
                new)))))
    (let ((e (specialize-call name operands)))
      (cons e residual))))

;; Evaluates expressions of source and residual programs alike.
(define (evaluate e bindings program)
  (cond ((symbol? e) (cdr (assq e bindings)))
        ((not (pair? e)) e)
        (else
         (case (car e)
           ((quote) (cadr e))
           ((if)
            (evaluate (if (evaluate (cadr e) bindings program) (caddr e) (cadddr e)) bindings program))
           ((let)
            (evaluate (cadddr e)
                      (cons (cons (cadr e) (evaluate (caddr e) bindings program)) bindings)
                      program))
           (else
            (let ((operands (map (lambda (operand) (evaluate operand bindings program)) (cdr e)))
                  (primitive (assq (car e) primitives)))
              (if primitive
                  (apply (cdr primitive) operands)
                  (let ((definition (assq (car e) program)))
                    (evaluate (definition-body definition)
                              (map cons (definition-parameters definition) operands)
                              program)))))))))

(define (size e)
  (cond ((constant? e) 1)
        ((pair? e) (apply + (map size e)))
        (else 1)))

;; A task is a program, the name of a definition, its arguments, each (known datum) or (unknown name), and a
;; list of values for the unknown ones.
;; The result has the number of residual definitions, the size of what remains, and its value.
(define (run-task task)
  (set! symbols-made 0)
  (let* ((program (car task))
         (name (cadr task))
         (arguments (caddr task))
         (values (cadddr task))
         (operands (map (lambda (argument)
                          (if (eq? (car argument) 'known)
                              (constant (cadr argument))
                              (cadr argument)))
                        arguments))
         (result (specialize-program program name operands))
         (bindings (bind-unknown arguments values))
         (value (evaluate (car result) bindings (cdr result)))
         (direct (evaluate (cons name operands) bindings program)))
    (list (length (cdr result))
          (apply + (size (car result)) (map (lambda (definition) (size (cadddr definition))) (cdr result)))
          (if (equal? value direct) value (list 'different value direct)))))

(define (bind-unknown arguments values)
  (cond ((null? arguments) '())
        ((eq? (caar arguments) 'known) (bind-unknown (cdr arguments) values))
        (else
         (cons (cons (cadar arguments) (car values))
               (bind-unknown (cdr arguments) (cdr values))))))

(define (run-benchmark)
  (let* ((count (read))
         (tasks (read))
         (expected (read)))
    (run-r7rs-benchmark
     "partial-evaluator"
     count
     (lambda () (map run-task (hide count tasks)))
     (lambda (result) (equal? result expected)))))
