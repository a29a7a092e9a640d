; read (R7RS 6.13.2, 7.1): data, what it leaves in the port, what is no datum, and what write makes of it.
(define (from text) (read (open-input-string text)))
(define (written object) (call-with-output-string (lambda (port) (write object port))))
(define (back object) (let ((copy (from (written object)))) (and (equal? object copy) (string=? (written object) (written copy)))))
(define (all text)
  (let ((port (open-input-string text)))
    (let loop ((found '()))
      (let ((datum (read port)))
        (if (eof-object? datum) (reverse found) (loop (cons datum found)))))))

; Booleans, characters, numbers.
(all "#t #true #f #false #TRUE #F") ;=> (#t #t #f #f #t #f)
(all "#\\a #\\A #\\λ #\\( #\\) #\\; #\\\" #\\| #\\' #\\# #\\\\") ;=> (#\a #\A #\λ #\( #\) #\; #\" #\| #\' #\# #\\)
(from "#\\ ") ;=> #\space
(all "#\\alarm #\\backspace #\\delete #\\escape #\\newline #\\null #\\return #\\space #\\tab") ;=> (#\alarm #\backspace #\delete #\escape #\newline #\null #\return #\space #\tab)
(all "#\\x #\\x41 #\\x3bb #\\x0 #\\1") ;=> (#\x #\A #\λ #\null #\1)
(map char->integer (all "#\\x7f #\\xD7FF #\\xe000 #\\x10FFFF")) ;=> (127 55295 57344 1114111)
(all "0 -1 +2 1.5 .5 -.5 1. 1e3 -1.5E-2 #xFF #b-101 #o17 #d9 #e1.5e1 #i3 #x#e-a") ;=> (0 -1 2 1.5 0.5 -0.5 1.0 1000.0 -0.015 255 -5 15 9 15 3.0 -10)
(all "+inf.0 -inf.0 +nan.0 123456789012345678901234567890") ;=> (+inf.0 -inf.0 +nan.0 123456789012345678901234567890)

; Symbols. What is no number is a symbol, as in a program.
(all "a abc a.b ... .. + - -> +a -a- +.a .a 1+ -1+ -. +. e1 1e a@b <=? !$%&*/:<=>?^_~") ;=> (a abc a.b ... .. + - -> +a -a- +.a .a 1+ -1+ -. +. e1 1e a@b <=? !$%&*/:<=>?^_~)
(all "λ Straße +inf.0x i -in") ;=> (λ Straße +inf.0x i -in)
(all "|a b| || |a\\|b| |\\x41;b| |a\\tb| |A|") ;=> (|a b| || |a\|b| Ab |a\tb| A)
(all "a|b c|d") ;=> (a |b c| d)
(all "a'b`c,d") ;=> (a 'b `c ,d)
(map symbol? (all "|1| |.| |#t| |a(|")) ;=> (#t #t #t #t)

; Strings.
(all "\"\" \"a b\" \"λ\" \"a;b#|c\"") ;=> ("" "a b" "λ" "a;b#|c")
(string->list (from "\"\\a\\b\\t\\n\\r\\\"\\\\\\|\\x41;\\X3bb;\"")) ;=> (#\alarm #\backspace #\tab #\newline #\return #\" #\\ #\| #\A #\λ)
(from "\"one\\\n   two\"") ;=> "onetwo"
(from "\"one\\  \t\n \t two\"") ;=> "onetwo"
(from "\"one \\\r\n  two\\\r  three\\\n\n\"") ;=> "one twothree\n"
(from "\"a\nb\r\nc\rd\"") ;=> "a\nb\nc\nd"
(let ((text (from "\"abc\""))) (string-set! text 0 #\x) text) ;=> "xbc"
(string-length (from (string-append "\"" (make-string 50000 #\λ) "\""))) ;=> 50000

; Lists, vectors, bytevectors, abbreviations.
(all "() (a) (a b c) ( a ( b ) ) ((()))") ;=> (() (a) (a b c) (a (b)) ((())))
(all "(a . b) (a b . c) (a . (b . (c . ()))) (a .b) (a . b ) (a. b)") ;=> ((a . b) (a b . c) (a b c) (a .b) (a . b) (a. b))
(all "#() #(a #(b) (c)) #(1 . #f)") ;!> E0120 read: a dot stands inside a vector
(all "#() #(a #(b) (c) \"d\")") ;=> (#() #(a #(b) (c) "d"))
(all "#u8() #u8(0 255 #xf) #U8(1)") ;=> (#u8() #u8(0 255 15) #u8(1))
(all "'a `(a ,b ,@c) ,@ d '' e '(quote a) (quote a)") ;=> ('a `(a ,b ,@c) ,@d ''e ''a 'a)
(let ((v (from "#(a b)")) (l (from "(a b)"))) (vector-set! v 0 1) (set-car! l 2) (list v l)) ;=> (#(1 b) (2 b))
(let ((b (from "#u8(1 2)"))) (bytevector-u8-set! b 0 9) b) ;=> #u8(9 2)
(eq? (from "()") '()) ;=> #t

; White space and comments.
(all " \t\n\r a ; b c\n d;e") ;=> (a d)
(all "#| a |# b #| c #| d |# e |# f #||# g #|||# #|#|#|#|#|# h") ;!> E0120 read: the text ends inside a comment
(all "#| a |# b #| c #| d |# e |# f #||# g #|||# h") ;=> (b f g h)
(all "#;a b #; (a b) c #;#;a b c (#;a) (a #;b) (a . #;b c) (a . b #;c) #(#;1 2)") ;=> (b c c () (a) (a . c) (a . b) #(2))
(all "'#;d e #;#|f|# g h") ;=> ('e h)
(all "#;a") ;=> ()

; Case.
(all "ABC #!fold-case ABC |ABC| #\\A #\\SPACE \"ABC\" Λ STRASSE #T #!no-fold-case ABC") ;=> (ABC abc ABC #\A #\space "ABC" λ strasse #t ABC)
(let ((p (open-input-string "#!fold-case A B")) (q (open-input-string "A"))) (let* ((a (read p)) (b (read q)) (c (read p))) (list a b c))) ;=> (a A b)
(from "(A #!fold-case B #!no-fold-case C)") ;=> (A b C)

; Datum labels.
(from "#0=(a b . #0#)") ;=> #0=(a b . #0#)
(let ((x (from "(#0=(a) #0# #1=\"s\" #1#)"))) (list x (eq? (car x) (cadr x)) (eq? (caddr x) (cadddr x)))) ;=> (((a) (a) "s" "s") #t #t)
(from "#0=#(1 #0#)") ;=> #0=#(1 #0#)
(from "(x #5=(#6=(#5# . #6#) y))") ;=> (x #0=(#1=(#0# . #1#) y))
(from "#0=(#1=#0# #1#)") ;=> #0=(#0# #0#)
(from "#0='#0#") ;=> #0='#0#
(all "(#0=a #0#) #00012=b (#0=c #0#)") ;=> ((a a) b (c c))
(let ((x (from "(#0=(1 2 3) #(#0#))"))) (eq? (car x) (vector-ref (cadr x) 0))) ;=> #t
(let ((x (from "#0=(#0# #0# #1=#(#0# #1#))"))) (list (eq? x (car x)) (eq? x (cadr x)) (eq? x (vector-ref (caddr x) 0)) (eq? (caddr x) (vector-ref (caddr x) 1)))) ;=> (#t #t #t #t)
(from "(#0=1 #u8(#0#))") ;=> (1 #u8(1))
(from "(#0=#;(x) a #0#)") ;=> (a a)

; The port is left right behind the datum.
(let* ((p (open-input-string "(a)b\"c\"d e")) (a (read p)) (b (peek-char p)) (c (read p)) (d (read p)) (e (read p)) (f (read-char p)) (g (read-char p)) (h (read p))) (list a b c d e f g h)) ;=> ((a) #\b b "c" d #\space #\e #<eof>)
(let* ((p (open-input-string "12 abc)")) (a (read p)) (b (read-line p))) (list a b)) ;=> (12 " abc)")
(from "#t#f") ;!> E0120 read: this is no datum: "#t#f"
(let ((p (open-input-string ") a"))) (guard (e ((read-error? e) (read p))) (read p))) ;=> a
(let ((p (open-input-string "(a . b c) d"))) (guard (e ((read-error? e) (read p))) (read p))) ;!> E0120 read: a parenthesis closes nothing
(with-input-from-string "(1 2) x" (lambda () (let* ((a (read)) (b (read)) (c (read))) (list a b c)))) ;=> ((1 2) x #<eof>)

; The end of the text, between data and in each construct.
(list (from "") (from "  \n") (from "; comment") (from "#| comment |#") (from "#;datum") (from "#!fold-case")) ;=> (#<eof> #<eof> #<eof> #<eof> #<eof> #<eof>)
(let ((p (open-input-string "a"))) (let* ((a (read p)) (b (read p)) (c (read p))) (list a b c))) ;=> (a #<eof> #<eof>)
(from "(a b") ;!> E0120 read: the text ends inside a list
(from "(a (b) ; c)") ;!> E0120 read: the text ends inside a list
(from "(a .") ;!> E0120 read: the text ends behind a dot
(from "(a . b") ;!> E0120 read: the text ends inside a list
(from "#(a") ;!> E0120 read: the text ends inside a vector
(from "#u8(1") ;!> E0120 read: the text ends inside a bytevector
(from "\"abc") ;!> E0120 read: the text ends inside a string
(from "\"abc\\") ;!> E0120 read: the text ends inside a string
(from "\"abc\\x4") ;!> E0120 read: the text ends inside a string
(from "\"abc\\ ") ;!> E0120 read: the text ends inside a string
(from "|abc") ;!> E0120 read: the text ends inside a symbol
(from "|a\\x4") ;!> E0120 read: the text ends inside a symbol
(from "#\\") ;!> E0120 read: the text ends inside a character
(from "'") ;!> E0120 read: the text ends behind '
(from "`") ;!> E0120 read: the text ends behind `
(from ",") ;!> E0120 read: the text ends behind ,
(from ",@ ; comment") ;!> E0120 read: the text ends behind ,@
(from "#;") ;!> E0120 read: the text ends behind #;
(from "#| a #| b |#") ;!> E0120 read: the text ends inside a comment
(from "#") ;!> E0120 read: the text ends behind #
(from "#1") ;!> E0120 read: the text ends inside a label
(from "#1=") ;!> E0120 read: the text ends behind a label
(from "(#1=(a) #1") ;!> E0120 read: the text ends inside a label

; Text that is no datum.
(from ")") ;!> E0120 read: a parenthesis closes nothing
(from ".") ;!> E0120 read: a dot stands outside a list
(from "(. a)") ;!> E0120 read: a dot stands before the first element of a list
(from "(a . )") ;!> E0120 read: expected a datum behind a dot, found )
(from "(a . . b)") ;!> E0120 read: expected a datum behind a dot, found a dot
(from "(a . b c)") ;!> E0120 read: a dot is followed by one datum only
(from "(a . b . c)") ;!> E0120 read: a dot is followed by one datum only
(from "#u8(1 . 2)") ;!> E0120 read: a dot stands inside a bytevector
(from "(a ')") ;!> E0120 read: expected a datum behind ', found )
(from "(a #;)") ;!> E0120 read: expected a datum behind #;, found )
(from "(a #1=)") ;!> E0120 read: expected a datum behind a label, found )
(from "[a]") ;!> E0120 read: this bracket is reserved: #\[
(from "(a }") ;!> E0120 read: this bracket is reserved: #\}
(from "#foo") ;!> E0120 read: this is no datum: "#foo"
(from "#tr") ;!> E0120 read: this is no datum: "#tr"
(from "#u8 (1)") ;!> E0120 read: this is no datum: "#u8"
(from "#xyz") ;!> E0120 read: this is no datum: "#xyz"
(from "#\\spac") ;!> E0120 read: no character has the name "spac"
(from "#\\Space") ;!> E0120 read: no character has the name "Space"
(from "#\\xD800") ;!> E0120 read: no character has the name "xD800"
(from "#\\x110000") ;!> E0120 read: no character has the name "x110000"
(from "#\\x-1") ;!> E0120 read: no character has the name "x-1"
(from "\"\\q\"") ;!> E0120 read: no escape is a backslash and #\q
(from "|\\(|") ;!> E0120 read: no escape is a backslash and #\(
(from "\"\\x4g;\"") ;!> E0120 read: expected hexadecimal digits and ; behind \x, found #\g
(from "\"\\x;\"") ;!> E0120 read: no character has the code ""
(from "\"\\xd800;\"") ;!> E0120 read: no character has the code "d800"
(from "\"\\  x\"") ;!> E0120 read: expected the end of the line behind a backslash and spaces, found #\x
(from "#u8(256)") ;!> E0120 read: expected a byte (0 to 255) in a bytevector, found 256
(from "#u8(1 -1)") ;!> E0120 read: expected a byte (0 to 255) in a bytevector, found -1
(from "#u8(1.0)") ;!> E0120 read: expected a byte (0 to 255) in a bytevector, found 1.0
(from "#u8(a)") ;!> E0120 read: expected a byte (0 to 255) in a bytevector, found a
(from "#0=#0#") ;!> E0120 read: this label stands for itself: 0
(from "#0=#1=#0#") ;!> E0120 read: this label stands for itself: 0
(from "(#1# #1=a)") ;!> E0120 read: no datum before has the label 1
(all "#1=a #1#") ;!> E0120 read: no datum before has the label 1
(from "(#1=a #1=b)") ;!> E0120 read: this label stands before two data: 1
(from "#1a") ;!> E0120 read: expected = or # behind the number of a label, found #\a
(from "#!eof") ;!> E0120 read: this is no directive: "#!eof"
(from "#!Fold-case a") ;!> E0120 read: this is no directive: "#!Fold-case"
(from "a\\b") ;!> E0120 read: this symbol is written between vertical bars: "a\\b"

; Ratios and complex numbers.
(all "1/2 -2/4 +i -i 1+i +2i 1.5-.5i +inf.0i 1@0 1e2+1e3i #xA/f") ;=> (1/2 -1/2 +i -i 1+i +2i 1.5-0.5i 0.0+inf.0i 1 100.0+1000.0i 2/3)
(from "#e1e999999") ;!> E0120 read: this number is too large: "#e1e999999"
(all "1/ /2 1/a 1/+2 i 1i e+i @ 1@ @1 1+2 ++i") ;=> (1/ /2 1/a 1/+2 i 1i e+i @ 1@ @1 1+2 ++i)

; What the port is.
(read 5) ;!> E0104 read expects a textual input port as its first argument, found 5
(read (open-input-bytevector #u8(40 41))) ;!> E0104 read expects a textual input port as its first argument, found #<port>
(let ((p (open-input-string "a"))) (close-port p) (read p)) ;!> E0116 read: the port is closed

; Read errors are told from others.
(guard (e (#t (list (read-error? e) (error-object? e) (file-error? e)))) (from "(")) ;=> (#t #t #f)
(guard (e (#t (read-error? e))) (read 5)) ;=> #f
(guard (e (#t (read-error? e))) (error "read: no")) ;=> #f
(list (read-error? 5) (read-error? "x")) ;=> (#f #f)

; What write writes is read back.
(back '(a (b . c) #(1 "two" #\3) #u8(4 5) () #t #f 1.5 -7 'q `(u ,v ,@w))) ;=> #t
(back (map integer->char (append (iota 300) '(#xd7ff #xe000 #x10ffff)))) ;=> #t
(back (list->string (map integer->char (append (iota 300) '(#xd7ff #xe000 #x10ffff))))) ;=> #t
(back (map (lambda (code) (string->symbol (string (integer->char code)))) (iota 300))) ;=> #t
(back (map string->symbol '("" "A" "1" "+i" "-1/2" "." ".." "#t" "a b" "a|b" "a\\b" "1+" "#" "a#b" "+nan.0" "\n" "λ"))) ;=> #t
(back '(0.1 -0.0 1e21 1e-7 123456789.125 5e-324 1.7976931348623157e308 +inf.0 -inf.0)) ;=> #t
(back (list (expt 3 200) (- (expt 2 64)) 1152921504606846975 -1152921504606846976)) ;=> #t
(let* ((a (list 1 2)) (x (from (call-with-output-string (lambda (p) (write-shared (list a a (vector a)) p)))))) (list x (eq? (car x) (cadr x)) (eq? (car x) (vector-ref (caddr x) 0)))) ;=> (((1 2) (1 2) #((1 2))) #t #t)
(let ((c (list 1 2 3))) (set-cdr! (cddr c) c) (string=? (written c) (written (from (written c))))) ;=> #t

; Depth and length are bounded by the heap alone.
(let ((deep (let loop ((i 0) (made '())) (if (= i 1000000) made (loop (+ i 1) (list made)))))) (let loop ((rest (from (written deep))) (depth 0)) (if (null? rest) depth (loop (car rest) (+ depth 1))))) ;=> 1000000
(apply + (from (written (iota 50000)))) ;=> 1249975000
(vector-length (from (written (make-vector 100000 'x)))) ;=> 100000
(bytevector-length (from (written (make-bytevector 20000 7)))) ;=> 20000
(let loop ((rest (from (string-append (make-string 100000 #\') "a"))) (depth 0)) (if (pair? rest) (loop (cadr rest) (+ depth 1)) (list depth rest))) ;=> (100000 a)
(string-length (symbol->string (from (make-string 20000 #\a)))) ;=> 20000
(from (string-append (make-string 100000 #\() ")")) ;!> E0120 read: the text ends inside a list
(from (call-with-output-string (lambda (p) (do ((i 0 (+ i 1))) ((= i 10000)) (write-string "#;(a) #|b|# " p)) (write-string "end" p)))) ;=> end
