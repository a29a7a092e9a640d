; Macros: matching, templates, hygiene, and the derived forms that are macros.
(define-syntax swap!
  (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other)) ;=> (2 1)
(define-syntax my-or
  (syntax-rules () ((_) #f) ((_ e) e) ((_ e r ...) (let ((t e)) (if t t (my-or r ...))))))
(let ((t 5)) (my-or #f #f t)) ;=> 5
(let ((x 1) (y 2))
  (define-syntax my-or (syntax-rules () ((_ a b) (let ((x a)) (if x x b)))))
  (my-or #f x)) ;=> 1
(define-syntax my-if (syntax-rules () ((_ c a b) (cond (c a) (else b)))))
(let ((if list) (cond list) (else #f)) (my-if #f 1 2)) ;=> 2
(let ((=> #f)) (cond (#t => 'ok))) ;=> ok
(let ((else #f)) (cond (else 1) (#t 2))) ;=> 2
(define-syntax be-like-begin
  (syntax-rules () ((_ name) (define-syntax name (syntax-rules () ((_ expr (... ...)) (begin expr (... ...))))))))
(be-like-begin sequence)
(sequence 1 2 3 4) ;=> 4
(let ((x 'outer))
  (let-syntax ((m (syntax-rules () ((m) x))))
    (let ((x 'inner)) (m)))) ;=> outer
(let-syntax ((given-that (syntax-rules () ((_ test stmt1 stmt2 ...) (if test (begin stmt1 stmt2 ...))))))
  (let ((if #t)) (given-that if (set! if 'now)) if)) ;=> now
(letrec-syntax
    ((my-or (syntax-rules ()
              ((my-or) #f)
              ((my-or e) e)
              ((my-or e1 e2 ...) (let ((temp e1)) (if temp temp (my-or e2 ...)))))))
  (let ((x #f) (y 7) (temp 8) (let odd?) (if even?))
    (my-or x (let temp) (if y) y))) ;=> 7
(define-syntax jabberwocky
  (syntax-rules ()
    ((_ hatter)
     (begin
       (define march-hare 42)
       (define-syntax hatter (syntax-rules () ((_) march-hare)))))))
(jabberwocky mad-hatter)
(define march-hare 7)
(list (mad-hatter) march-hare) ;=> (42 7)
; A definition that a macro brings in is seen before it and not by the program.
(define count 100)
(define-syntax define-counter
  (syntax-rules () ((_ get next!) (begin (define (get) count) (define (next!) (set! count (+ count 1))) (define count 0)))))
(define-counter a a!)
(define-counter b b!)
(a!) (a!) (b!)
(list (a) (b) count) ;=> (2 1 100)
; A macro used where it was defined: what is passed in does not capture what the template binds.
(let ((x 'arg))
  (define-syntax id (syntax-rules () ((_ name) (lambda (x) (let ((name 'other)) x)))))
  ((id x) 'param)) ;=> param
(define-syntax id2 (syntax-rules () ((_ name) (lambda (x) (let ((name 'other)) x)))))
((id2 x) 'param) ;=> param
(let ()
  (define-syntax define-five (syntax-rules () ((_ name) (define name 5))))
  (define-five x)
  (+ x 1)) ;=> 6
(define-syntax define-five (syntax-rules () ((_ name) (define name 5))))
(define-five five)
(+ five 1) ;=> 6
; Definitions of a body come first, wherever macros bring them in.
(let ((f (lambda () 'outer)))
  (define-syntax def (syntax-rules () ((_ n v) (define (n) v))))
  (define (g) (f))
  (def f 'inner)
  (g)) ;=> inner
(let ()
  (define-syntax even-macro? (syntax-rules () ((_ n) (or (= n 0) (odd-later? (- n 1))))))
  (define (odd-later? n) (and (> n 0) (even-macro? (- n 1))))
  (even-macro? 10)) ;=> #t
; Patterns.
(define-syntax tail (syntax-rules () ((_ a ... z) '(z a ...))))
(list (tail 1) (tail 1 2) (tail 1 2 3)) ;=> ((1) (2 1) (3 1 2))
(define-syntax rest (syntax-rules () ((_ a b ... . c) '(a (b ...) c))))
(list (rest 1) (rest 1 2 3) (rest 1 2 . 3)) ;=> ((1 () ()) (1 (2 3) ()) (1 (2) 3))
(define-syntax vec (syntax-rules () ((_ #(a b ...)) '(a #(b ...)))))
(vec #(1 2 3)) ;=> (1 #(2 3))
(define-syntax nested (syntax-rules () ((_ (a b ...) ...) '((b ... a) ...))))
(nested (1 2 3) (4) (5 6)) ;=> ((2 3 1) (4) (6 5))
(define-syntax flat (syntax-rules () ((_ (a ...) ...) '(a ... ...))))
(flat (1 2) () (3)) ;=> (1 2 3)
(define-syntax each-with (syntax-rules () ((_ x y ...) '((x y) ...))))
(each-with 0 1 2 3) ;=> ((0 1) (0 2) (0 3))
(define-syntax product (syntax-rules () ((_ (x ...) (y ...)) '((x y ...) ...))))
(product (1 2) (a b)) ;=> ((1 a b) (2 a b))
(define-syntax literal (syntax-rules (=>) ((_ a => b) '(arrow a b)) ((_ a b c) '(plain a b c))))
(list (literal 1 => 2) (let ((=> 3)) (literal 1 => 2))) ;=> ((arrow 1 2) (plain 1 => 2))
(define-syntax constants (syntax-rules () ((_ 1) 'one) ((_ "two") 'two) ((_ #\3) 'three) ((_ #t) 'true) ((_ x) 'other)))
(list (constants 1) (constants "two") (constants #\3) (constants #t) (constants 1.0)) ;=> (one two three true other)
(define-syntax under (syntax-rules () ((_ _ x _) 'x)))
(under 1 2 3) ;=> 2
(define-syntax own-ellipsis (syntax-rules ::: () ((_ a :::) '(a ::: ...))))
(own-ellipsis 1 2) ;=> (1 2 ...)
(define-syntax no-ellipsis (syntax-rules (...) ((_ ...) 'dots) ((_ x) 'other)))
(list (no-ellipsis ...) (no-ellipsis 1)) ;=> (dots other)
(define-syntax ten (syntax-rules () ((_) 10)))
(let ((+ *)) (define-syntax plus (syntax-rules () ((_ a b) (+ a b)))) (plus 3 4)) ;=> 12
(define-syntax while
  (syntax-rules () ((_ test body ...) (let loop () (if test (begin body ... (loop)))))))
(let ((i 0) (loop 'mine)) (while (< i 5) (set! i (+ i 1))) (list i loop)) ;=> (5 mine)
(define-syntax for
  (syntax-rules (in) ((_ x in list body ...) (for-each (lambda (x) body ...) list))))
(let ((sum 0)) (for x in '(1 2 3) (set! sum (+ sum x))) sum) ;=> 6
(define-syntax quoted (syntax-rules () ((_ x) '(x tmp "s" #(x y)))))
(quoted z) ;=> (z tmp "s" #(z y))
(define-syntax quasi (syntax-rules () ((_ x) `(x ,x ,@(list x 2)))))
(let ((y 1)) (quasi y)) ;=> (y 1 1 2)
(define-syntax kw (syntax-rules () ((_) 'macro)))
(define kw-name 'variable)
(define-syntax alias kw)
(list (kw) (alias) kw-name) ;=> (macro macro variable)
(define-syntax once (syntax-rules () ((_) 1)))
(define (once) 2)
(once) ;=> 2
(define-syntax m1 (syntax-rules () ((_ x) (m2 x x))))
(define-syntax m2 (syntax-rules () ((_ a b) (let ((a 1)) (list a b)))))
(m1 q) ;=> (1 1)
(let loop ((i 0)) (define-syntax step (syntax-rules () ((_ e) (+ e 1)))) (if (< i 10) (loop (step i)) i)) ;=> 10
(let* ((x 1) (y (+ x 1)) (x (+ y 1))) (define-syntax gx (syntax-rules () ((_) x))) (let ((x 0)) (gx))) ;=> 3
(do ((i 0 (+ i 1)) (l '() (let-syntax ((g (syntax-rules () ((_) i)))) (cons (g) l)))) ((= i 3) l)) ;=> (2 1 0)
(case 3 ((1 2) 'low) ((3) => (lambda (x) (let-syntax ((g (syntax-rules () ((_) x)))) (* (g) 2)))) (else 'high)) ;=> 6
; Several values.
(let-values (((a b) (values 1 2)) ((c . d) (values 3 4 5)) (e (values 6 7))) (list a b c d e)) ;=> (1 2 3 (4 5) (6 7))
(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y))) ;=> (x y a b)
(let*-values (((a b) (values 1 2)) ((x y) (values b a))) (list a b x y)) ;=> (1 2 2 1)
(let*-values () (define z 1) z) ;=> 1
(let () (define-values (x y) (values 1 2)) (define-values (z . w) (values 3 4 5)) (define-values all (values 6 7)) (list x y z w all)) ;=> (1 2 3 (4 5) (6 7))
(define-values (p q . r) (values 1 2 3 4))
(define-values () (values))
(list p q r) ;=> (1 2 (3 4))
(receive (a . rest) (values 1 2 3) (list a rest)) ;=> (1 (2 3))
(let ((list vector) (cons #f)) (let-values (((a) (values 1))) a)) ;=> 1
; Parameters and case-lambda.
(define radix (make-parameter 10 (lambda (x) (if (and (exact-integer? x) (<= 2 x 16)) x (error "bad radix" x)))))
(define (f n) (number->string n (radix)))
(list (f 12) (parameterize ((radix 2)) (f 12)) (f 12)) ;=> ("12" "1100" "12")
(let ((p (make-parameter 1)) (q (make-parameter 2))) (parameterize ((p (q)) (q (p))) (list (p) (q)))) ;=> (2 1)
(parameterize () (define x 1) x) ;=> 1
(define range
  (case-lambda ((e) (range 0 e)) ((b e) (do ((r '() (cons e r)) (e (- e 1) (- e 1))) ((< e b) r)))))
(list (range 3) (range 3 5)) ;=> ((0 1 2) (3 4))
(define any (case-lambda ((a) 'one) ((a b . c) (list 'more c)) (all 'none)))
(list (any 1) (any 1 2) (any 1 2 3 4) (any)) ;=> (one (more ()) (more (3 4)) none)
(let ((list list) (lambda #f)) (define-syntax three (syntax-rules () ((_) (list 1 2 3)))) (three)) ;=> (1 2 3)
