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

; Delimited continuations (library (pscheme control)): the value of reset is that of its body; shift
; leaves the body, and its own body, in which k goes on with the rest of it, takes its place.

(define-syntax reset
  (syntax-rules ()
    ((_ body0 body ...) (%reset (lambda () body0 body ...)))))

(define-syntax shift
  (syntax-rules ()
    ((_ k body0 body ...) (%shift (lambda (k) body0 body ...)))))

; What a name means (library (pscheme help)): the name is not evaluated, whether it is quoted or not.

(define-syntax help
  (syntax-rules (quote)
    ((_) (%help ""))
    ((_ (quote topic)) (%help 'topic))
    ((_ topic) (%help 'topic))))

; Receiving messages (library (pscheme process)).
;
;   (recv (pattern body0 body ...) ... )
;   (recv (pattern (where guard) body0 body ...) ... (after seconds body0 body ...))
;
; The first message that fits a clause is taken out of the mailbox and its body evaluated; messages
; that fit none stay. A pattern is
;   _               anything
;   name            anything, and the name stands for it in guard and body
;   5 "a" #\a #t     the same by equal?; so is 'datum
;   (p . q) ()      a pair whose parts fit, the empty list; so lists: (p q r)
;   #(p ...)        a vector of as many elements that fit
;   `datum          as datum, but an unquoted part is a pattern: `(ok ,value)

(define-syntax recv
  (syntax-rules (after)
    ((_ clause ... (after seconds body0 body ...))
     (%receive (%deadline seconds)
               (lambda (message) (%match-clauses message clause ...))
               (lambda () body0 body ...)))
    ((_ clause ...)
     (%receive #f (lambda (message) (%match-clauses message clause ...)) #f))))

(define-syntax after
  (syntax-rules ()
    ((_ . anything) (syntax-error "after stands in the last clause of recv"))))

(define-syntax where
  (syntax-rules ()
    ((_ . anything) (syntax-error "where stands behind a pattern of recv"))))

; A thunk of the body of the first clause that fits the value, or #f.
(define-syntax %match-clauses
  (syntax-rules (where)
    ((_ value) #f)
    ((_ value (pattern (where guard) body0 body ...) more ...)
     (let ((next (lambda () (%match-clauses value more ...))))
       (%match value pattern (if guard (lambda () body0 body ...) (next)) (next))))
    ((_ value (pattern body0 body ...) more ...)
     (let ((next (lambda () (%match-clauses value more ...))))
       (%match value pattern (lambda () body0 body ...) (next))))))

; success if the value, which is a name, fits the pattern; failure, which is small, if not.
(define-syntax %match
  (syntax-rules (_ quote quasiquote)
    ((%match value _ success failure) success)
    ((%match value (quote datum) success failure)
     (if (%equal? value 'datum) success failure))
    ((%match value (quasiquote datum) success failure)
     (%match-datum value datum success failure))
    ((%match value () success failure) (%match-atom value () success failure))
    ((%match value (first . rest) success failure)
     (%match-pair %match value first rest success failure))
    ((%match value #(part ...) success failure)
     (%match-vector %match value (part ...) success failure))
    ((%match value atom success failure)
     (%if-identifier atom
       (let ((atom value)) success)
       (%match-atom value atom success failure)))))

; The same for what stands behind a quasiquote.
(define-syntax %match-datum
  (syntax-rules (unquote)
    ((%match-datum value (unquote pattern) success failure)
     (%match value pattern success failure))
    ((%match-datum value (first . rest) success failure)
     (%match-pair %match-datum value first rest success failure))
    ((%match-datum value #(part ...) success failure)
     (%match-vector %match-datum value (part ...) success failure))
    ((%match-datum value atom success failure) (%match-atom value atom success failure))))

(define-syntax %match-pair
  (syntax-rules ()
    ((_ match value first rest success failure)
     (if (%pair? value)
         (let ((head (%head value)) (tail (%tail value)))
           (match head first (match tail rest success failure) failure))
         failure))))

(define-syntax %match-vector
  (syntax-rules ()
    ((_ match value parts success failure)
     (if (%vector? value)
         (let ((elements (vector->list value)))
           (match elements parts success failure))
         failure))))

(define-syntax %match-atom
  (syntax-rules ()
    ((_ value atom success failure) (if (%equal-leaves? value 'atom) success failure))))

; The first expression if atom is an identifier, which as a pattern fits anything; else the second.
(define-syntax %if-identifier
  (syntax-rules ()
    ((_ atom then otherwise)
     (let-syntax ((choose (syntax-rules ()
                            ((choose atom yes no) yes)
                            ((choose other yes no) no))))
       (choose something then otherwise)))))

; Names of forms, bound for a template (R6RS standard libraries 12.8).
(define-syntax with-syntax
  (syntax-rules ()
    ((_ ((pattern expression) ...) body0 body ...)
     (syntax-case (%list expression ...) ()
       ((pattern ...) (let () body0 body ...))))))
