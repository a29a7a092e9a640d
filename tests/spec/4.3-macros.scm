; R7RS 4.3: macros by syntax-rules.
; Bound locally.
(let-syntax ((given-that (syntax-rules () ((_ test stmt1 stmt2 ...) (if test (begin stmt1 stmt2 ...)))))) (let ((if #t)) (given-that if (set! if 'now)) if)) ;=> now
(let ((x 'outer)) (let-syntax ((m (syntax-rules () ((m) x)))) (let ((x 'inner)) (m)))) ;=> outer
(let-syntax () 5) ;=> 5
(let-syntax ((a (syntax-rules () ((_) 1))) (b (syntax-rules () ((_) 2)))) (list (a) (b))) ;=> (1 2)
(let ((f (lambda () 'outer))) (let-syntax ((f (syntax-rules () ((_) 'macro))) (g (syntax-rules () ((_) (f))))) (g))) ;=> outer
(letrec-syntax ((my-or (syntax-rules () ((_) #f) ((_ e) e) ((_ e1 e2 ...) (let ((temp e1)) (if temp temp (my-or e2 ...))))))) (let ((x #f) (y 7) (temp 8) (let odd?) (if even?)) (my-or x (let temp) (if y) y))) ;=> 7
(letrec-syntax ((ev? (syntax-rules () ((_) #t) ((_ x . more) (od? . more)))) (od? (syntax-rules () ((_) #f) ((_ x . more) (ev? . more))))) (list (ev? a b c d) (ev? a b c))) ;=> (#t #f)
(let-syntax ((m (syntax-rules () ((_) 1)))) (define x (m)) (+ x 1)) ;=> 2
(letrec-syntax () (define x 3) x) ;=> 3
(let ((=> #f)) (cond (#t => 'ok))) ;=> ok

; Hygiene.
(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other)) ;=> (2 1)
(let ((set! 1) (let 2)) (list set! let)) ;=> (1 2)
(define-syntax my-if (syntax-rules () ((_ c t e) (cond (c t) (else e)))))
(let ((if list) (cond vector)) (my-if #t 1 2)) ;=> 1
(let ((else #f)) (my-if #f 1 2)) ;=> 2
(define-syntax inc! (syntax-rules () ((_ x) (set! x (+ x 1))) ((_ x n) (set! x (+ x n)))))
(let ((+ -) (x 5)) (inc! x) x) ;=> 6
(let ((x 5)) (inc! x 10) x) ;=> 15
(define-syntax fresh (syntax-rules () ((_ name body) (let ((name 1) (hidden 2)) body))))
(let ((hidden 'mine)) (fresh x (list x hidden))) ;=> (1 mine)
(define-syntax my-let (syntax-rules () ((_ ((n v) ...) . body) ((lambda (n ...) . body) v ...))))
(my-let ((a 1) (b 2)) (+ a b)) ;=> 3
(let ((lambda list)) (my-let ((a 1)) a)) ;=> 1
(define-syntax shadow (syntax-rules () ((_ x) (let ((x 'shadowed)) x))))
(let ((y 1)) (list (shadow y) y)) ;=> (shadowed 1)
(define-syntax loop-until (syntax-rules () ((_ var init test step) (let loop ((var init)) (if test var (loop step))))))
(let ((loop 100)) (loop-until i 0 (> i loop) (+ i 40))) ;=> 120
(define-syntax capture (syntax-rules () ((_ e) (let ((x 'macro)) e))))
(let ((x 'user)) (capture x)) ;=> user
(define global-value 'global)
(define-syntax get-global (syntax-rules () ((_) global-value)))
(let ((global-value 'local)) (get-global)) ;=> global

; Definitions.
(define-syntax def (syntax-rules () ((_ n v) (define n v))))
(def defined-by-macro 5)
defined-by-macro ;=> 5
(let () (def x 1) (def y (+ x 1)) (list x y)) ;=> (1 2)
(define-syntax def2 (syntax-rules () ((_ a b v) (begin (define a v) (define b v)))))
(def2 one-name other-name 7)
(list one-name other-name) ;=> (7 7)
(define-syntax def-hidden (syntax-rules () ((_ get v) (begin (define secret v) (define (get) secret)))))
(def-hidden get-1 1)
(def-hidden get-2 2)
(list (get-1) (get-2)) ;=> (1 2)
(let () (def-hidden a 1) (def-hidden b 2) (list (a) (b))) ;=> (1 2)
(let () (define-syntax local (syntax-rules () ((_ x) (* x 2)))) (define y (local 4)) y) ;=> 8
(let ((x 1)) (define-syntax foo (syntax-rules () ((_) x))) (define x 2) (foo)) ;=> 2

; A macro that makes macros.
(define-syntax be-like-begin (syntax-rules () ((_ name) (define-syntax name (syntax-rules () ((_ expr (... ...)) (begin expr (... ...))))))))
(be-like-begin sequence)
(sequence 1 2 3 4) ;=> 4
(define-syntax make-adder (syntax-rules () ((_ name n) (define-syntax name (syntax-rules () ((_ x) (+ x n)))))))
(make-adder add-five 5)
(add-five 10) ;=> 15
(define-syntax make-list-macro (syntax-rules () ((_ name first) (define-syntax name (syntax-rules () ((_ rest (... ...)) (list first rest (... ...))))))))
(let () (make-list-macro m 'head) (m 1 2)) ;=> (head 1 2)
(define-syntax define-alias (syntax-rules () ((_ new old) (define-syntax new (syntax-rules () ((_ . args) (old . args)))))))
(define-alias my-plus +)
(my-plus 1 2 3) ;=> 6
(let ((x 1)) (define-syntax outer (syntax-rules () ((_ y) (let-syntax ((inner (syntax-rules () ((_) (list x y))))) (let ((x 'wrong)) (inner)))))) (outer 2)) ;=> (1 2)

; Forward references.
(define-syntax uses-later (syntax-rules () ((_ x) (later-macro x))))
(define-syntax later-macro (syntax-rules () ((_ x) (list 'later x))))
(uses-later 1) ;=> (later 1)
(define-syntax calls-later (syntax-rules () ((_ x) (later-procedure x))))
(define (later-procedure x) (list 'called x))
(calls-later 2) ;=> (called 2)
(let () (define (f) (g)) (define-syntax g (syntax-rules () ((_) 'macro-g))) (f)) ;=> macro-g

; Patterns: ellipsis.
(define-syntax all (syntax-rules () ((_ x ...) '(x ...))))
(list (all) (all 1) (all 1 2 3)) ;=> (() (1) (1 2 3))
(define-syntax pairs (syntax-rules () ((_ (a b) ...) '((b a) ...))))
(list (pairs) (pairs (1 2)) (pairs (1 2) (3 4))) ;=> (() ((2 1)) ((2 1) (4 3)))
(define-syntax firsts (syntax-rules () ((_ (a . b) ...) '((a ...) (b ...)))))
(firsts (1 2 3) (4) (5 . 6)) ;=> ((1 4 5) ((2 3) () 6))
(define-syntax nested (syntax-rules () ((_ (x y ...) ...) '((x ...) (y ... ...)))))
(nested (a 1 2) (b) (c 3)) ;=> ((a b c) (1 2 3))
(define-syntax deep (syntax-rules () ((_ ((x ...) ...) ...) '(x ... ... ...))))
(deep ((1 2) (3)) () ((4) () (5 6))) ;=> (1 2 3 4 5 6)
(define-syntax deep2 (syntax-rules () ((_ ((x ...) ...) ...) '(((x ...) ...) ...))))
(deep2 ((1 2) (3)) () ((4))) ;=> (((1 2) (3)) () ((4)))
(define-syntax tail-1 (syntax-rules () ((_ x ... last) '(last x ...))))
(list (tail-1 1) (tail-1 1 2) (tail-1 1 2 3)) ;=> ((1) (2 1) (3 1 2))
(define-syntax tail-2 (syntax-rules () ((_ a x ... y z) '(a (x ...) y z))))
(list (tail-2 1 2 3) (tail-2 1 2 3 4 5)) ;=> ((1 () 2 3) (1 (2 3) 4 5))
(define-syntax dotted (syntax-rules () ((_ x ... . r) '((x ...) r))))
(list (dotted) (dotted 1 2) (dotted 1 . 2)) ;=> ((() ()) ((1 2) ()) ((1) 2))
(define-syntax tail-dotted (syntax-rules () ((_ x ... y . r) '((x ...) y r))))
(list (tail-dotted 1) (tail-dotted 1 2) (tail-dotted 1 2 . 3)) ;=> ((() 1 ()) ((1) 2 ()) ((1) 2 3))
(define-syntax tail-in-list (syntax-rules () ((_ (a ... b) ...) '((b ...) ((a ...) ...)))))
(tail-in-list (1 2 3) (4)) ;=> ((3 4) ((1 2) ()))
(define-syntax vec (syntax-rules () ((_ #(a b ...)) '(a (b ...)))))
(list (vec #(1)) (vec #(1 2 3))) ;=> ((1 ()) (1 (2 3)))
(define-syntax vec-tail (syntax-rules () ((_ #(a ... b)) '(b a ...))))
(vec-tail #(1 2 3)) ;=> (3 1 2)
(define-syntax to-vec (syntax-rules () ((_ a ...) #(a ...))))
(to-vec 1 2 3) ;=> #(1 2 3)
(define-syntax vec-of-lists (syntax-rules () ((_ #((a b) ...)) '#(a ... b ...))))
(vec-of-lists #((1 2) (3 4))) ;=> #(1 3 2 4)
(define-syntax distribute (syntax-rules () ((_ x (y ...)) '((x y) ...))))
(distribute a (1 2)) ;=> ((a 1) (a 2))
(define-syntax cross (syntax-rules () ((_ (x ...) (y ...)) '((x (y ...)) ...))))
(cross (1 2) (a b)) ;=> ((1 (a b)) (2 (a b)))
(define-syntax in-between (syntax-rules () ((_ x ...) '(begin x ... end))))
(in-between 1 2) ;=> (begin 1 2 end)

; Own ellipsis, escaped ellipsis.
(define-syntax my-ellipsis (syntax-rules ::: () ((_ a :::) '(a ::: ...))))
(my-ellipsis 1 2) ;=> (1 2 ...)
(define-syntax own (syntax-rules dots () ((_ (a b dots) dots) '((b dots) dots))))
(own (1 2 3) (4)) ;=> ((2 3) ())
(define-syntax escape (syntax-rules () ((_ x) '(x (... ...)))))
(escape 1) ;=> (1 ...)
(define-syntax escape-list (syntax-rules () ((_ x) '(... (x ...)))))
(escape-list 1) ;=> (1 ...)
(define-syntax escape-each (syntax-rules () ((_ x ...) '((x (... ...)) ...))))
(escape-each 1 2) ;=> ((1 ...) (2 ...))
(define-syntax literal-dots (syntax-rules (...) ((_ ...) 'dots) ((_ x) 'other)))
(list (literal-dots ...) (literal-dots 5)) ;=> (dots other)
(let ((... 2)) (define-syntax s (syntax-rules () ((_ x ...) 'bad) ((_ . r) 'ok))) (s a b c)) ;=> ok

; Underscore.
(define-syntax under (syntax-rules () ((_ _ x _) 'x)))
(under 1 2 3) ;=> 2
(define-syntax count-to-3 (syntax-rules () ((_) 0) ((_ _) 1) ((_ _ _) 2) ((_ _ _ _) 3) ((_ . _) 'many)))
(list (count-to-3) (count-to-3 a) (count-to-3 a b) (count-to-3 a b c) (count-to-3 a b c d)) ;=> (0 1 2 3 many)
(define-syntax under-ellipsis (syntax-rules () ((_ _ ...) 'any)))
(list (under-ellipsis) (under-ellipsis 1 2)) ;=> (any any)
(define-syntax literal-under (syntax-rules (_) ((x _) 'underscore) ((x y) 'other)))
(list (literal-under _) (literal-under 5)) ;=> (underscore other)

; Literals match by binding.
(define-syntax arrow (syntax-rules (=>) ((_ a => b) '(a to b)) ((_ a b c) '(a b c))))
(list (arrow 1 => 2) (let ((=> 0)) (arrow 1 => 2))) ;=> ((1 to 2) (1 => 2))
(define-syntax my-cond (syntax-rules (else) ((_) #f) ((_ (else e)) e) ((_ (c e) . more) (if c e (my-cond . more)))))
(my-cond (#f 1) (else 2)) ;=> 2
(let ((else #f)) (my-cond (#f 1) (else 2) (#t 3))) ;=> 3
(define-syntax is-if (syntax-rules (if) ((_ if) 'keyword) ((_ other) 'other)))
(list (is-if if) (let ((if 1)) (is-if if)) (is-if when)) ;=> (keyword if when)
(define-syntax unbound-literal (syntax-rules (unbound-word) ((_ unbound-word) 'literal) ((_ x) 'variable)))
(list (unbound-literal unbound-word) (unbound-literal other-word)) ;=> (literal variable)
(let ((unbound-word 1)) (unbound-literal unbound-word)) ;=> variable
(define-syntax local-literal (syntax-rules () ((_ x) (let ((here 1)) (let-syntax ((m (syntax-rules (here) ((_ here) 'same) ((_ y) 'different)))) (list (m here) (m x)))))))
(let ((here 2)) (local-literal here)) ;=> (same different)

; Constants in patterns.
(define-syntax constants (syntax-rules () ((_ 1) 'one) ((_ "two") 'two) ((_ #\3) 'three) ((_ #t) 'true) ((_ ()) 'null) ((_ #(1 2)) 'vector) ((_ x) 'other)))
(list (constants 1) (constants "two") (constants #\3) (constants #t) (constants ()) (constants #(1 2)) (constants 1.0) (constants #f)) ;=> (one two three true null vector other other)
(define-syntax first-of-rules (syntax-rules () ((_ x) 'first) ((_ x) 'second)))
(first-of-rules 1) ;=> first
(define-syntax by-shape (syntax-rules () ((_ (a)) 'list-1) ((_ (a b)) 'list-2) ((_ (a . b)) 'pair) ((_ a) 'atom)))
(list (by-shape (1)) (by-shape (1 2)) (by-shape (1 2 3)) (by-shape (1 . 2)) (by-shape 1) (by-shape ())) ;=> (list-1 list-2 pair pair atom atom)

; Templates.
(define-syntax quoted (syntax-rules () ((_ x) '(x tmp "s" #(x) #u8(1)))))
(quoted z) ;=> (z tmp "s" #(z) #u8(1))
(define-syntax quasi (syntax-rules () ((_ x) `(x ,x ,@x))))
(let ((y '(1 2))) (quasi y)) ;=> (y (1 2) 1 2)
(define-syntax improper (syntax-rules () ((_ a b) '(a . b))))
(improper 1 2) ;=> (1 . 2)
(define-syntax splice (syntax-rules () ((_ a ...) (list 0 a ... 9))))
(splice 1 2) ;=> (0 1 2 9)
(define-syntax twice (syntax-rules () ((_ e) (begin e e))))
(let ((n 0)) (twice (set! n (+ n 1))) n) ;=> 2
(define-syntax ignore (syntax-rules () ((_ . anything) 'ignored)))
(list (ignore) (ignore 1 2) (ignore . 3)) ;=> (ignored ignored ignored)
(define-syntax apply-it (syntax-rules () ((_ f arg ...) (f arg ...))))
(apply-it + 1 2) ;=> 3
(apply-it if #f 1 2) ;=> 2
(define-syntax while (syntax-rules () ((_ test body ...) (let loop () (when test body ... (loop))))))
(let ((i 0) (sum 0)) (while (< i 5) (set! sum (+ sum i)) (set! i (+ i 1))) sum) ;=> 10
(define-syntax for (syntax-rules (in from to) ((_ x in l body ...) (for-each (lambda (x) body ...) l)) ((_ x from a to b body ...) (do ((x a (+ x 1))) ((> x b)) body ...))))
(let ((sum 0)) (for x in '(1 2 3) (set! sum (+ sum x))) (for x from 1 to 3 (set! sum (+ sum x))) sum) ;=> 12
(define-syntax my-list-of (syntax-rules () ((_ e (x l)) (map (lambda (x) e) l))))
(my-list-of (* x x) (x '(1 2 3))) ;=> (1 4 9)
(define-syntax reverse-args (syntax-rules () ((_ f) (f)) ((_ f a ... b) (reverse-args-2 f (b) a ...))))
(define-syntax reverse-args-2 (syntax-rules () ((_ f (b ...)) (f b ...)) ((_ f (b ...) a ... c) (reverse-args-2 f (b ... c) a ...))))
(reverse-args list 1 2 3 4) ;=> (4 3 2 1)
(define-syntax my-and (syntax-rules () ((_) #t) ((_ e) e) ((_ e . more) (if e (my-and . more) #f))))
(list (my-and) (my-and 1) (my-and 1 2 3) (my-and 1 #f 3)) ;=> (#t 1 3 #f)

; Errors of use.
(define (refused? form) (guard (e (#t #t)) (eval form (interaction-environment)) #f))
(define-syntax needs-two (syntax-rules () ((_ a b) (list a b))))
(refused? '(needs-two 1)) ;=> #t
(refused? '(needs-two 1 2 3)) ;=> #t
(refused? '(needs-two . 1)) ;=> #t
(refused? '(needs-two 1 2)) ;=> #f
(define-syntax checked (syntax-rules () ((_ (a b)) (list a b)) ((_ other) (syntax-error "checked wants a list of two" other))))
(checked (1 2)) ;=> (1 2)
(refused? '(checked 5)) ;=> #t
(guard (e (#t (error-object? e))) (eval '(syntax-error "no" 1 2) (interaction-environment))) ;=> #t
(refused? '(syntax-rules ())) ;=> #t
(refused? '(let-syntax ((m 5)) 1)) ;=> #t
(refused? '(let-syntax ((m (syntax-rules () ((_ x x) 1)))) (m 1 2))) ;=> #t
(refused? '(let-syntax ((m (syntax-rules () ((_ x ...) x)))) (m 1 2))) ;=> #t
(refused? '(let-syntax ((m (syntax-rules () ((_ x) '(x ...))))) (m 1))) ;=> #t
(refused? '(define-syntax)) ;=> #t
(refused? '(if)) ;=> #t
(refused? '(let ((x)) x)) ;=> #t
(refused? '(lambda)) ;=> #t
(refused? '(let ((x 1) (x 2)) x)) ;=> #t
(refused? '(lambda (x x) x)) ;=> #t
(refused? '(quote)) ;=> #t
(refused? '(quote 1 2)) ;=> #t
(refused? '()) ;=> #t
(refused? '(1 . 2)) ;=> #t
(refused? '(set! 5 1)) ;=> #t
(refused? '(let () (define x 1))) ;=> #t
(refused? '(else)) ;=> #t
(refused? '(=> 1)) ;=> #t
(refused? 'if) ;=> #t
