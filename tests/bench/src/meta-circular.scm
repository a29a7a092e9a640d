(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; An interpreter in the style of eval and apply, over the expressions themselves and association lists.
;; Exercises symbol dispatch, assq, pairs and deep recursion.

;; An environment is a list of a head and of pairs of a name and a value, so that it can grow in place.
(define (make-environment bindings) (cons 'environment bindings))

(define (define-variable! name value environment)
  (let ((entry (assq name (cdr environment))))
    (if entry
        (set-cdr! entry value)
        (set-cdr! environment (cons (cons name value) (cdr environment))))))

(define (lookup name environment)
  (let ((entry (assq name (cdr environment))))
    (if entry
        entry
        (error "unbound variable" name))))

(define (bind-all names values bindings)
  (cond ((null? names) bindings)
        ((symbol? names) (cons (cons names values) bindings))
        (else
         (cons (cons (car names) (car values))
               (bind-all (cdr names) (cdr values) bindings)))))

;; A compound procedure is a vector with its parameters, its body and its environment.
(define (evaluate e environment)
  (cond ((symbol? e) (cdr (lookup e environment)))
        ((not (pair? e)) e)
        ((eq? (car e) 'quote) (cadr e))
        ((eq? (car e) 'if)
         (if (evaluate (cadr e) environment)
             (evaluate (caddr e) environment)
             (evaluate (cadddr e) environment)))
        ((eq? (car e) 'lambda)
         (vector (cadr e) (cddr e) environment))
        ((eq? (car e) 'let)
         (evaluate-sequence
          (cddr e)
          (make-environment
           (bind-all (map car (cadr e))
                     (evaluate-operands (map cadr (cadr e)) environment)
                     (cdr environment)))))
        ((eq? (car e) 'cond)
         (evaluate-clauses (cdr e) environment))
        ((eq? (car e) 'begin)
         (evaluate-sequence (cdr e) environment))
        ((eq? (car e) 'set!)
         (set-cdr! (lookup (cadr e) environment) (evaluate (caddr e) environment)))
        ((eq? (car e) 'define)
         (if (pair? (cadr e))
             (define-variable! (caadr e) (vector (cdadr e) (cddr e) environment) environment)
             (define-variable! (cadr e) (evaluate (caddr e) environment) environment)))
        (else
         (apply-procedure (evaluate (car e) environment)
                          (evaluate-operands (cdr e) environment)))))

(define (evaluate-operands operands environment)
  (if (null? operands)
      '()
      (let ((value (evaluate (car operands) environment)))
        (cons value (evaluate-operands (cdr operands) environment)))))

(define (evaluate-sequence body environment)
  (cond ((null? (cdr body)) (evaluate (car body) environment))
        (else (evaluate (car body) environment)
              (evaluate-sequence (cdr body) environment))))

(define (evaluate-clauses clauses environment)
  (cond ((null? clauses) #f)
        ((or (eq? (caar clauses) 'else) (evaluate (caar clauses) environment))
         (evaluate-sequence (cdar clauses) environment))
        (else (evaluate-clauses (cdr clauses) environment))))

(define (apply-procedure procedure arguments)
  (if (vector? procedure)
      (evaluate-sequence
       (vector-ref procedure 1)
       (make-environment
        (bind-all (vector-ref procedure 0)
                  arguments
                  (cdr (vector-ref procedure 2)))))
      (apply procedure arguments)))

(define (initial-environment)
  (make-environment
   (list (cons '+ +) (cons '- -) (cons '* *) (cons '< <) (cons '= =) (cons 'eq? eq?)
         (cons 'cons cons) (cons 'car car) (cons 'cdr cdr) (cons 'null? null?) (cons 'pair? pair?)
         (cons 'list list))))

;; The values of the expressions among the forms of a program, after its definitions.
(define (run-program forms)
  (let ((environment (initial-environment)))
    (let next ((forms forms) (values '()))
      (if (null? forms)
          (reverse values)
          (let ((value (evaluate (car forms) environment)))
            (next (cdr forms)
                  (if (and (pair? (car forms)) (eq? (caar forms) 'define))
                      values
                      (cons value values))))))))

(define (run-benchmark)
  (let* ((count (read))
         (program (read))
         (expected (read)))
    (run-r7rs-benchmark
     "meta-circular"
     count
     (lambda () (run-program (hide count program)))
     (lambda (result) (equal? result expected)))))
