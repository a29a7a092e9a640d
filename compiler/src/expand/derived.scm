; Derived forms of the language, as macros over the core forms. Names that begin with a percent
; sign are procedures of the prelude.

; Several values (R7RS 4.2.2, 5.3.3; receive: SRFI 8).

(define-syntax receive
  (syntax-rules ()
    ((_ formals expression body0 body ...)
     (%call-with-values (lambda () expression) (lambda formals body0 body ...)))))

(define-syntax let*-values
  (syntax-rules ()
    ((_ () body0 body ...) (let () body0 body ...))
    ((_ ((formals expression) more ...) body0 body ...)
     (%call-with-values (lambda () expression)
                        (lambda formals (let*-values (more ...) body0 body ...))))))

(define-syntax let-values
  (syntax-rules ()
    ((_ (binding ...) body0 body ...) (%let-values (binding ...) () body0 body ...))))

; Computes all expressions before it binds what they give.
(define-syntax %let-values
  (syntax-rules ()
    ((_ ((formals expression) more ...) (done ...) body ...)
     (%let-values (more ...) (done ... (formals temporary expression)) body ...))
    ((_ () ((formals temporary expression) ...) body ...)
     (let ((temporary (%values->list expression)) ...)
       (%bind-values ((formals temporary) ...) body ...)))))

(define-syntax %bind-values
  (syntax-rules ()
    ((_ () body ...) (let () body ...))
    ((_ ((formals temporary) more ...) body ...)
     (%apply (lambda formals (%bind-values (more ...) body ...)) temporary))))

(define-syntax define-values
  (syntax-rules ()
    ((_ formals expression)
     (begin
       (define rest (%apply (lambda formals (%formals-list formals)) (%values->list expression)))
       (%define-from rest formals)))))

; The values that formals were bound to, as a list whose last part is what a rest parameter got.
(define-syntax %formals-list
  (syntax-rules ()
    ((_ ()) '())
    ((_ (variable . more)) (%cons variable (%formals-list more)))
    ((_ variable) variable)))

(define-syntax %define-from
  (syntax-rules ()
    ((_ list ()) (begin))
    ((_ list (variable)) (define variable (%car list)))
    ((_ list (variable . more))
     (begin
       (define variable (%car list))
       (define rest (%cdr list))
       (%define-from rest more)))
    ((_ list variable) (define variable list))))

; Record types (R7RS 5.5). The expander checks the form and counts the fields: a field's index and
; the value that the constructor gives it come as they are. Every procedure keeps the type itself, so
; that the program can use the type's name again.

(define-syntax %define-record
  (syntax-rules ()
    ((_ name (field ...) ((maker (argument ...) (value ...)) ...) (predicate ...)
        ((accessor accessor-index) ...) ((modifier modifier-index) ...))
     (begin
       (define type (%make-record-type 'name '#(field ...) #f))
       (define name type)
       (%define-keeping type (maker argument ...) (%record type value ...)) ...
       (%define-keeping type (predicate object) (%record? object type)) ...
       (%define-keeping type (accessor record)
         (%record-ref record type accessor-index 'accessor)) ...
       (%define-keeping type (modifier record content)
         (%record-set! record type modifier-index content 'modifier)) ...))))

(define-syntax %define-keeping
  (syntax-rules ()
    ((_ kept (name argument ...) body)
     (define name
       (let ((kept kept))
         (define (name argument ...) body)
         name)))))

; Promises (R7RS 4.2.5).

(define-syntax delay-force
  (syntax-rules () ((_ expression) (%promise #f (lambda () expression)))))

(define-syntax delay
  (syntax-rules () ((_ expression) (%promise #f (lambda () (%promise #t expression))))))

; Parameters (R7RS 4.2.6).

(define-syntax parameterize
  (syntax-rules ()
    ((_ ((parameter value) ...) body0 body ...)
     (%parameterize (%list (%cons parameter value) ...) (lambda () body0 body ...)))))

; Procedures that choose by the number of arguments (R7RS 4.2.9).

(define-syntax case-lambda
  (syntax-rules ()
    ((_ (formals body0 body ...) ...)
     (%case-lambda '(formals ...) (lambda formals body0 body ...) ...))))


; Exceptions (R7RS 4.2.7).

(define-syntax guard
  (syntax-rules ()
    ((_ (variable clause ...) body0 body ...)
     (%guard (lambda () body0 body ...)
             (lambda (variable again) (%guard-clauses (again) clause ...))))))

(define-syntax %guard-clauses
  (syntax-rules (else =>)
    ((_ again) again)
    ((_ again (else body0 body ...)) (begin body0 body ...))
    ((_ again (test => receiver) more ...)
     (let ((value test))
       (if value (receiver value) (%guard-clauses again more ...))))
    ((_ again (test) more ...) (or test (%guard-clauses again more ...)))
    ((_ again (test body0 body ...) more ...)
     (if test (begin body0 body ...) (%guard-clauses again more ...)))))
