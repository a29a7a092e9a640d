; R7RS 5: programs, definitions, record types, libraries.
; 5.3.1: top-level definitions.
(define add3 (lambda (x) (+ x 3)))
(add3 3) ;=> 6
(define first car)
(first '(1 2)) ;=> 1
(define (add4 x) (+ x 4))
(add4 3) ;=> 7
(define (rest-of a . b) b)
(rest-of 1 2 3) ;=> (2 3)
(define (all-of . args) args)
(list (all-of) (all-of 1)) ;=> (() (1))
(define (opt a b . c) (list a b c))
(opt 1 2) ;=> (1 2 ())
(define again 1)
(define again 2)
again ;=> 2
(define self-kept again)
(define again 3)
(list self-kept again) ;=> (2 3)
(define (calls-again) again)
(define again 4)
(calls-again) ;=> 4
(begin (define in-begin 1) (set! in-begin (+ in-begin 1)))
in-begin ;=> 2

; 5.3.2: internal definitions.
(let ((x 5)) (define foo (lambda (y) (bar x y))) (define bar (lambda (a b) (+ (* a b) a))) (foo (+ x 3))) ;=> 45
(let ((x 5)) (letrec* ((foo (lambda (y) (bar x y))) (bar (lambda (a b) (+ (* a b) a)))) (foo (+ x 3)))) ;=> 45
((lambda (x) (define y (* x 2)) (define z (+ y 1)) (list x y z)) 1) ;=> (1 2 3)
(let () (define (ev? n) (or (= n 0) (od? (- n 1)))) (define (od? n) (and (> n 0) (ev? (- n 1)))) (list (ev? 10) (od? 7))) ;=> (#t #t)
(let () (define x 1) (set! x 2) x) ;=> 2
(let ((x 1)) (begin (define x 2) (define y x)) (list x y)) ;=> (2 2)
(define (outer) (define inner 'inner) inner)
(outer) ;=> inner
(let () (define a 1) (define b (+ a 1)) (define c (+ b 1)) c) ;=> 3
(let () (define (f) x) (define x 5) (f)) ;=> 5
(when #t (let () (define z 1) z)) ;=> 1
(do ((i 0 (+ i 1)) (seen '() (let () (define j (* i i)) (cons j seen)))) ((= i 3) seen)) ;=> (4 1 0)
(let ((x 'outside)) (let () (define y x) y)) ;=> outside
; Expressions between definitions are evaluated in their order.
(let () (define a 1) (set! a (+ a 1)) (define b a) (list a b)) ;=> (2 2)

; 5.3.3: several values.
(define-values (x y) (exact-integer-sqrt 17))
(list x y) ;=> (4 1)
(define-values (a . b) (values 1 2 3))
(list a b) ;=> (1 (2 3))
(define-values all (values 1 2))
all ;=> (1 2)
(define-values () (values))
(let () (define-values (x y) (values 1 2)) (+ x y)) ;=> 3
(let () (define-values (x y) (values 1 2)) (define-values (z) (values (+ x y))) (list x y z)) ;=> (1 2 3)
(let () (define-values (a b . c) (values 1 2 3 4)) (list a b c)) ;=> (1 2 (3 4))
(let ((x 'x)) (define-values (f g) (values (lambda () (g)) (lambda () x))) (f)) ;=> x
(guard (e (#t 'count)) (eval '(let () (define-values (p q) (values 1)) p) (interaction-environment))) ;=> count

; 5.4: syntax definitions.
(let ((x 1) (y 2)) (define-syntax swap! (syntax-rules () ((swap! a b) (let ((tmp a)) (set! a b) (set! b tmp))))) (swap! x y) (list x y)) ;=> (2 1)
(let () (define-syntax m (syntax-rules () ((_) 1))) (let () (define-syntax m (syntax-rules () ((_) 2))) (m))) ;=> 2
(define-syntax m (syntax-rules () ((_) 'first)))
(define-syntax m (syntax-rules () ((_) 'second)))
(m) ;=> second
(define (m) 'procedure)
(m) ;=> procedure
(let ((m 5)) m) ;=> 5

; 5.5: record types.
(define-record-type <pare> (kons x y) pare? (x kar set-kar!) (y kdr))
(pare? (kons 1 2)) ;=> #t
(pare? (cons 1 2)) ;=> #f
(kar (kons 1 2)) ;=> 1
(kdr (kons 1 2)) ;=> 2
(let ((k (kons 1 2))) (set-kar! k 3) (kar k)) ;=> 3
(pare? 5) ;=> #f
(map (lambda (test?) (test? (kons 1 2))) (list pair? vector? procedure? symbol? string? null? boolean? number? char? bytevector? port? eof-object?)) ;=> (#f #f #f #f #f #f #f #f #f #f #f #f)
(guard (e (#t 'wrong-type)) (kar 5)) ;=> wrong-type
(guard (e (#t 'wrong-type)) (kar '(1 . 2))) ;=> wrong-type
(guard (e (#t 'wrong-type)) (set-kar! 5 1)) ;=> wrong-type
(guard (e (#t 'arity)) (kons 1)) ;=> arity
(let ((a (kons 1 2)) (b (kons 1 2))) (list (eqv? a a) (eqv? a b) (eq? a b) (equal? a a))) ;=> (#t #f #f #t)
(define-record-type point (make-point y) point? (x point-x set-point-x!) (y point-y))
(let ((p (make-point 2))) (set-point-x! p 1) (list (point-x p) (point-y p))) ;=> (1 2)
(define-record-type empty (make-empty) empty?)
(empty? (make-empty)) ;=> #t
(empty? (kons 1 2)) ;=> #f
(define-record-type twin (make-twin b a) twin? (a twin-a) (b twin-b set-twin-b!))
(let ((t (make-twin 1 2))) (list (twin-a t) (twin-b t))) ;=> (2 1)
; Each definition makes a type of its own.
(define-record-type one (make-one) one?)
(define old-one (make-one))
(define-record-type one (make-one) one?)
(list (one? old-one) (one? (make-one))) ;=> (#f #t)
(define (make-type) (define-record-type local (make-local) local?) (cons make-local local?))
(let ((a (make-type)) (b (make-type))) (list ((cdr a) ((car a))) ((cdr a) ((car b))))) ;=> (#t #f)
(let () (define-record-type thing (make-thing v) thing? (v thing-v)) (thing-v (make-thing 'in-a-body))) ;=> in-a-body
(let () (define-record-type thing (make-thing v) thing? (v get)) (define x (make-thing 1)) (map thing? (list x 1))) ;=> (#t #f)
(define-record-type node (make-node value next) node? (value node-value) (next node-next set-node-next!))
(let ((n (make-node 1 '()))) (set-node-next! n n) (eq? n (node-next (node-next n)))) ;=> #t

; 5.2 and 5.6: libraries.
(define-library (spec stack) (export make push! (rename pop! take!) (rename items stack-items))
  (import (scheme base))
  (begin (define (make) (list 'stack)) (define (push! s x) (set-cdr! s (cons x (cdr s))))
         (define (pop! s) (let ((x (cadr s))) (set-cdr! s (cddr s)) x)) (define (items s) (cdr s))))
(import (scheme base) (spec stack))
(let ((s (make))) (push! s 1) (push! s 2) (list (take! s) (stack-items s))) ;=> (2 (1))
(import (scheme base) (only (spec stack) make)) (procedure? make) ;=> #t
(import (scheme base) (prefix (spec stack) s:)) (s:stack-items (s:make)) ;=> ()
(import (scheme base) (rename (spec stack) (make new) (push! add!))) (let ((s (new))) (add! s 5) (stack-items s)) ;=> (5)
(import (except (scheme base) list) (spec stack)) (define (list . x) 'mine) (list 1) ;=> mine
(import (scheme base) (prefix (only (rename (spec stack) (make new)) new) s-)) (s-new) ;=> (stack)
(import (only (scheme base) + quote) (only (prefix (scheme base) b:) b:car b:cdr)) (+ 1 (b:car '(2))) ;=> 3
(define-library (spec counter) (export next! count) (import (scheme base))
  (begin (define n 0) (define (next!) (set! n (+ n 1)) n) (define (count) n)))
(import (scheme base) (spec counter)) (next!) (next!) (count) ;=> 2
; A library's body runs once, however many import it.
(define-library (spec a) (export a-count) (import (scheme base) (spec counter)) (begin (next!) (define (a-count) (count))))
(define-library (spec b) (export b-count) (import (scheme base) (spec counter)) (begin (define (b-count) (count))))
(import (scheme base) (spec a) (spec b) (spec counter)) (= (a-count) (b-count) (count)) ;=> #t
; Exported macros bring private helpers along.
(define-library (spec macros) (export my-unless with-two) (import (scheme base))
  (begin (define-syntax my-unless (syntax-rules () ((_ c e ...) (helper c (begin e ...)))))
         (define-syntax helper (syntax-rules () ((_ c e) (if c #f e))))
         (define private 2)
         (define-syntax with-two (syntax-rules () ((_ x) (+ x private))))))
(import (scheme base) (spec macros)) (define private 'mine) (define helper 'mine) (list (my-unless #f 1 2) (with-two 1) private) ;=> (2 3 mine)
(define-library (spec renamed-macro) (export (rename inner outer)) (import (scheme base)) (begin (define-syntax inner (syntax-rules () ((_ x) (list 'inner x))))))
(import (scheme base) (spec renamed-macro)) (outer 1) ;=> (inner 1)
(import (scheme base) (prefix (spec renamed-macro) m:)) (m:outer 2) ;=> (inner 2)
; cond-expand, include and include-library-declarations in a library.
(define-library (spec expanded) (export value) (import (scheme base))
  (cond-expand ((library (no such)) (begin (define value 'no))) ((and r7rs full-unicode) (begin (define value 'yes))) (else (begin (define value 'else)))))
(import (spec expanded)) value ;=> yes
(define-library (spec included) (export included) (import (scheme base)) (include "part.scm"))
(import (spec included)) included ;=> 41
(define-library (spec included-ci) (export shout) (import (scheme base)) (include-ci "upper.scm"))
(import (spec included-ci)) (shout) ;=> loud
(import (scheme base) (spec in-a-file)) (list answer shown (extra)) ;=> (42 shown (42 shown))
(define-library (spec 1 2) (export two) (import (scheme base)) (begin (define two 2)))
(import (spec 1 2)) two ;=> 2
(define-library (spec empty))
(import (scheme base) (spec empty)) 'imported ;=> imported
(define-library (spec several) (import (scheme base)) (export x) (begin (define x 1)) (export y) (begin (define y (+ x 1))))
(import (scheme base) (spec several)) (list x y) ;=> (1 2)
(define-library (spec re-export) (export car (rename cdr rest)) (import (scheme base)))
(import (only (scheme base) list quote) (spec re-export)) (list (car '(1 2)) (rest '(1 2))) ;=> (1 (2))
(define-library (spec hides) (export get) (import (scheme base)) (begin (define (helper) 'private) (define (get) (helper))))
(import (scheme base) (spec hides)) (guard (e (#t 'unbound)) (get)) ;=> private
(guard (e (#t 'refused)) (eval '(helper) (environment '(scheme base) '(spec hides)))) ;=> refused
(guard (e (#t 'refused)) (eval '(import (no such library)) (interaction-environment))) ;=> refused
(guard (e (#t 'refused)) (eval '(import (only (scheme base) no-such-name)) (interaction-environment))) ;=> refused
(guard (e (#t 'refused)) (eval '(set! get 1) (environment '(scheme base) '(spec hides)))) ;=> refused
(import (scheme base) (only (scheme base) car) (scheme cxr)) (caddr '(1 2 3)) ;=> 3
(import (scheme base) (scheme r5rs)) (exact->inexact 1) ;=> 1.0

; Every library of R7RS is there.
(import (scheme base) (scheme case-lambda) (scheme char) (scheme complex) (scheme cxr) (scheme eval) (scheme file) (scheme inexact) (scheme lazy) (scheme load) (scheme process-context) (scheme read) (scheme repl) (scheme time) (scheme write)) 'all ;=> all
