; Macros whose transformers are procedures (SRFI 211; R6RS standard libraries 12).
; The first case is suspended in the middle of each call.
(define-syntax exchange! (er-macro-transformer (lambda (form rename compare) (let ((a (cadr form)) (b (caddr form))) `(,(rename 'let) ((,(rename 'tmp) ,a)) (,(rename 'set!) ,a ,b) (,(rename 'set!) ,b ,(rename 'tmp)))))))
(let ((tmp 1) (other 2)) (exchange! tmp other) (list tmp other)) ;=> (2 1)

; Explicit renaming.
(let ((set! 1) (let 2)) (exchange! set! let) (list set! let)) ;=> (2 1)
(define-syntax is-else (er-macro-transformer (lambda (form rename compare) (compare (cadr form) (rename 'else)))))
(list (is-else else) (is-else other) (let ((else 1)) (is-else else)) (is-else 5)) ;=> (#t #f #f #f)
(define-syntax same-rename (er-macro-transformer (lambda (form rename compare) (eq? (rename 'x) (rename 'x)))))
(same-rename) ;=> #t
(define-syntax anaphoric-if (er-macro-transformer (lambda (form rename compare) `(,(rename 'let) ((it ,(cadr form))) (,(rename 'if) it ,@(cddr form))))))
(anaphoric-if (assv 2 '((1 . one) (2 . two))) (cdr it) 'none) ;=> two
(let ((if list) (it 'outer)) (anaphoric-if 5 it 0)) ;=> 5
(define-syntax count-forms (er-macro-transformer (lambda (form rename compare) (length (cdr form)))))
(count-forms a b #(c) "d") ;=> 4
(define-syntax constant-list (er-macro-transformer (lambda (form rename compare) (list (rename 'quote) (list 1 "two" #\3 #(4 5) #u8(6))))))
(constant-list) ;=> (1 "two" #\3 #(4 5) #u8(6))
(define (expand-time-helper n) (* n n))
(define-syntax squared-early (er-macro-transformer (lambda (form rename compare) (expand-time-helper (cadr form)))))
(squared-early 9) ;=> 81
(begin-for-syntax (define (syntax-helper n) (+ n 1)))
(define-syntax plus-one-early (er-macro-transformer (lambda (form rename compare) (syntax-helper (cadr form)))))
(plus-one-early 9) ;=> 10
(let-syntax ((twice (er-macro-transformer (lambda (form rename compare) (list (rename 'begin) (cadr form) (cadr form)))))) (let ((n 0)) (twice (set! n (+ n 1))) n)) ;=> 2
(letrec-syntax ((down (er-macro-transformer (lambda (form rename compare) (if (zero? (cadr form)) ''done (list (rename 'down) (- (cadr form) 1))))))) (down 20)) ;=> done
(let () (define-syntax three (er-macro-transformer (lambda (form rename compare) 3))) (define x (three)) (+ x (three))) ;=> 6
(define-syntax define-getter (er-macro-transformer (lambda (form rename compare) `(,(rename 'begin) (,(rename 'define) ,(rename 'hidden) ,(caddr form)) (,(rename 'define) (,(cadr form)) ,(rename 'hidden))))))
(define-getter get-first 1)
(define-getter get-second 2)
(list (get-first) (get-second)) ;=> (1 2)
(let () (define-getter inner 'local) (inner)) ;=> local
(let ((x 1)) (let-syntax ((get-x (er-macro-transformer (lambda (form rename compare) (rename 'x))))) (let ((x 2)) (get-x)))) ;=> 1
(let ((x 1)) (let-syntax ((get-x (er-macro-transformer (lambda (form rename compare) 'x)))) (let ((x 2)) (get-x)))) ;=> 2

; syntax-case.
(define-syntax my-or2 (lambda (x) (syntax-case x () ((_) #'#f) ((_ e) #'e) ((_ e1 e2 ...) #'(let ((t e1)) (if t t (my-or2 e2 ...)))))))
(let ((t 5) (if #f) (let #f)) (my-or2 #f let t)) ;=> 5
(define-syntax nested-lists (lambda (x) (syntax-case x () ((_ ((a b ...) ...)) #'(quote ((b ... a) ...))))))
(nested-lists ((1 2 3) (4) (5 6))) ;=> ((2 3 1) (4) (6 5))
(define-syntax last-and-tail (lambda (x) (syntax-case x () ((_ a ... b . c) #'(quote ((a ...) b c))))))
(list (last-and-tail 1 2 3 . 4) (last-and-tail 1)) ;=> (((1 2) 3 4) (() 1 ()))
(define-syntax of-vector (lambda (x) (syntax-case x () ((_ #(a b ...)) #'(list a '#(b ...))) ((_ other) #''no-vector))))
(list (of-vector #(1 2 3)) (of-vector 5)) ;=> ((1 #(2 3)) no-vector)
(define-syntax my-cond2 (lambda (x) (syntax-case x (else) ((_ (else e)) #'e) ((_ (c e) clause ...) #'(if c e (my-cond2 clause ...))) ((_) #'#f))))
(list (my-cond2 (#f 1) (else 2)) (let ((else #f)) (my-cond2 (else 3)))) ;=> (2 #f)
(define-syntax with-fender (lambda (x) (syntax-case x () ((_ n) (identifier? #'n) #''name) ((_ n) (string? (syntax->datum #'n)) #''text) ((_ n) #''other))))
(list (with-fender a) (with-fender "a") (with-fender 1)) ;=> (name text other)
(define-syntax my-let2 (lambda (x) (syntax-case x () ((_ ((n v) ...) body ...) (with-syntax (((t ...) (generate-temporaries #'(n ...)))) #'(let ((t v) ...) (let ((n t) ...) body ...)))))))
(my-let2 ((a 1) (b 2)) (list a b)) ;=> (1 2)
(define-syntax define-maker (lambda (x) (syntax-case x () ((_ name field ...) (with-syntax ((make (datum->syntax #'name (string->symbol (string-append "make-" (symbol->string (syntax->datum #'name))))))) #'(define (make field ...) (list 'name field ...)))))))
(define-maker point x y)
(make-point 1 2) ;=> (point 1 2)
(define-syntax anaphoric-while (lambda (x) (syntax-case x () ((k body ...) (with-syntax ((break (datum->syntax #'k 'break))) #'(call/cc (lambda (break) (let loop () body ... (loop)))))))))
(let ((n 0)) (anaphoric-while (set! n (+ n 1)) (if (= n 5) (break n)))) ;=> 5
(define-syntax pi-name (lambda (x) (syntax-case x () (id (identifier? #'id) #'314) ((_ e) #'(* 314 e)))))
(list pi-name (pi-name 2)) ;=> (314 628)
(define-syntax backwards (lambda (x) (syntax-case x () ((_ e ...) #`(list #,@(reverse #'(e ...)))))))
(backwards 1 2 3) ;=> (3 2 1)
(define-syntax counted (lambda (x) (syntax-case x () ((_ e ...) #`'(#,(length #'(e ...)) #(#,@(map (lambda (e) (* 2 (syntax->datum e))) #'(e ...))) . end)))))
(counted 1 2 3) ;=> (3 #(2 4 6) . end)
(define-syntax compare-names (lambda (x) (syntax-case x () ((_ a b) #`'(#,(free-identifier=? #'a #'b) #,(bound-identifier=? #'a #'b))))))
(let ((y 1)) (list (compare-names y y) (compare-names y z) (compare-names car car))) ;=> ((#t #t) (#f #f) (#t #t))
(define-syntax escaped-ellipsis (lambda (x) (syntax-case x () ((_ a) #''(a (... ...))))))
(escaped-ellipsis 1) ;=> (1 ...)
(define-syntax define-local-macro (lambda (x) (syntax-case x () ((_ name value) #'(define-syntax name (lambda (y) (syntax-case y () ((_) #'value))))))))
(define-local-macro forty-two 42)
(forty-two) ;=> 42
(let () (define-local-macro inner-macro 'inner) (inner-macro)) ;=> inner
(let ((x 'lexical)) (define-syntax get (lambda (form) #'x)) (let ((x 'other)) (get))) ;=> lexical
(let loop ((n 0)) (define-syntax again (lambda (form) (syntax-case form () ((_ e) #'(loop e))))) (if (< n 10) (again (+ n 1)) n)) ;=> 10
(define-syntax raised-in-transformer (lambda (x) (raise 'oops)))
(guard (e ((symbol? e) e)) (eval '(raised-in-transformer) (interaction-environment))) ;=> oops
(eval '(let-syntax ((m (lambda (x) #'(+ 1 2)))) (m)) (interaction-environment)) ;=> 3
(define-syntax continued (lambda (x) (call/cc (lambda (k) (k #''escaped)))))
(continued) ;=> escaped

; A transformer may be gone back into: each time the form is expanded anew.
(define expansions '())
(define back #f)
(define-syntax re-entered (er-macro-transformer (lambda (form rename compare) (call/cc (lambda (k) (set! back k) 1)))))
(begin (set! expansions (cons (eval '(re-entered) (interaction-environment)) expansions)) (if (< (length expansions) 3) (back (* 10 (length expansions)))) (reverse expansions)) ;=> (1 10 20)

; Libraries with such macros, and private helpers.
(define-library (early tools) (export double-early) (import (scheme base)) (begin (define (double-early n) (* 2 n))))
(define-library (early macros) (export early-double hidden-call)
  (import (scheme base) (srfi 211 explicit-renaming) (srfi 211 syntax-case) (early tools))
  (begin
    (define-syntax early-double (er-macro-transformer (lambda (form rename compare) (double-early (cadr form)))))
    (define (private n) (list 'private n))
    (define-syntax hidden-call (lambda (x) (syntax-case x () ((_ n) #'(private n)))))))
(import (scheme base) (early macros))
(list (early-double 21) (hidden-call 1)) ;=> (42 (private 1))
(import (scheme base) (early macros))
(let ((private 5)) (hidden-call private)) ;=> (private 5)

; What is wrong is said with its place.
(eval '(let-syntax ((m 5)) (m)) (interaction-environment)) ;!> E0301 expected a macro's transformer: (syntax-rules …), or an expression whose value is a procedure
(eval '(let-syntax ((m (list 1))) (m)) (interaction-environment)) ;!> E0104 a macro's transformer is a procedure, found (1)
(eval '(let-syntax ((m (lambda (x) 'bare))) (m)) (interaction-environment)) ;!> E0301 `m` made a form with the symbol `bare` in it
(eval '(let-syntax ((m (lambda (x) (vector-ref (vector 1) 2)))) (m)) (interaction-environment)) ;!> E0107 in a use of `m`: vector-ref expects an index below 1, found 2
(eval '(let-syntax ((m (lambda (x) (syntax-case x () ((_ a) #'a))))) (m)) (interaction-environment)) ;!> E0307 in a use of `m`: no clause of syntax-case fits (m)
(eval '(let ((n 1)) (let-syntax ((m (lambda (x) n))) (m))) (interaction-environment)) ;!> E0301 `n` is a variable of the program, which has no value while macros are made
(eval '(let-syntax ((m (lambda (x) (syntax-case x () ((_ a) a))))) (m 1)) (interaction-environment)) ;!> E0302 `a` is a pattern variable, which stands in templates only
(er-macro-transformer 5) ;!> E0104 er-macro-transformer expects a procedure as its first argument, found 5
(syntax->datum (list 1 2)) ;=> (1 2)
(datum->syntax 'x 1) ;!> E0104 datum->syntax expects an identifier as its first argument, found x
(free-identifier=? 'x 'x) ;!> E0113 free-identifier=? outside a macro's transformer is not in this version
(list (identifier? 'x) (identifier? "x")) ;=> (#f #f)
(eval '(let-syntax ((m (lambda (x) (syntax-violation 'm "it takes nothing" x (cadr x))))) (m 1)) (interaction-environment)) ;!> E0108 in a use of `m`: m: it takes nothing (m 1) 1
(eval '(let-syntax ((m (lambda (x) (syntax-violation #f "it takes nothing" x)))) (m 1)) (interaction-environment)) ;!> E0108 in a use of `m`: it takes nothing (m 1)
