; R7RS 4.2: derived expression types.
; cond.
(cond ((> 3 2) 'greater) ((< 3 2) 'less)) ;=> greater
(cond ((> 3 3) 'greater) ((< 3 3) 'less) (else 'equal)) ;=> equal
(cond ((assv 'b '((a 1) (b 2))) => cadr) (else #f)) ;=> 2
(cond ((assv 'c '((a 1) (b 2))) => cadr) (else 'none)) ;=> none
(cond (5)) ;=> 5
(cond (#f) (6)) ;=> 6
(cond (#f 1) (else 2)) ;=> 2
(cond (#t 1 2 3)) ;=> 3
(cond (else 1 2 3)) ;=> 3
(cond ((+ 1 1))) ;=> 2
(cond ((memv 2 '(1 2 3)) => cdr)) ;=> (3)
(cond (1 => (lambda (x) (+ x 1)))) ;=> 2
(let ((n 0)) (cond ((begin (set! n (+ n 1)) n) => (lambda (x) (list x n))))) ;=> (1 1)
(cond ((values 1) => -)) ;=> -1
(cond (#f 'no) ('yes)) ;=> yes
(let ((=> #f)) (cond (#t => 'ok))) ;=> ok
(let ((else #f)) (cond (else 'no) (#t 'yes))) ;=> yes

; case.
(case (* 2 3) ((2 3 5 7) 'prime) ((1 4 6 8 9) 'composite)) ;=> composite
(case (car '(c d)) ((a e i o u) 'vowel) ((w y) 'semivowel) (else => (lambda (x) x))) ;=> c
(case 5 ((1) 'one) (else 'many)) ;=> many
(case 1 ((1) => (lambda (x) (list 'got x))) (else 2)) ;=> (got 1)
(case #\a ((#\a #\b) 'letter) (else 'other)) ;=> letter
(case #t ((#f) 'false) ((#t) 'true)) ;=> true
(case '() ((()) 'empty) (else 'other)) ;=> empty
(case 1.5 ((1.5) 'same) (else 'other)) ;=> same
(case 1 ((1.0) 'inexact) ((1) 'exact)) ;=> exact
(case 100000000000000000000 ((100000000000000000000) 'big) (else 'other)) ;=> big
(case (string #\a) (("a") 'same) (else 'other)) ;=> other
(case 'x ((x) 1 2 3)) ;=> 3
(case 'x ((x) "one" 'two) ((y) 3)) ;=> two
(let ((n 0)) (case (begin (set! n (+ n 1)) n) ((1) 'a) ((2) 'b)) n) ;=> 1
(case 'else ((else) 'symbol) (else 'keyword)) ;=> symbol
(case 3 ((1) 'a) ((2) 'b) (else 'c 'd)) ;=> d
(case 'b ((a b c) 'abc) ((b) 'never)) ;=> abc
(let ((=> 5)) (case 1 ((1) => 'last))) ;=> last
(case -0.0 ((0.0) 'plus) ((-0.0) 'minus)) ;=> minus

; and, or.
(and (= 2 2) (> 2 1)) ;=> #t
(and (= 2 2) (< 2 1)) ;=> #f
(and 1 2 'c '(f g)) ;=> (f g)
(and) ;=> #t
(and 1) ;=> 1
(and #f (car '())) ;=> #f
(and 1 #f 2) ;=> #f
(or (= 2 2) (> 2 1)) ;=> #t
(or (= 2 2) (< 2 1)) ;=> #t
(or #f #f #f) ;=> #f
(or (memq 'b '(a b c)) (/ 3 0)) ;=> (b c)
(or) ;=> #f
(or #f 2) ;=> 2
(or 1 (car '())) ;=> 1
(let ((n 0)) (or (begin (set! n (+ n 1)) n) 5) n) ;=> 1
(let ((t 5)) (or #f t)) ;=> 5
(let ((if list) (x #f)) (or x 7)) ;=> 7

; when, unless.
(when (> 1 0) 'a 'b) ;=> b
(unless (< 1 0) 'a 'b) ;=> b
(let ((n 0)) (when #f (set! n 1)) n) ;=> 0
(let ((n 0)) (unless #f (set! n 1) (set! n (+ n 1))) n) ;=> 2
(when 1 2) ;=> 2

; cond-expand.
(cond-expand (r7rs 'yes) (else 'no)) ;=> yes
(cond-expand (no-such-feature 'yes) (else 'no)) ;=> no
(cond-expand ((and r7rs full-unicode) 'both) (else 'no)) ;=> both
(cond-expand ((or no-such-feature r7rs) 'one) (else 'no)) ;=> one
(cond-expand ((not no-such-feature) 'not) (else 'no)) ;=> not
(cond-expand ((library (scheme base)) 'there) (else 'no)) ;=> there
(cond-expand ((library (no such library)) 'there) (else 'no)) ;=> no
(cond-expand ((and) 'all) (else 'no)) ;=> all
(cond-expand ((or) 'any) (else 'none)) ;=> none
(cond-expand ((and r7rs (not (library (no such)))) 1 2) (else 3)) ;=> 2
(cond-expand (else 1)) ;=> 1
(cond-expand (r7rs (define expanded 5)) (else (define expanded 6)))
expanded ;=> 5
(let () (cond-expand (r7rs (define inner 7))) inner) ;=> 7
(cond-expand (exact-closed 'closed) (else 'open)) ;=> closed

; let and its kin.
(let ((x 2) (y 3)) (* x y)) ;=> 6
(let ((x 2) (y 3)) (let ((x 7) (z (+ x y))) (* z x))) ;=> 35
(let () 5) ;=> 5
(let ((x 1)) (define y 2) (+ x y)) ;=> 3
(let ((x 1) (y 2)) (let ((x y) (y x)) (list x y))) ;=> (2 1)
(let* ((x 2) (y 3)) (let* ((x 7) (z (+ x y))) (* z x))) ;=> 70
(let* () 5) ;=> 5
(let* ((x 1) (x (+ x 1)) (x (* x 10))) x) ;=> 20
(let* ((x 1)) (define x 2) x) ;=> 2
(letrec ((even? (lambda (n) (if (zero? n) #t (odd? (- n 1))))) (odd? (lambda (n) (if (zero? n) #f (even? (- n 1)))))) (even? 88)) ;=> #t
(letrec () 1) ;=> 1
(letrec ((f (lambda () g)) (g 5)) (f)) ;=> 5
(letrec* ((p (lambda (x) (+ 1 (q (- x 1))))) (q (lambda (y) (if (zero? y) 0 (+ 1 (p (- y 1)))))) (x (p 5)) (y x)) y) ;=> 5
(letrec* ((a 1) (b (+ a 1)) (c (+ b 1))) (list a b c)) ;=> (1 2 3)
(letrec* () 1) ;=> 1
(guard (e (#t 'early)) (letrec ((a b) (b 1)) a)) ;=> early
(guard (e (#t 'early)) (letrec* ((a b) (b 1)) a)) ;=> early
(let-values (((root rem) (exact-integer-sqrt 32))) (* root rem)) ;=> 35
(let-values (((a b) (values 1 2)) ((c) (values 3))) (list a b c)) ;=> (1 2 3)
(let-values (((a . b) (values 1 2 3)) (c (values 4 5))) (list a b c)) ;=> (1 (2 3) (4 5))
(let-values () 1) ;=> 1
(let-values ((() (values))) 1) ;=> 1
(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let*-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y))) ;=> (x y x y)
(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y))) ;=> (x y a b)
(let*-values () 1) ;=> 1
(let*-values (((a) (values 1)) ((b) (values (+ a 1)))) (define c 3) (list a b c)) ;=> (1 2 3)
(guard (e (#t 'count)) (let-values (((a b) (values 1))) a)) ;=> count

; begin.
(define x 0)
(and (= x 0) (begin (set! x 5) (+ x 1))) ;=> 6
(begin 1 2 3) ;=> 3
(begin (define begun 1) (define begun-too 2))
(+ begun begun-too) ;=> 3
(begin)
(let () (begin (define a 1)) (begin) (begin (define b 2)) (+ a b)) ;=> 3
(let () (begin (begin (define deep 1))) deep) ;=> 1

; do and named let.
(do ((vec (make-vector 5)) (i 0 (+ i 1))) ((= i 5) vec) (vector-set! vec i i)) ;=> #(0 1 2 3 4)
(let ((x '(1 3 5 7 9))) (do ((x x (cdr x)) (sum 0 (+ sum (car x)))) ((null? x) sum))) ;=> 25
(do ((i 0 (+ i 1))) ((= i 3) 'a 'b 'c)) ;=> c
(do ((i 0 (+ i 1)) (j 10)) ((= i 3) j)) ;=> 10
(let ((n 0)) (do ((i 0 (+ i 1))) ((= i 4)) (set! n (+ n i))) n) ;=> 6
(do ((a 1 b) (b 2 a) (i 0 (+ i 1))) ((= i 1) (list a b))) ;=> (2 1)
(let ((thunks (do ((i 0 (+ i 1)) (all '() (cons (lambda () i) all))) ((= i 3) all)))) (map (lambda (t) (t)) thunks)) ;=> (2 1 0)
(do () (#t 'at-once)) ;=> at-once
(let loop ((numbers '(3 -2 1 6 -5)) (nonneg '()) (neg '())) (cond ((null? numbers) (list nonneg neg)) ((>= (car numbers) 0) (loop (cdr numbers) (cons (car numbers) nonneg) neg)) ((< (car numbers) 0) (loop (cdr numbers) nonneg (cons (car numbers) neg))))) ;=> ((6 1 3) (-5 -2))
(let loop ((i 0)) (if (< i 10) (loop (+ i 1)) i)) ;=> 10
(let loop () 5) ;=> 5
(let f ((f 1)) f) ;=> 1
(let loop ((i 0) (acc '())) (if (= i 3) (reverse acc) (loop (+ i 1) (cons i acc)))) ;=> (0 1 2)
(let loop ((i 3)) (define j (* i 2)) (if (= i 0) j (loop (- i 1)))) ;=> 0
(let fact ((n 5)) (if (= n 0) 1 (* n (fact (- n 1))))) ;=> 120
(let ((x 5)) (let x ((y x)) (if (number? y) (procedure? x) y))) ;=> #t
(let loop ((i 0)) (if (< i 100000) (loop (+ i 1)) 'constant-space)) ;=> constant-space

; Delayed evaluation.
(force (delay (+ 1 2))) ;=> 3
(let ((p (delay (+ 1 2)))) (list (force p) (force p))) ;=> (3 3)
(define integers (letrec ((next (lambda (n) (delay (cons n (next (+ n 1))))))) (next 0)))
(define head (lambda (stream) (car (force stream))))
(define tail (lambda (stream) (cdr (force stream))))
(head (tail (tail integers))) ;=> 2
(define (stream-filter p? s) (delay-force (if (null? (force s)) (delay '()) (let ((h (car (force s))) (t (cdr (force s)))) (if (p? h) (delay (cons h (stream-filter p? t))) (stream-filter p? t))))))
(head (tail (tail (stream-filter odd? integers)))) ;=> 5
(define count 0)
(define p (delay (begin (set! count (+ count 1)) (if (> count x) count (force p)))))
(define x 5)
(promise? p) ;=> #t
(force p) ;=> 6
(promise? p) ;=> #t
(begin (set! x 10) (force p)) ;=> 6
(define (loop-down n) (if (= n 0) (delay 'bottom) (delay-force (loop-down (- n 1)))))
(force (loop-down 10000)) ;=> bottom
(force (loop-down 1000000)) ;=> bottom
(force 5) ;=> 5
(force (make-promise 5)) ;=> 5
(promise? (make-promise 5)) ;=> #t
(promise? (delay 1)) ;=> #t
(promise? 5) ;=> #f
(let ((p (delay 1))) (eq? p (make-promise p))) ;=> #t
(force (make-promise (delay 1))) ;=> 1
(force (delay-force (delay (+ 2 3)))) ;=> 5
(force (delay-force (make-promise 7))) ;=> 7
(let ((n 0)) (let ((p (delay (begin (set! n (+ n 1)) n)))) (force p) (force p) (list n (force p)))) ;=> (1 1)
(let ((n 0)) (let ((p (delay-force (begin (set! n (+ n 1)) (delay n))))) (force p) (force p) n)) ;=> 1
; Of two evaluations of one promise the first that ends gives the value.
(define q (let ((first? #t)) (delay (if first? (begin (set! first? #f) (force q)) 'second))))
(force q) ;=> second
(define r (delay (begin (set! count (+ count 1)) (if (< count 10) (force r) count))))
(begin (set! count 0) (let ((value (force r))) (list value count))) ;=> (10 10)
(define get-count #f)
(define s (let ((c 5)) (set! get-count (lambda () c)) (delay (if (<= c 0) c (begin (set! c (- c 1)) (force s) (set! c (+ c 2)) c)))))
(get-count) ;=> 5
(force s) ;=> 0
(get-count) ;=> 10
(force (delay (force (delay 'nested)))) ;=> nested
(call-with-values (lambda () (force (delay (values 1)))) list) ;=> (1)
(let* ((n 0) (p (delay (begin (set! n (+ n 1)) (if (= n 1) (raise 'first)) n)))) (guard (e (#t e)) (force p)) (force p)) ;=> 2

; Parameters.
(define radix (make-parameter 10 (lambda (x) (if (and (exact-integer? x) (<= 2 x 16)) x (error "invalid radix")))))
(define (in-radix n) (number->string n (radix)))
(in-radix 12) ;=> "12"
(parameterize ((radix 2)) (in-radix 12)) ;=> "1100"
(in-radix 12) ;=> "12"
(guard (e ((error-object? e) (error-object-message e))) (parameterize ((radix 0)) (in-radix 12))) ;=> "invalid radix"
((make-parameter 1)) ;=> 1
((make-parameter 1 (lambda (x) (list x)))) ;=> (1)
(let ((p (make-parameter 1))) (parameterize ((p 2)) (p))) ;=> 2
(let ((p (make-parameter 1))) (parameterize ((p 2)) (parameterize ((p 3)) (p)) (p))) ;=> 2
(let ((p (make-parameter 1)) (q (make-parameter 2))) (parameterize ((p (q)) (q (p))) (list (p) (q)))) ;=> (2 1)
(let ((p (make-parameter 1))) (parameterize ((p 2) ) (define x (p)) x)) ;=> 2
(parameterize () 5) ;=> 5
(let* ((calls 0) (p (make-parameter 1 (lambda (x) (set! calls (+ calls 1)) x)))) (parameterize ((p 2)) (p) (p) calls)) ;=> 2
(let* ((calls 0) (p (make-parameter 1 (lambda (x) (set! calls (+ calls 1)) x)))) (p) (p) calls) ;=> 1
(let ((p (make-parameter 10 (lambda (x) (* x 2))))) (list (p) (parameterize ((p 5)) (p)) (p))) ;=> (20 10 20)
(let ((p (make-parameter 1))) (let ((get (parameterize ((p 2)) (lambda () (p))))) (get))) ;=> 1
; The converter is not called again when a body is left and entered again.
(let* ((k #f) (calls 0) (seen '()) (p (make-parameter 0 (lambda (x) (set! calls (+ calls 1)) x)))) (parameterize ((p 1)) (call/cc (lambda (c) (set! k c))) (set! seen (cons (p) seen))) (if (< (length seen) 3) (k #f)) (list calls seen (p))) ;=> (2 (1 1 1) 0)
(let* ((p (make-parameter 'outside)) (seen '())) (call/cc (lambda (leave) (parameterize ((p 'inside)) (leave (set! seen (cons (p) seen)))))) (cons (p) seen)) ;=> (outside inside)
; Converters run before any of the parameters is bound.
(let* ((p (make-parameter 1)) (q (make-parameter 0 (lambda (x) (list x (p)))))) (parameterize ((p 5) (q 7)) (q))) ;=> (7 1)

; guard is in 6.11. case-lambda.
(define range (case-lambda ((e) (range 0 e)) ((b e) (do ((r '() (cons e r)) (e (- e 1) (- e 1))) ((< e b) r)))))
(range 3) ;=> (0 1 2)
(range 3 5) ;=> (3 4)
(define plus (case-lambda (() 0) ((x) x) ((x y) (+ x y)) ((x y . more) (apply plus (+ x y) more))))
(list (plus) (plus 1) (plus 1 2) (plus 1 2 3 4)) ;=> (0 1 3 10)
((case-lambda ((a b) 'two) (rest (length rest))) 1 2 3) ;=> 3
((case-lambda ((a b) 'two) (rest (length rest))) 1 2) ;=> two
((case-lambda (rest 'first) ((a) 'second)) 1) ;=> first
((case-lambda ((a . b) (list a b))) 1 2 3) ;=> (1 (2 3))
((case-lambda ((a) (define b 2) (+ a b))) 1) ;=> 3
(procedure? (case-lambda)) ;=> #t
(guard (e (#t 'no-clause)) ((case-lambda ((a) a)) 1 2)) ;=> no-clause
(guard (e (#t 'no-clause)) ((case-lambda))) ;=> no-clause
(let ((f (case-lambda ((x) (set! x (+ x 1)) x)))) (f 1)) ;=> 2

; Quasiquotation.
`(list ,(+ 1 2) 4) ;=> (list 3 4)
(let ((name 'a)) `(list ,name ',name)) ;=> (list a 'a)
`(a ,(+ 1 2) ,@(map abs '(4 -5 6)) b) ;=> (a 3 4 5 6 b)
`((foo ,(- 10 3)) ,@(cdr '(c)) . ,(car '(cons))) ;=> ((foo 7) . cons)
`#(10 5 ,(square 2) ,@(map square '(4 3)) 8) ;=> #(10 5 4 16 9 8)
(let ((foo '(foo bar)) (@baz 'baz)) `(list ,@foo , @baz)) ;=> (list foo bar baz)
`(a `(b ,(foo ,(+ 1 3) d) e) f) ;=> (a `(b ,(foo 4 d) e) f)
(let ((name1 'x) (name2 'y)) `(a `(b ,,name1 ,',name2 d) e)) ;=> (a `(b ,x ,'y d) e)
(let ((a 3)) `((1 2) ,a ,4 ,'five 6)) ;=> ((1 2) 3 4 five 6)
(let ((a 3)) (equal? `((1 2) ,a ,4 ,'five 6) (list '(1 2) a 4 'five 6))) ;=> #t
(quasiquote (list (unquote (+ 1 2)) 4)) ;=> (list 3 4)
'(quasiquote (list (unquote (+ 1 2)) 4)) ;=> `(list ,(+ 1 2) 4)
`5 ;=> 5
`a ;=> a
`() ;=> ()
`#() ;=> #()
`,(+ 1 2) ;=> 3
`(,@'(1 2)) ;=> (1 2)
`(,@'() . a) ;=> a
`(1 . ,(+ 1 1)) ;=> (1 . 2)
`(1 ,@'(2) . 3) ;=> (1 2 . 3)
`(,@'(1 2) ,@'(3 4)) ;=> (1 2 3 4)
`(1 ,@(list 2 3)) ;=> (1 2 3)
`((,@'(1)) ,@'(2)) ;=> ((1) 2)
`#(,@'(1 2)) ;=> #(1 2)
`#(1 #(,(+ 1 1))) ;=> #(1 #(2))
`(1 . `(2 ,(3 ,(+ 2 2)))) ;=> (1 quasiquote (2 ,(3 4)))
`(a `(b ,(c ,(+ 1 2)))) ;=> (a `(b ,(c 3)))
`(a `(b ,(c ,@(list 1 2) d))) ;=> (a `(b ,(c 1 2 d)))
`(a ``(b ,,(c ,(+ 1 2)))) ;=> (a ``(b ,,(c 3)))
`(1 `(2 ,(3 ,(+ 2 2)))) ;=> (1 `(2 ,(3 4)))
`(x . ,'y) ;=> (x . y)
`(x unquote 'y) ;=> (x . y)
`"text" ;=> "text"
`#u8(1 2) ;=> #u8(1 2)
(let ((unquote list)) `(a ,b)) ;=> (a ,b)
(let ((x '(1 2))) (eq? (cdr `(0 ,@x)) x)) ;=> #t
