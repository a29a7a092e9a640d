; R7RS 6.1: eqv?, eq? and equal?.
(eqv? 'a 'a) ;=> #t
(eqv? 'a 'b) ;=> #f
(eqv? 2 2) ;=> #t
(eqv? 2 2.0) ;=> #f
(eqv? '() '()) ;=> #t
(eqv? 100000000 100000000) ;=> #t
(eqv? 100000000000000000000 100000000000000000000) ;=> #t
(eqv? 100000000000000000000 100000000000000000001) ;=> #f
(eqv? 0.0 0.0) ;=> #t
(eqv? 0.0 -0.0) ;=> #f
(eqv? 0.0 +nan.0) ;=> #f
(eqv? +inf.0 +inf.0) ;=> #t
(eqv? +inf.0 -inf.0) ;=> #f
(eqv? 1.5 1.5) ;=> #t
(eqv? 1e300 1e300) ;=> #t
(eqv? 5e-324 5e-324) ;=> #t
(eqv? 1.0 1) ;=> #f
(eqv? 0 -0) ;=> #t
(eqv? #t #t) ;=> #t
(eqv? #f #f) ;=> #t
(eqv? #t #f) ;=> #f
(eqv? #f '()) ;=> #f
(eqv? #f 0) ;=> #f
(eqv? #f 'nil) ;=> #f
(eqv? #\a #\a) ;=> #t
(eqv? #\a #\b) ;=> #f
(eqv? #\λ #\x3bb) ;=> #t
(eqv? #\a "a") ;=> #f
(eqv? "abc" 'abc) ;=> #f
(eqv? (cons 1 2) (cons 1 2)) ;=> #f
(eqv? (vector) (vector 1)) ;=> #f
(eqv? (vector 1) (vector 1)) ;=> #f
(eqv? (string #\a) (string #\a)) ;=> #f
(eqv? (lambda () 1) (lambda () 2)) ;=> #f
(let ((p (lambda (x) x))) (eqv? p p)) ;=> #t
(let ((x (list 1))) (eqv? x x)) ;=> #t
(let ((x "text")) (eqv? x x)) ;=> #t
(let ((x (vector 1 2))) (eqv? x x)) ;=> #t
(eqv? car car) ;=> #t
(eqv? (string->symbol "x") 'x) ;=> #t
(let ((gen-counter (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n))))) (let ((g (gen-counter))) (eqv? g g))) ;=> #t
(let ((gen-counter (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n))))) (eqv? (gen-counter) (gen-counter))) ;=> #f
(letrec ((f (lambda () (if (eqv? f g) 'f 'both))) (g (lambda () (if (eqv? f g) 'g 'both)))) (eqv? f g)) ;=> #f
(let ((x '(a))) (eqv? x x)) ;=> #t
(eqv? (expt 2 100) (expt 2 100)) ;=> #t
(eqv? (expt 2 100) (exact->inexact (expt 2 100))) ;=> #f
(eqv? (- (expt 2 62)) (- (expt 2 62))) ;=> #t
(eq? 'a 'a) ;=> #t
(eq? (list 'a) (list 'a)) ;=> #f
(eq? '() '()) ;=> #t
(eq? car car) ;=> #t
(let ((x '(a))) (eq? x x)) ;=> #t
(let ((x '#())) (eq? x x)) ;=> #t
(let ((p (lambda (x) x))) (eq? p p)) ;=> #t
(eq? #t #t) ;=> #t
(eq? #f '()) ;=> #f
(eq? "" 'a) ;=> #f
(eq? (string->symbol "abc") 'abc) ;=> #t
(eq? (eof-object) (eof-object)) ;=> #t
(eq? (cons 1 2) (cons 1 2)) ;=> #f
(eq? (make-string 1 #\a) (make-string 1 #\a)) ;=> #f
(equal? 'a 'a) ;=> #t
(equal? '(a) '(a)) ;=> #t
(equal? '(a (b) c) '(a (b) c)) ;=> #t
(equal? "abc" "abc") ;=> #t
(equal? "abc" "abd") ;=> #f
(equal? "abc" "abcd") ;=> #f
(equal? 2 2) ;=> #t
(equal? 2 2.0) ;=> #f
(equal? 0.0 -0.0) ;=> #f
(equal? +nan.0 +nan.0) ;=> #t
(equal? (expt 2 100) (expt 2 100)) ;=> #t
(equal? (make-vector 5 'a) (make-vector 5 'a)) ;=> #t
(equal? #(1 2 3) #(1 2 3)) ;=> #t
(equal? #(1 2 3) #(1 2 4)) ;=> #f
(equal? #(1 2) #(1 2 3)) ;=> #f
(equal? #(1 #(2 "x")) (vector 1 (vector 2 (string #\x)))) ;=> #t
(equal? #u8(1 2) #u8(1 2)) ;=> #t
(equal? #u8(1 2) #u8(1 3)) ;=> #f
(equal? #u8(1 2) #u8(1)) ;=> #f
(equal? #u8(1 2) #(1 2)) ;=> #f
(equal? '(1 2) #(1 2)) ;=> #f
(equal? '(1 2) '(1 2 3)) ;=> #f
(equal? '(1 . 2) '(1 2)) ;=> #f
(equal? '() '()) ;=> #t
(equal? '() #f) ;=> #f
(equal? #\a #\a) ;=> #t
(equal? "a" #\a) ;=> #f
(equal? "λ" (string #\x3bb)) ;=> #t
(equal? (let ((s (make-string 1 #\λ))) (string-set! s 0 #\a) s) "a") ;=> #t
(equal? (lambda () 1) (lambda () 1)) ;=> #f
(let ((p car)) (equal? p car)) ;=> #t
(equal? '(a . #(1 "x" (#u8(1)))) '(a . #(1 "x" (#u8(1))))) ;=> #t
(equal? '(((((())))))  '(((((()))))))  ;=> #t
(equal? '(((((()))))) '((((()))))) ;=> #f
(equal? "" "") ;=> #t
(equal? #() #()) ;=> #t
(equal? #u8() #u8()) ;=> #t
(equal? (list 1 2 3) '(1 2 3)) ;=> #t

; Circular data: equal? ends.
(equal? '#0=(a b . #0#) '#1=(a b . #1#)) ;=> #t
(equal? '#0=(a b . #0#) '#1=(a b a b . #1#)) ;=> #t
(equal? '#0=(a . #0#) '#1=(a a a . #1#)) ;=> #t
(equal? '#0=(a . #0#) '#1=(a b . #1#)) ;=> #f
(equal? '#0=(a . #0#) '(a a a)) ;=> #f
(equal? '#0=#(1 #0#) '#1=#(1 #1#)) ;=> #t
(equal? '#0=#(1 #0#) '#1=#(1 #(1 #1#))) ;=> #t
(equal? '#0=#(1 #0#) '#1=#(2 #1#)) ;=> #f
(equal? '#0=(#0#) '#1=((#1#))) ;=> #t
(equal? '#0=(#0# . #0#) '#1=(#1# . #1#)) ;=> #t
(equal? '#0=(#0# . #0#) '#1=((#1# . #1#) . #1#)) ;=> #t
(equal? '#0=(#0# . #(#0#)) '#1=((#1# . #(#1#)) . #(#1#))) ;=> #t
(equal? '#0=(1 2 3 4 5 6 7 8 9 10 11 12 13 . #0#) '#1=(1 2 3 4 5 6 7 8 9 10 11 12 13 . #1#)) ;=> #t
(equal? '#0=(1 2 3 4 5 6 7 8 9 10 11 12 13 . #0#) '#1=(1 2 3 4 5 6 7 8 9 10 11 12 14 . #1#)) ;=> #f
(let ((a (list 1 2)) (b (list 1 2))) (set-cdr! (cdr a) a) (set-cdr! (cdr b) b) (list (equal? a b) (equal? a (cdr b)))) ;=> (#t #f)
(let ((a (vector 1 #f)) (b (vector 1 #f))) (vector-set! a 1 b) (vector-set! b 1 a) (equal? a b)) ;=> #t
(if (member '#0=(x . #0#) (list 1 '#1=(x x . #1#))) 'found 'none) ;=> found
(cdr (assoc '#0=(x . #0#) (list (cons '(x) 1) (cons '#1=(x x . #1#) 2)))) ;=> 2
; Shared data without a circle take no more time than they have parts.
(let* ((grow (lambda () (let loop ((n 100) (x '())) (if (= n 0) x (loop (- n 1) (cons x x)))))) (a (grow)) (b (grow))) (equal? a b)) ;=> #t
(let* ((grow (lambda (end) (let loop ((n 100) (x end)) (if (= n 0) x (loop (- n 1) (vector x x)))))) (a (grow 1)) (b (grow 2))) (equal? a b)) ;=> #f
