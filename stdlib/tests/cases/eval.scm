; eval, environment, load and what the top level keeps for later programs (R7RS 6.12, 5.6).
(eval '(+ 1 2) (environment '(scheme base))) ;=> 3
(eval '(* 7 3) (environment '(only (scheme base) *))) ;=> 21
(let ((f (eval '(lambda (f x) (f x x)) (null-environment 5)))) (f + 10)) ;=> 20
(eval '(m:+ 1 2) (environment '(prefix (only (scheme base) +) m:))) ;=> 3
(eval 'car (environment '(rename (scheme base) (cdr car-of-old)))) ;=> #<procedure car>
(guard (e (#t (error-object-message e))) (eval '(define foo 32) (environment '(scheme base)))) ;=> "nothing can be defined in an environment that `environment` made"
(guard (e (#t (error-object-message e))) (eval '(set! car cdr) (environment '(scheme base)))) ;=> "`car` cannot be assigned here: it is imported"
(guard (e (#t (error-object-message e))) (eval '(hash-table? 1) (environment '(scheme base)))) ;=> "the variable hash-table? (environment) has no value"
(guard (e (#t (error-object-message e))) (eval '(if) (environment '(scheme base)))) ;=> "`if` does not have its shape, found 0 parts in it"
(guard (e (#t (error-object-message e))) (environment '(no such library))) ;=> "there is no library (no such library)"
(guard (e (#t (error-object-message e))) (eval '1 'nothing)) ;=> "eval expects an environment as its second argument, found nothing"
(eval '(begin (define evaluated-1 5) (+ evaluated-1 1)) (interaction-environment)) ;=> 6
(eval 'evaluated-1 (interaction-environment)) ;=> 5
(define (call-it) (evaluated-2 4))
(eval '(define (evaluated-2 n) (* n n)) (interaction-environment))
(call-it) ;=> 16
(eval '(define (evaluated-2 n) (+ n n)) (interaction-environment))
(call-it) ;=> 8
(environment? (interaction-environment)) ;=> #t
(environment? 5) ;=> #f
; What is no datum stands for itself, and quoted data are the very objects.
(eval (list car ''(1 2)) (environment '(scheme base))) ;=> 1
(let ((data (list 1 (vector 2) "s"))) (eq? data (eval (list 'quote data) (interaction-environment)))) ;=> #t
(let ((text (string-copy "abc"))) (string-set! (eval text (interaction-environment)) 0 #\x) text) ;=> "xbc"
(let* ((shared (list 'a)) (value (eval (list 'quote (cons shared shared)) (interaction-environment)))) (eq? (car value) (cdr value))) ;=> #t
(eval `(let ((f ,(lambda (x) (* x 2)))) (map f '(1 2 3))) (interaction-environment)) ;=> (2 4 6)
(let ((circle (list 1 2))) (set-cdr! (cdr circle) circle) (guard (e (#t (error-object-message e))) (eval circle (interaction-environment)))) ;=> "a program contains itself in quoted data only"
(let ((deep (let loop ((n 100000) (x 1)) (if (= n 0) x (loop (- n 1) (list '+ x 0)))))) (eval deep (interaction-environment))) ;=> 1
(let ((deep (let loop ((n 100000) (x '())) (if (= n 0) x (loop (- n 1) (list x)))))) (eq? deep (eval (list 'quote deep) (interaction-environment)))) ;=> #t
(eval 1.5e300 (interaction-environment)) ;=> 1.5e300
(eval (list 'quote (expt 2 100)) (interaction-environment)) ;=> 1267650600228229401496703205376
(eval #\x (interaction-environment)) ;=> #\x
(eval '#u8(1 2) (interaction-environment)) ;=> #u8(1 2)
; A continuation taken inside eval is an ordinary one.
(let ((count 0) (k #f)) (eval (list '+ 1 (list (lambda () (call/cc (lambda (c) (set! k c) 1))))) (interaction-environment)) (set! count (+ count 1)) (if (< count 3) (k count)) count) ;=> 3
; Macros of the top level are there for later programs, with their hygiene.
(eval '(define-syntax kept-swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp))))) (interaction-environment)) 'done ;=> done
(let ((tmp 1) (other 2)) (kept-swap! tmp other) (list tmp other)) ;=> (2 1)
(define-syntax kept-while (syntax-rules () ((_ test body ...) (let loop () (if test (begin body ... (loop)))))))
(define kept-n 0) (let ((if list) (loop 5)) (kept-while (< kept-n 3) (set! kept-n (+ kept-n 1))) kept-n) ;=> 3
(let ((n 0)) (eval '(define kept-m 0) (interaction-environment)) (eval '(kept-while (< kept-m 4) (set! kept-m (+ kept-m 1))) (interaction-environment)) (eval 'kept-m (interaction-environment))) ;=> 4
(eval '(define-syntax make-counter (syntax-rules () ((_ name) (begin (define count 0) (define (name) (set! count (+ count 1)) count))))) (interaction-environment)) 'done ;=> done
(eval '(make-counter kept-next) (interaction-environment)) (eval '(make-counter kept-other) (interaction-environment)) (eval '(list (kept-next) (kept-next) (kept-other)) (interaction-environment)) ;=> (1 2 1)
(eval '(define-syntax define-getter (syntax-rules () ((_ name value) (define-syntax name (syntax-rules () ((_) value)))))) (interaction-environment)) (eval '(define-getter kept-seven 7) (interaction-environment)) (eval '(kept-seven) (interaction-environment)) ;=> 7
(eval '(define kept-seven 8) (interaction-environment)) (eval 'kept-seven (interaction-environment)) ;=> 8
; So are libraries; what macros that they export bring along is the library's.
(eval '(define-library (kept lib) (export bump! (rename total kept-total)) (import (scheme base))
  (begin (define count 0) (define (total) count) (define-syntax bump! (syntax-rules () ((_ by) (set! count (+ count by)))))))
  (interaction-environment)) 'done ;=> done
(let ((e (environment '(scheme base) '(kept lib)))) (eval '(begin (bump! 2) (bump! 3) (kept-total)) e)) ;=> 5
(let ((e (environment '(prefix (kept lib) k:)))) (eval '(k:kept-total) e)) ;=> 5
(import (scheme base) (kept lib)) (define count 'mine) (bump! 1) (list count (kept-total)) ;=> (mine 6)
(guard (e (#t (error-object-message e))) (eval '(set! kept-total 1) (environment '(scheme base) '(kept lib)))) ;=> "`kept-total` cannot be assigned here: it is imported"
(eval '(import (only (kept lib) kept-total)) (interaction-environment)) (eval '(kept-total) (interaction-environment)) ;=> 6
(guard (e (#t (error-object-message e))) (eval 'bump! (interaction-environment))) ;=> "the variable bump! has no value"
(eval '(define-library (kept lib) (export kept-total) (import (scheme base)) (begin (define (kept-total) 'new))) (interaction-environment)) (list (eval '(kept-total) (interaction-environment)) (eval '(kept-total) (environment '(kept lib)))) ;=> (6 new)
; A redefined name of the library means the old one to macros and libraries.
(eval '(define (list . x) 'redefined) (interaction-environment)) (eval '(list 1) (interaction-environment)) ;=> redefined
(let-values (((a b) (values 1 2))) (vector a b)) ;=> #(1 2)
(import (scheme base)) (list 1 2) ;=> (1 2)
(eval '(import (only (scheme base) list)) (interaction-environment)) (eval '(list 1 2) (interaction-environment)) ;=> (1 2)
(scheme-report-environment 4) ;!> E0106 scheme-report-environment expects 5 or 7 as its first argument, found 4
; The process around (R7RS 6.14): hosts of tests have neither arguments nor an environment.
(list (command-line) (get-environment-variable "HOME") (get-environment-variables)) ;=> (() #f ())
(get-environment-variable 'home) ;!> E0104 get-environment-variable expects a string as its first argument, found home
