; R7RS 2.2: white space and the three kinds of comments.
(define (all text) (let ((port (open-input-string text))) (let loop ((found '())) (let ((datum (read port))) (if (eof-object? datum) (reverse found) (loop (cons datum found)))))))

'(a	b
c) ;=> (a b c)
(all " \t\n\r a\tb\nc\rd \n") ;=> (a b c d)
(all "") ;=> ()
(all "   ") ;=> ()
(all "'  a") ;=> ('a)
(all "' ; comment\n a") ;=> ('a)

; To the end of the line.
(+ 1 ; one
   2) ;=> 3
(all "a ; b c\nd") ;=> (a d)
(all "; nothing") ;=> ()
(all "a;\n;\n;;; b\nc") ;=> (a c)
(all "; a\rb") ;=> (b)
(all "; a\r\nb") ;=> (b)
(all "a ; \"not a string\nb") ;=> (a b)
(all "a ; #| not a comment\nb") ;=> (a b)

; The next datum.
(+ 1 #;2 3) ;=> 4
(+ 1 #;(this is (not) there) 3) ;=> 4
(+ 1 #; 2 3) ;=> 4
(+ 1 #;
2 3) ;=> 4
(list 1 #;#;2 3 4) ;=> (1 4)
(list #;1 #;2 #;3) ;=> ()
(list 1 #;(a #;b c) 2) ;=> (1 2)
(list 1 #;'a 2) ;=> (1 2)
(list 1 #;"a)" 2) ;=> (1 2)
(list 1 #;#\) 2) ;=> (1 2)
(list 1 #;#(1 2) 2) ;=> (1 2)
(list 1 #;; comment
2 3) ;=> (1 3)
(list 1 #;#|b|#2 3) ;=> (1 3)
'(a . #;b c) ;=> (a . c)
'(a . b #;c) ;=> (a . b)
'#(1 #;2 3) ;=> #(1 3)
'#u8(1 #;2 3) ;=> #u8(1 3)
'(quote #;a b) ;=> 'b
'#;a b ;=> b
(all "#;a b") ;=> (b)
(all "#;a") ;=> ()
(all "(#;a)") ;=> (())
(all "#;(a b) #;c d") ;=> (d)
(all "a #;#;b c d") ;=> (a d)
(all "(a . b #;c)") ;=> ((a . b))

; Blocks, nested.
(+ 1 #| 2 |# 3) ;=> 4
(+ 1 #| 2 #| 3 |# 4 |# 5) ;=> 6
(+ 1 #|
 2
|# 3) ;=> 4
(list #||# #|||# #|#|#||#|#|# 1) ;=> (1)
(all "a #|b|# c") ;=> (a c)
(all "#|a|#") ;=> ()
(all "#| #| |# |# a") ;=> (a)
(all "#| ; |# a") ;=> (a)
(all "#| \" |# a") ;=> (a)
(all "(a #|b|# . #|c|# d)") ;=> ((a . d))
(all "#|#|#|a|#|#|#b") ;=> (b)
(let ((x #|block|# 1)) #|again|# x) ;=> 1
