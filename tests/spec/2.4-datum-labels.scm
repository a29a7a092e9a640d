; R7RS 2.3 and 2.4: other notations, and datum labels in a program and for read.
(define (from text) (read (open-input-string text)))

; In a program a label names a datum; a reference to it is the very same datum.
(let ((x '(#0=(a) #0#))) (eq? (car x) (cadr x))) ;=> #t
(let ((x '(#0="text" #0# #0#))) (and (eq? (car x) (cadr x)) (eq? (car x) (caddr x)))) ;=> #t
(let ((x '(#0=#(1) (#0#)))) (eq? (car x) (caadr x))) ;=> #t
'(#1=a #1# #1#) ;=> (a a a)
'(#10=(x) . #10#) ;=> ((x) x)
'(#0=1 #1=2 #0# #1#) ;=> (1 2 1 2)
'(#00=a #00# #0#) ;=> (a a a)
(+ #0=2 #0#) ;=> 4
(list #0=(+ 1 2) #0#) ;=> (3 3)
(let ((#0=x 5)) #0#) ;=> 5
'#0=(a b) ;=> (a b)
#0='a ;=> a
'(#0=() #0#) ;=> (() ())
'(#0=#u8(1 2) #0#) ;=> (#u8(1 2) #u8(1 2))

; Circular literals.
(let ((x '#0=(a b c . #0#))) (list (car x) (cadr x) (caddr x) (cadddr x))) ;=> (a b c a)
(let ((x '#0=(a b c . #0#))) (eq? x (cdddr x))) ;=> #t
'#0=(a b c . #0#) ;=> #0=(a b c . #0#)
'#7=(x . #7#) ;=> #0=(x . #0#)
(let ((x '#0=(a #0# b))) (and (eq? x (cadr x)) (eq? (caddr x) 'b))) ;=> #t
'#0=(#0# . #0#) ;=> #0=(#0# . #0#)
'#0=#(1 #0# 2) ;=> #0=#(1 #0# 2)
(let ((v '#0=#(1 #0# 2))) (eq? v (vector-ref v 1))) ;=> #t
'#0=#(#0# #(#0#)) ;=> #0=#(#0# #(#0#))
'(x #0=(a . #0#) y) ;=> (x #0=(a . #0#) y)
'#0=(a #1=(b #0# . #1#)) ;=> #0=(a #1=(b #0# . #1#))
'#0=(a . #1=(b #0# . #1#)) ;=> #0=(a . #1=(b #0# . #1#))
(let ((x '#0=(1 2 . #0#))) (let loop ((i 0) (x x) (sum 0)) (if (= i 1000) sum (loop (+ i 1) (cdr x) (+ sum (car x)))))) ;=> 1500
'(#0=(a) #1=(#0# . #1#)) ;=> ((a) #0=((a) . #0#))
(let ((x '(#0=(a) #1=(#0# . #1#)))) (eq? (car x) (caadr x))) ;=> #t
(define-syntax quote-second (syntax-rules () ((_ a b) 'b)))
(quote-second 1 #0=(a . #0#)) ;=> #0=(a . #0#)
(define-syntax quote-tail (syntax-rules () ((_ (a . b)) 'b)))
(quote-tail #0=(a . #0#)) ;=> #0=(a . #0#)
(define-syntax quote-parts (syntax-rules () ((_ #(a b)) '(a b))))
(quote-parts #0=#(1 #0#)) ;=> (1 #0=#(1 #0#))
(define circle '#0=(a . #0#))
(eq? circle (cdr circle)) ;=> #t
(equal? '#0=(a b . #0#) '#1=(a b a b . #1#)) ;=> #t
(vector? (car '(#0=#(1 #0#)))) ;=> #t
(define-syntax own-circle (syntax-rules () ((_) '#0=(a . #0#))))
(equal? (own-circle) '#0=(a . #0#)) ;=> #t
(case 'b ((#0=a) 'first) ((b) 'second)) ;=> second
(length '(#0=(1 2) #0#)) ;=> 2

; The same for read.
(from "#0=(a b . #0#)") ;=> #0=(a b . #0#)
(from "#0=#(#0#)") ;=> #0=#(#0#)
(from "(#0=(a) #0#)") ;=> ((a) (a))
(let ((x (from "(#0=\"s\" #0#)"))) (eq? (car x) (cadr x))) ;=> #t
(let ((x (from "#1=(#1# #1#)"))) (and (eq? x (car x)) (eq? x (cadr x)))) ;=> #t
(from "#0=(a #1=(b . #0#) . #1#)") ;=> #0=(a (b . #0#) b . #0#)
(from "(#0=a . #0#)") ;=> (a . a)
(from "'#0=(a . #0#)") ;=> '#0=(a . #0#)
(let* ((port (open-input-string "#0=a #0=b")) (first (read port)) (second (read port))) (list first second)) ;=> (a b)
(define (read-fails? text) (guard (e (#t (read-error? e))) (from text) 'read))
(read-fails? "#0#") ;=> #t
(read-fails? "(#0# #0=a)") ;=> #t
(read-fails? "#0=#0#") ;=> #t
(read-fails? "(#0=a #0=b)") ;=> #t
(read-fails? "#0=") ;=> #t
(read-fails? "#0") ;=> #t
(read-fails? "(#0=)") ;=> #t

; What the evaluator gets may be circular where it is quoted.
(let ((x (eval (from "'#0=(a . #0#)") (scheme-report-environment 5)))) (eq? x (cdr x))) ;=> #t
(guard (e (#t 'refused)) (eval (from "#0=(+ 1 #0#)") (scheme-report-environment 5))) ;=> refused
(guard (e (#t 'refused)) (eval (from "(quasiquote #0=(a (unquote 1) . #0#))") (scheme-report-environment 5))) ;=> refused

; Other notations.
(list 'a '(quote a) ''a) ;=> (a 'a 'a)
'`(a ,b ,@c) ;=> `(a ,b ,@c)
(equal? '`a '(quasiquote a)) ;=> #t
(equal? ',a '(unquote a)) ;=> #t
(equal? ',@a '(unquote-splicing a)) ;=> #t
(list #t #f #true #false) ;=> (#t #f #t #f)
(list #\a #\space #\( #\x41) ;=> (#\a #\space #\( #\A)
(list #e1.0 #x-1A #b101 #o17 #d10 #i5) ;=> (1 -26 5 15 10 5.0)
(list #X1a #B11 #O7 #D9 #E1e2 #I1) ;=> (26 3 7 9 100 1.0)
(list #xAb #XaB) ;=> (171 171)
(list #T #F #True #FALSE) ;=> (#t #f #t #f)
(list #x#e10 #e#x10 #b#i1 #i#b1) ;=> (16 16 1.0 1.0)
#(a b c) ;=> #(a b c)
#u8(0 255) ;=> #u8(0 255)
#U8(0) ;=> #u8(0)
'#u8(#xff #b1) ;=> #u8(255 1)
#() ;=> #()
#u8() ;=> #u8()
(guard (e (#t (read-error? e))) (from "#u8(256)")) ;=> #t
(guard (e (#t (read-error? e))) (from "#u8(-1)")) ;=> #t
(guard (e (#t (read-error? e))) (from "#u8(a)")) ;=> #t
