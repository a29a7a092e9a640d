; R7RS 6.13: ports, input, output.
(define (written object) (let ((port (open-output-string))) (write object port) (get-output-string port)))
(define (displayed object) (let ((port (open-output-string))) (display object port) (get-output-string port)))
(define (shared object) (let ((port (open-output-string))) (write-shared object port) (get-output-string port)))
(define (simple object) (let ((port (open-output-string))) (write-simple object port) (get-output-string port)))

; Ports.
(map (lambda (test?) (test? (open-input-string ""))) (list port? input-port? output-port? textual-port? binary-port?)) ;=> (#t #t #f #t #f)
(map (lambda (test?) (test? (open-output-string))) (list port? input-port? output-port? textual-port? binary-port?)) ;=> (#t #f #t #t #f)
(map (lambda (test?) (test? (open-input-bytevector #u8()))) (list port? input-port? output-port? textual-port? binary-port?)) ;=> (#t #t #f #f #t)
(map (lambda (test?) (test? (open-output-bytevector))) (list port? input-port? output-port? textual-port? binary-port?)) ;=> (#t #f #t #f #t)
(map (lambda (test?) (test? 5)) (list port? input-port? output-port? textual-port? binary-port?)) ;=> (#f #f #f #f #f)
(map port? (list (current-input-port) (current-output-port) (current-error-port))) ;=> (#t #t #t)
(list (input-port? (current-input-port)) (output-port? (current-output-port)) (output-port? (current-error-port))) ;=> (#t #t #t)
(map textual-port? (list (current-input-port) (current-output-port) (current-error-port))) ;=> (#t #t #t)
(let ((port (open-input-string "a"))) (let ((before (input-port-open? port))) (close-port port) (list before (input-port-open? port)))) ;=> (#t #f)
(let ((port (open-output-string))) (let ((before (output-port-open? port))) (close-port port) (list before (output-port-open? port)))) ;=> (#t #f)
(let ((port (open-input-string "a"))) (close-input-port port) (input-port-open? port)) ;=> #f
(let ((port (open-output-string))) (close-output-port port) (output-port-open? port)) ;=> #f
(let ((port (open-input-string "a"))) (close-port port) (close-port port) 'twice) ;=> twice
(guard (e (#t 'error)) (close-output-port (open-input-string "a"))) ;=> error
(guard (e (#t 'error)) (close-input-port (open-output-string))) ;=> error
(input-port-open? (open-output-string)) ;=> #f
(output-port-open? (open-input-string "")) ;=> #f
(guard (e (#t 'error)) (input-port-open? 5)) ;=> error
(guard (e (#t 'error)) (let ((port (open-input-string "a"))) (close-port port) (read-char port))) ;=> error
(guard (e (#t 'error)) (let ((port (open-output-string))) (close-port port) (write 1 port))) ;=> error
(guard (e (#t 'error)) (read-char (open-output-string))) ;=> error
(guard (e (#t 'error)) (write 1 (open-input-string ""))) ;=> error
(guard (e (#t 'error)) (read-u8 (open-input-string ""))) ;=> error
(guard (e (#t 'error)) (read-char (open-input-bytevector #u8()))) ;=> error
(guard (e (#t 'error)) (write-u8 1 (open-output-string))) ;=> error
(guard (e (#t 'error)) (write-char #\a (open-output-bytevector))) ;=> error
(guard (e (#t 'error)) (open-input-string 5)) ;=> error
(guard (e (#t 'error)) (open-input-bytevector "a")) ;=> error
(guard (e (#t 'error)) (get-output-string (open-input-string ""))) ;=> error
(guard (e (#t 'error)) (get-output-string (open-output-bytevector))) ;=> error
(guard (e (#t 'error)) (get-output-bytevector (open-output-string))) ;=> error
(let ((port (open-input-string "x"))) (list (call-with-port port read-char) (input-port-open? port))) ;=> (#\x #f)
(call-with-values (lambda () (call-with-port (open-input-string "x") (lambda (p) (values 1 2)))) list) ;=> (1 2)
(parameterize ((current-output-port (open-output-string))) (write 'inside) (get-output-string (current-output-port))) ;=> "inside"
(parameterize ((current-error-port (open-output-string))) (write 'error (current-error-port)) (get-output-string (current-error-port))) ;=> "error"
(parameterize ((current-input-port (open-input-string "a b"))) (let* ((a (read)) (b (read-char)) (c (read-char)) (d (read-char))) (list a b c d))) ;=> (a #\space #\b #<eof>)
(parameterize ((current-input-port (open-input-string "line\nx"))) (let* ((a (peek-char)) (b (read-line)) (c (read-string 5)) (d (read-line))) (list a b c d))) ;=> (#\l "line" "x" #<eof>)
(guard (e (#t 'error)) (parameterize ((current-output-port 5)) 1)) ;=> error

; Reading characters.
(let* ((p (open-input-string "ab")) (a (peek-char p)) (b (read-char p)) (c (read-char p)) (d (peek-char p)) (e (read-char p))) (list a b c (eof-object? d) (eof-object? e))) ;=> (#\a #\a #\b #t #t)
(read-char (open-input-string "λ")) ;=> #\λ
(read-char (open-input-string "")) ;=> #<eof>
(read-line (open-input-string "")) ;=> #<eof>
(let* ((p (open-input-string "one\ntwo\n")) (a (read-line p)) (b (read-line p)) (c (read-line p))) (list a b c)) ;=> ("one" "two" #<eof>)
(let* ((p (open-input-string "one\ntwo")) (a (read-line p)) (b (read-line p)) (c (read-line p))) (list a b c)) ;=> ("one" "two" #<eof>)
(let* ((p (open-input-string "\n\n")) (a (read-line p)) (b (read-line p)) (c (read-line p))) (list a b c)) ;=> ("" "" #<eof>)
(let* ((p (open-input-string "one\r\ntwo\rthree\n\rfour")) (a (read-line p)) (b (read-line p)) (c (read-line p)) (d (read-line p)) (e (read-line p))) (list a b c d e)) ;=> ("one" "two" "three" "" "four")
(let* ((p (open-input-string "one\r")) (a (read-line p)) (b (read-line p))) (list a b)) ;=> ("one" #<eof>)
(let* ((p (open-input-string (string-append (make-string 20000 #\a) "\r\n" (make-string 16383 #\λ) "\r\nend"))) (a (read-line p)) (b (read-line p)) (c (read-line p))) (list (string-length a) (string-length b) c)) ;=> (20000 16383 "end")
(let* ((p (open-input-string "abcdef")) (a (read-string 2 p)) (b (read-string 10 p)) (c (read-string 1 p))) (list a b c)) ;=> ("ab" "cdef" #<eof>)
(read-string 0 (open-input-string "abc")) ;=> ""
(read-string 3 (open-input-string "λμν")) ;=> "λμν"
(guard (e (#t 'error)) (read-string -1 (open-input-string "abc"))) ;=> error
(char-ready? (open-input-string "a")) ;=> #t
(char-ready? (open-input-string "")) ;=> #t
(eof-object) ;=> #<eof>
(map eof-object? (list (eof-object) 'eof "" '() #f)) ;=> (#t #f #f #f #f)

; Reading bytes.
(let* ((p (open-input-bytevector #u8(1 2))) (a (peek-u8 p)) (b (read-u8 p)) (c (read-u8 p)) (d (peek-u8 p)) (e (read-u8 p))) (list a b c (eof-object? d) (eof-object? e))) ;=> (1 1 2 #t #t)
(let* ((p (open-input-bytevector #u8(1 2 3 4 5))) (a (read-bytevector 2 p)) (b (read-bytevector 10 p)) (c (read-bytevector 1 p))) (list a b c)) ;=> (#u8(1 2) #u8(3 4 5) #<eof>)
(read-bytevector 0 (open-input-bytevector #u8(1))) ;=> #u8()
(let* ((p (open-input-bytevector #u8(1 2 3))) (b (make-bytevector 5 9)) (n (read-bytevector! b p))) (list n b)) ;=> (3 #u8(1 2 3 9 9))
(let* ((p (open-input-bytevector #u8(1 2 3))) (b (make-bytevector 5 9)) (n (read-bytevector! b p 1 3))) (list n b)) ;=> (2 #u8(9 1 2 9 9))
(let* ((p (open-input-bytevector #u8(1 2 3))) (b (make-bytevector 5 9)) (n (read-bytevector! b p 3))) (list n b)) ;=> (2 #u8(9 9 9 1 2))
(read-bytevector! (make-bytevector 1) (open-input-bytevector #u8())) ;=> #<eof>
(u8-ready? (open-input-bytevector #u8(1))) ;=> #t
(u8-ready? (open-input-bytevector #u8())) ;=> #t

; Writing.
(let ((p (open-output-string))) (write 'piece p) (display " by " p) (write "piece" p) (newline p) (get-output-string p)) ;=> "piece by \"piece\"\n"
(let ((p (open-output-string))) (write-char #\a p) (write-string "bcd" p) (write-string "xyz" p 1) (write-string "xyz" p 1 2) (get-output-string p)) ;=> "abcdyzy"
(let ((p (open-output-string))) (write 1 p) (get-output-string p) (write 2 p) (get-output-string p)) ;=> "12"
(get-output-string (open-output-string)) ;=> ""
(let ((p (open-output-bytevector))) (write-u8 1 p) (write-bytevector #u8(2 3 4) p) (write-bytevector #u8(5 6 7) p 1) (write-bytevector #u8(8 9) p 0 1) (get-output-bytevector p)) ;=> #u8(1 2 3 4 6 7 8)
(guard (e (#t 'error)) (write-u8 256 (open-output-bytevector))) ;=> error
(guard (e (#t 'error)) (write-char "a" (open-output-string))) ;=> error
(guard (e (#t 'error)) (write-string 'a (open-output-string))) ;=> error
(guard (e (#t 'error)) (write-string "abc" (open-output-string) 4)) ;=> error
(let ((p (open-output-string))) (flush-output-port p) (write 1 p) (flush-output-port p) (get-output-string p)) ;=> "1"

; write and display.
(map written '(a "b" #\c 1 1.5 #t #f () (a . b) #(1 "x") #u8(1 2))) ;=> ("a" "\"b\"" "#\\c" "1" "1.5" "#t" "#f" "()" "(a . b)" "#(1 \"x\")" "#u8(1 2)")
(map displayed '(a "b" #\c 1 1.5 #t #f () (a "b" #\c) #("x" #\y))) ;=> ("a" "b" "c" "1" "1.5" "#t" "#f" "()" "(a b c)" "#(x y)")
(written "a\"b\\c\n\t\r\a\b\x1;\x7f;é") ;=> "\"a\\\"b\\\\c\\n\\t\\r\\a\\b\\x1;\\x7f;é\""
(displayed "a\"b\\c") ;=> "a\"b\\c"
(map written (list #\space #\newline #\tab #\null #\delete #\escape #\alarm #\backspace #\return #\x1 #\λ #\( #\x)) ;=> ("#\\space" "#\\newline" "#\\tab" "#\\null" "#\\delete" "#\\escape" "#\\alarm" "#\\backspace" "#\\return" "#\\x1" "#\\λ" "#\\(" "#\\x")
(map written (list '|a b| '|| '|1| 'a.b '|a\|b| 'A '... '+ '|+1| '|.| '|#foo| '|a"b| '|a;b| '|a'b|)) ;=> ("|a b|" "||" "|1|" "a.b" "|a\\|b|" "A" "..." "+" "|+1|" "|.|" "|#foo|" "|a\"b|" "|a;b|" "|a'b|")
(displayed '|a b|) ;=> "a b"
(displayed '(|a b| "c d")) ;=> "(a b c d)"
(map written '('a `a ,a ,@a (quote) (quote a b) (quote . a))) ;=> ("'a" "`a" ",a" ",@a" "(quote)" "(quote a b)" "(quote . a)")
(map written (list +inf.0 -inf.0 +nan.0 -0.0 1e21 1e-7 100.0)) ;=> ("+inf.0" "-inf.0" "+nan.0" "-0.0" "1e21" "1e-7" "100.0")
(written '(1 (2 (3 . 4)) . 5)) ;=> "(1 (2 (3 . 4)) . 5)"
; write labels only what is in a circle; write-shared all that is shared; write-simple nothing.
(let ((x (list 'a))) (list (written (list x x)) (shared (list x x)) (simple (list x x)))) ;=> ("((a) (a))" "(#0=(a) #0#)" "((a) (a))")
(let ((x (list 1 2))) (set-cdr! (cdr x) x) (list (written x) (shared x))) ;=> ("#0=(1 2 . #0#)" "#0=(1 2 . #0#)")
(let ((x (list 'a))) (set-car! x x) (written x)) ;=> "#0=(#0#)"
(let ((v (vector 1 2))) (vector-set! v 1 v) (written v)) ;=> "#0=#(1 #0#)"
(let* ((s "text") (x (list s s))) (list (written x) (shared x))) ;=> ("(\"text\" \"text\")" "(\"text\" \"text\")")
(let* ((x (list 'a)) (y (list x x))) (set-cdr! (cdr y) y) (written y)) ;=> "#0=((a) (a) . #0#)"
(let* ((x (list 'a)) (y (list x x))) (set-cdr! (cdr y) y) (shared y)) ;=> "#0=(#1=(a) #1# . #0#)"
(let ((x (list 1))) (shared (cons x x))) ;=> "(#0=(1) . #0#)"
(let ((x (list 1 2))) (shared (list x (cdr x)))) ;=> "((1 . #0=(2)) #0#)"
(displayed '#0=(a "b" . #0#)) ;=> "#0=(a b . #0#)"
(written '(#0=(a . #0#) #1=(b . #1#))) ;=> "(#0=(a . #0#) #1=(b . #1#))"
(let ((x (list 'quote #f))) (set-car! (cdr x) x) (written x)) ;=> "#0='#0#"
(let ((x (list 'quote 'a))) (shared (list x (cdr x)))) ;=> "((quote . #0=(a)) #0#)"
(shared '(a b)) ;=> "(a b)"
(shared '#(#() ())) ;=> "#(#() ())"
(let ((x '#0=(a #0#))) (equal? x (read (open-input-string (written x))))) ;=> #t
(simple '(1 "a" #\b)) ;=> "(1 \"a\" #\\b)"
(let loop ((n 0) (x '())) (if (< n 100000) (loop (+ n 1) (list x)) (string-length (written x)))) ;=> 200002

; read.
(define (all text) (let ((port (open-input-string text))) (let loop ((found '())) (let ((datum (read port))) (if (eof-object? datum) (reverse found) (loop (cons datum found)))))))
(all "a 1 \"s\" #\\c #t (a . b) #(1) #u8(1) 'q `(a ,b ,@c)") ;=> (a 1 "s" #\c #t (a . b) #(1) #u8(1) 'q `(a ,b ,@c))
(all "(a.b) (a . b) (a .b)") ;=> ((a.b) (a . b) (a .b))
(all "#\\x #\\x41 #\\space #\\( #\\)") ;=> (#\x #\A #\space #\( #\))
(all "1.5 -2 +3 1e3 #xff #b101 +inf.0 -inf.0 +nan.0") ;=> (1.5 -2 3 1000.0 255 5 +inf.0 -inf.0 +nan.0)
(let* ((p (open-input-string "(a)b")) (a (read p)) (b (read-char p))) (list a b)) ;=> ((a) #\b)
(let* ((p (open-input-string "a)")) (a (read p)) (b (read-char p))) (list a b)) ;=> (a #\))
(let* ((p (open-input-string "12 x")) (a (read p)) (b (read-char p))) (list a b)) ;=> (12 #\space)
(read (open-input-string "")) ;=> #<eof>
(read (open-input-string "  ; comment")) ;=> #<eof>
(let ((x (read (open-input-string "(a)")))) (set-car! x 'b) x) ;=> (b)
(let ((x (read (open-input-string "\"abc\"")))) (string-set! x 0 #\x) x) ;=> "xbc"
(define (malformed? text) (guard (e (#t (read-error? e))) (all text) 'read))
(map malformed? '("(" "(a" "(a . " "(a . b" "(a . b c)" "(. a)" "(a . . b)" "#(" "#(a" "#u8(" "#u8(1" "#u8(x)" "#u8(300)" ")" "(a))" "]" "[a]" "{")) ;=> (#t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t)
(map malformed? '("\"" "\"abc" "\"\\" "\"\\z\"" "\"\\x41\"" "|" "|abc" "|\\z|" "#\\" "#\\notaname" "#\\xFFFFFF" "#" "#z" "#tru" "#u9(1)" "#|" "#| #| |#" "#;" "'" "`" "," ",@" "(')" "(#;)")) ;=> (#t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t #t)
(map malformed? '("#0#" "#0=" "#0=#0#" "(#1=a #1=b)" "#1" "#1x" "#!unknown" "." "a . b" "#xyz" "#e" "#b2")) ;=> (#t #t #t #t #t #t #t #t #t #t #t #t)
(map malformed? '("a" "()" "#t" "\"a\"" "#|a|#" "#;a" ";a")) ;=> (read read read read read read read)
; After an error what follows can be read.
(let ((p (open-input-string ") a"))) (guard (e ((read-error? e) (read p))) (read p))) ;=> a

; The console; what is typed stands in 6.13-input-and-output.in.
(let* ((a (read-line)) (b (read-char)) (c (peek-char)) (d (read-string 3)) (e (read-line))) (list a b c d e)) ;=> ("λ one" #\t #\w "wo " "three")
(let* ((a (read)) (b (read)) (c (read)) (d (read-char)) (e (read-char))) (list a b c d e)) ;=> ((a (b . "c\nd")) #(1 2) symbol #\space #\;)
(read-line (current-input-port)) ;=> " no comment"
(parameterize ((current-input-port (open-input-string "other"))) (read-line)) ;=> "other"
(guard (e ((read-error? e) (read-line))) (read)) ;=> " malformed"
(begin (close-port (current-input-port)) (list (input-port-open? (current-input-port)) (read-line))) ;=> (#t "open")
(let* ((a (read-line)) (b (peek-char)) (c (char-ready?)) (d (read-char)) (e (read-line)) (f (read)) (g (read-string 5))) (list a b c d e f g)) ;=> ("end" #<eof> #t #<eof> #<eof> #<eof> #<eof>)
(read-string 0) ;=> ""
(guard (e (#t 'error)) (read-u8)) ;=> error
(guard (e (#t 'error)) (read-char (current-output-port))) ;=> error

; Files.
(begin (call-with-output-file "out.txt" (lambda (p) (write '(1 "two" #\3) p) (newline p) (write-string "line λ" p))) (call-with-input-file "out.txt" (lambda (p) (let* ((a (read p)) (b (read-char p)) (c (read-line p)) (d (read-line p))) (list a b c d))))) ;=> ((1 "two" #\3) #\newline "line λ" #<eof>)
(file-exists? "out.txt") ;=> #t
(file-exists? "there-is-no-such-file") ;=> #f
(begin (with-output-to-file "out.txt" (lambda () (write 'new))) (with-input-from-file "out.txt" read)) ;=> new
(with-input-from-file "out.txt" (lambda () (let* ((a (read-char)) (b (peek-char))) (list a b)))) ;=> (#\n #\e)
(let ((p (open-output-file "out.txt"))) (write 'abc p) (close-port p) (let* ((q (open-input-file "out.txt")) (x (read q))) (close-port q) x)) ;=> abc
(let ((p (open-binary-output-file "out.bin"))) (write-bytevector #u8(0 255 10 13) p) (close-port p) (let* ((q (open-binary-input-file "out.bin")) (x (read-bytevector 10 q))) (close-port q) x)) ;=> #u8(0 255 10 13)
(let ((p (open-output-file "closed.txt"))) (close-output-port p) (list (output-port-open? p) (file-exists? "closed.txt"))) ;=> (#f #t)
(begin (call-with-output-file "gone.txt" (lambda (p) (write 1 p))) (call-with-input-file "gone.txt" read) (delete-file "gone.txt") (file-exists? "gone.txt")) ;=> #f
(call-with-values (lambda () (call-with-output-file "values.txt" (lambda (p) (values 1 2)))) list) ;=> (1 2)
(textual-port? (open-input-file "out.txt")) ;=> #t
(binary-port? (open-binary-input-file "out.bin")) ;=> #t
