; R7RS 4.1: variables, literals, calls, lambda, if, set!, include.
(define x 28)
x ;=> 28

; Literals.
(quote a) ;=> a
(quote #(a b c)) ;=> #(a b c)
(quote (+ 1 2)) ;=> (+ 1 2)
'a ;=> a
'#(a b c) ;=> #(a b c)
'() ;=> ()
'(+ 1 2) ;=> (+ 1 2)
'(quote a) ;=> 'a
''a ;=> 'a
'"abc" ;=> "abc"
"abc" ;=> "abc"
'145932 ;=> 145932
145932 ;=> 145932
'#\a ;=> #\a
#\a ;=> #\a
'#(a 10) ;=> #(a 10)
#(a 10) ;=> #(a 10)
'#u8(64 65) ;=> #u8(64 65)
#u8(64 65) ;=> #u8(64 65)
'#t ;=> #t
#t ;=> #t
#f ;=> #f
1.5 ;=> 1.5
-0.5 ;=> -0.5
'(1 . 2) ;=> (1 . 2)
'(1 . (2 . (3 . ()))) ;=> (1 2 3)
'(1 . (2 3)) ;=> (1 2 3)
(eq? '() '()) ;=> #t
(let ((f (lambda () '(1 2)))) (eq? (f) (f))) ;=> #t

; Calls. The operator is an expression as any other.
(+ 3 4) ;=> 7
((if #f + *) 3 4) ;=> 12
((lambda (a) a) 1) ;=> 1
(((lambda (a) (lambda (b) (- a b))) 5) 3) ;=> 2
((car (list - +)) 5 2) ;=> 3
(+) ;=> 0
((lambda () 'none)) ;=> none
(let ((quote -)) '5) ;=> -5
(let ((if list)) (if 1 2 3)) ;=> (1 2 3)
(guard (e (#t 'no-procedure)) (5)) ;=> no-procedure
(guard (e (#t 'no-procedure)) ("text" 1)) ;=> no-procedure

; lambda.
(procedure? (lambda (x) (+ x x))) ;=> #t
((lambda (x) (+ x x)) 4) ;=> 8
(define reverse-subtract (lambda (x y) (- y x)))
(reverse-subtract 7 10) ;=> 3
(define add4 (let ((x 4)) (lambda (y) (+ x y))))
(add4 6) ;=> 10
((lambda x x) 3 4 5 6) ;=> (3 4 5 6)
((lambda x x)) ;=> ()
((lambda (x y . z) z) 3 4 5 6) ;=> (5 6)
((lambda (x y . z) z) 3 4) ;=> ()
((lambda (x . rest) (list x rest)) 1) ;=> (1 ())
((lambda (a b c d e f g) (list g f e d c b a)) 1 2 3 4 5 6 7) ;=> (7 6 5 4 3 2 1)
(guard (e (#t 'arity)) ((lambda (x) x))) ;=> arity
(guard (e (#t 'arity)) ((lambda (x) x) 1 2)) ;=> arity
(guard (e (#t 'arity)) ((lambda (x y . z) z) 1)) ;=> arity
((lambda (x) (define y (* x 2)) (+ x y)) 3) ;=> 9
((lambda () 1 2 3)) ;=> 3
((lambda args (set-car! args 'changed) args) 1 2) ;=> (changed 2)
(let ((items (list 1 2 3))) (eq? items (apply (lambda rest rest) items))) ;=> #f
(let ((f (lambda (x) (lambda () x)))) (list ((f 1)) ((f 2)))) ;=> (1 2)
(let ((counter (let ((n 0)) (lambda () (set! n (+ n 1)) n)))) (counter) (counter) (counter)) ;=> 3
(let* ((make (lambda () (let ((n 0)) (lambda () (set! n (+ n 1)) n)))) (a (make)) (b (make))) (a) (a) (list (a) (b))) ;=> (3 1)

; if.
(if (> 3 2) 'yes 'no) ;=> yes
(if (> 2 3) 'yes 'no) ;=> no
(if (> 3 2) (- 3 2) (+ 3 2)) ;=> 1
(if #f #f 'else) ;=> else
(if '() 'true 'false) ;=> true
(if 0 'true 'false) ;=> true
(if "" 'true 'false) ;=> true
(if (if #t #f #t) 1 2) ;=> 2
(let ((n 0)) (if #t (set! n 1) (set! n 2)) n) ;=> 1
(let ((n 0)) (if #f (set! n 1)) n) ;=> 0

; set!.
(define y 2)
(+ y 1) ;=> 3
(set! y 4)
(+ y 1) ;=> 5
(let ((a 1)) (let ((a 2)) (set! a 3)) a) ;=> 1
(let ((a 1)) (set! a (+ a 1)) (set! a (* a 10)) a) ;=> 20
((lambda (a . b) (set! a 'x) (set! b 'y) (list a b)) 1 2) ;=> (x y)
(let ((n 5)) ((lambda () (set! n 6))) n) ;=> 6
(guard (e (#t 'unbound)) (set! there-is-no-such-variable 1)) ;=> unbound
(guard (e (#t 'unbound)) there-is-no-such-variable) ;=> unbound

; include: the files stand in tests/spec/files.
(include "part.scm")
(+ included 1) ;=> 42
(let () (include "part.scm") (+ included 2)) ;=> 43
(let () (include "part.scm" "upper.scm") (list included (SHOUT))) ;=> (41 LOUD)
(let () (include-ci "upper.scm") (shout)) ;=> loud
(let () (include-ci "upper.scm" "part.scm") (list (shout) included)) ;=> (loud 41)
(begin (include "value.scm")) ;=> (value of the file)
(list (include "value.scm") 2) ;=> ((value of the file) 2)
(include-ci "sharp.scm")
sharp ;=> (strasse strasse Straße σασ)
(include "sharp.scm")
sharp ;=> (STRASSE Straße Straße ΣΑΣ)
(eval '(let () (include "part.scm") included) (interaction-environment)) ;=> 41
(guard (e (#t 'no-file)) (eval '(include "there-is-no-such-file.scm") (interaction-environment))) ;=> no-file
