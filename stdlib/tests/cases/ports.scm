; Ports, on strings and bytevectors, and the printer.
(call-with-output-string (lambda (p) (write '(1 "a" #\b) p) (display '(1 "a" #\b) p))) ;=> "(1 \"a\" #\\b)(1 a b)"
(let ((p (open-output-string))) (write 'a p) (write-char #\space p) (write-string "xyz" p 1) (newline p) (get-output-string p)) ;=> "a yz\n"
(let ((p (open-output-string))) (do ((i 0 (+ i 1))) ((= i 5000)) (write-string "ab" p)) (string-length (get-output-string p))) ;=> 10000
(let ((p (open-output-string))) (write-string (make-string 50000 #\λ) p) (let ((s (get-output-string p))) (list (string-length s) (string-ref s 49999)))) ;=> (50000 #\λ)
(let ((p (open-output-string))) (write (make-string 20000 #\") p) (string-length (get-output-string p))) ;=> 40002
(with-output-to-string (lambda () (display "hi") (write "hi"))) ;=> "hi\"hi\""
(let ((p (open-input-string "aλ\nline two\n\nend"))) (let* ((a (read-char p)) (b (peek-char p)) (c (read-char p)) (d (read-line p)) (e (read-line p)) (f (read-line p)) (g (read-line p)) (h (read-line p))) (list a b c d e f g h))) ;=> (#\a #\λ #\λ "" "line two" "" "end" #<eof>)
(read-string 3 (open-input-string "abcde")) ;=> "abc"
(read-string 10 (open-input-string "abcde")) ;=> "abcde"
(read-string 10 (open-input-string "")) ;=> #<eof>
(read-string 0 (open-input-string "")) ;=> ""
(string-length (read-string 40000 (open-input-string (make-string 50000 #\λ)))) ;=> 40000
(string-length (read-line (open-input-string (string-append (make-string 50000 #\λ) "\nx")))) ;=> 50000
(let ((p (open-input-bytevector #u8(1 2 3)))) (let* ((a (read-u8 p)) (b (peek-u8 p)) (c (read-bytevector 5 p)) (d (read-u8 p))) (list a b c d))) ;=> (1 2 #u8(2 3) #<eof>)
(let ((b (make-bytevector 4 0))) (list (read-bytevector! b (open-input-bytevector #u8(7 8)) 1) b)) ;=> (2 #u8(0 7 8 0))
(let ((p (open-output-bytevector))) (write-u8 1 p) (write-bytevector #u8(2 3 4) p 1) (get-output-bytevector p)) ;=> #u8(1 3 4)
(list (port? (current-output-port)) (input-port? (current-input-port)) (output-port? (open-input-string "")) (textual-port? (open-input-string "")) (binary-port? (open-input-bytevector #u8()))) ;=> (#t #t #f #t #t)
(let ((p (open-input-string "x"))) (close-port p) (list (input-port-open? p))) ;=> (#f)
(let ((p (open-output-string))) (write 1 p) (close-output-port p) (close-port p) (list (output-port-open? p) (get-output-string p))) ;=> (#f "1")
(call-with-port (open-input-string "abc") read-char) ;=> #\a
(char-ready? (open-input-string "x")) ;=> #t
''a ;=> 'a
'(quote a b) ;=> (quote a b)
'`(a ,b ,@c) ;=> `(a ,b ,@c)
'(1 . (2 . 3)) ;=> (1 2 . 3)
'#(1 #(2) ()) ;=> #(1 #(2) ())
(list #t #f '() (string->symbol "A b") 'sym "s") ;=> (#t #f () |A b| sym "s")
(call-with-output-string (lambda (p) (display (list #t 'a "b" #\c 1.5 '|d e|) p))) ;=> "(#t a b c 1.5 d e)"
(with-input-from-string "hello" (lambda () (read-char) (read-char))) ;=> #\e
(file-exists? "/no/such/file") ;=> #f
; Datum labels: for cycles only with write and display, for everything shared with write-shared.
(let ((l (list 1 2 3))) (set-cdr! (cddr l) l) l) ;=> #0=(1 2 3 . #0#)
(let ((l (list 1 2 3))) (set-cdr! (cddr l) (cdr l)) l) ;=> (1 . #0=(2 3 . #0#))
(let ((v (vector 1 2))) (vector-set! v 1 v) (list v 'x v)) ;=> (#0=#(1 #0#) x #0#)
(let ((v (vector 1 2))) (vector-set! v 1 v) v) ;=> #0=#(1 #0#)
(let ((v (make-vector 5 1))) (vector-set! v 4 v) v) ;=> #0=#(1 1 1 1 #0#)
(let ((a (list 'a))) (list a a)) ;=> ((a) (a))
(let ((a (list 'a))) (call-with-output-string (lambda (p) (write-shared (list a a) p)))) ;=> "(#0=(a) #0#)"
(call-with-output-string (lambda (p) (write-shared '(1 (2) #(3)) p))) ;=> "(1 (2) #(3))"
(let ((a (list 'quote 'b))) (set-cdr! (cdr a) a) (call-with-output-string (lambda (p) (display a p)))) ;=> "#0=(quote b . #0#)"
(let ((a (list 'quote 'b))) (set-car! (cdr a) a) a) ;=> #0='#0#

; A bytevector too long for one step is written in several.
(string-length (call-with-output-string (lambda (port) (write (make-bytevector 20000 1) port)))) ;=> 40004
(equal? (call-with-output-string (lambda (port) (write (make-bytevector 16385 7) port)))
        (call-with-output-string (lambda (port) (display (make-bytevector 16385 7) port)))) ;=> #t
