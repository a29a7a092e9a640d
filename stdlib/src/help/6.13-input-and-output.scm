; Input and output.

(section "R7RS 6.13.1")

(call-with-port
  "(call-with-port port procedure)"
  "Calls the procedure with the port, closes the port when that returns, and gives its values."
  (call-with-port (open-input-string "abc") read-char) => #\a)

(call-with-input-file
  "(call-with-input-file path procedure)"
  "Opens a file for reading text, calls the procedure with the port, closes it when that returns, and gives its values."
  (call-with-output-file "notes" (lambda (port) (display "first line" port)))
  (call-with-input-file "notes" read-line) => "first line")

(call-with-output-file
  "(call-with-output-file path procedure)"
  "Makes a file or empties the one there is, calls the procedure with a port that writes text into it, closes it when that returns, and gives its values."
  (call-with-output-file "notes" (lambda (port) (write '(1 "two") port)))
  (call-with-input-file "notes" read) => (1 "two"))

(input-port? (list (input-port? (open-input-string "")) (input-port? 5)) => (#t #f))

(output-port? (list (output-port? (open-output-string)) (output-port? 5)) => (#t #f))

(textual-port? (list (textual-port? (open-input-string "")) (textual-port? (open-input-bytevector #u8()))) => (#t #f))

(binary-port? (list (binary-port? (open-input-bytevector #u8())) (binary-port? (open-input-string ""))) => (#t #f))

(port? (list (port? (current-output-port)) (port? "notes")) => (#t #f))

(input-port-open?
  (let ((port (open-input-string "abc"))) (close-port port) (input-port-open? port)) => #f
  (input-port-open? (open-input-string "abc")) => #t)

(output-port-open?
  (let ((port (open-output-string))) (close-port port) (output-port-open? port)) => #f
  (output-port-open? (current-output-port)) => #t)

(current-input-port
  "(current-input-port)"
  "The port that is read from if none is given: a parameter, at first the console, which is the standard input. A process that reads what has not come yet waits, and others run."
  (parameterize ((current-input-port (open-input-string "abc"))) (read-char)) => #\a)

(current-output-port
  "(current-output-port)"
  "The port that is written to if none is given: a parameter, at first the console."
  (let ((port (open-output-string)))
    (parameterize ((current-output-port port)) (write 'kept))
    (get-output-string port)) => "kept")

(current-error-port
  "(current-error-port)"
  "The port for messages: a parameter, at first the console."
  (display "careful" (current-error-port)) shows "careful")

(with-input-from-file
  "(with-input-from-file path thunk)"
  "Calls the thunk while current-input-port reads the text of the file, and closes that when it returns."
  (with-output-to-file "notes" (lambda () (display "7 8")))
  (with-input-from-file "notes" (lambda () (+ (read) (read)))) => 15)

(with-output-to-file
  "(with-output-to-file path thunk)"
  "Calls the thunk while current-output-port writes text into the file, which is made or emptied, and closes that when it returns."
  (with-output-to-file "notes" (lambda () (display "hello")))
  (call-with-input-file "notes" read-line) => "hello")

(open-input-file
  "(open-input-file path)"
  "A port that reads the text of a file, as it is now. A file that is not there is an error."
  (guard (e ((file-error? e) 'no-file)) (open-input-file "no-such-file")) => no-file)

(open-binary-input-file
  "(open-binary-input-file path)"
  "A port that reads the bytes of a file, as they are now. A file that is not there is an error."
  (with-output-to-file "notes" (lambda () (display "AB")))
  (read-bytevector 2 (open-binary-input-file "notes")) => #u8(65 66))

(open-output-file
  "(open-output-file path)"
  "A port that writes text into a file, which is made or emptied. What is written gets there once the commit that contains it is on the disk, exactly once."
  (let ((port (open-output-file "notes"))) (write 'kept port) (close-port port))
  (call-with-input-file "notes" read) => kept)

(open-binary-output-file
  "(open-binary-output-file path)"
  "As open-output-file, for bytes."
  (let ((port (open-binary-output-file "bytes"))) (write-u8 65 port) (close-port port))
  (call-with-input-file "bytes" read-char) => #\A)

(close-port
  "(close-port port)"
  "Ends reading and writing; what was written goes out. Closing a port again does nothing, using it is an error."
  (let ((port (open-input-string "abc"))) (close-port port) (read-char port)) fails "E0116 read-char: the port is closed")

(close-input-port
  "(close-input-port port)"
  "Ends reading from a port."
  (let ((port (open-input-string "abc"))) (close-input-port port) (input-port-open? port)) => #f)

(close-output-port
  "(close-output-port port)"
  "Ends writing to a port; what was written goes out."
  (let ((port (open-output-string))) (close-output-port port) (output-port-open? port)) => #f)

(open-input-string
  "(open-input-string string)"
  "A port that reads the characters of a string."
  (read-line (open-input-string "one\ntwo")) => "one")

(open-output-string
  "(open-output-string)"
  "A port that keeps the text written to it for get-output-string."
  (let ((port (open-output-string))) (write 'a port) (display "b" port) (get-output-string port)) => "ab")

(get-output-string
  "(get-output-string port)"
  "The text written so far to a port of open-output-string. Another port is an error."
  (let ((port (open-output-string))) (write "x" port) (get-output-string port)) => "\"x\""
  (get-output-string (open-input-string "abc")) fails "E0104 get-output-string expects a string output port as its first argument, found #<port>")

(open-input-bytevector
  "(open-input-bytevector bytevector)"
  "A port that reads the bytes of a bytevector."
  (read-u8 (open-input-bytevector #u8(7 8))) => 7)

(open-output-bytevector
  "(open-output-bytevector)"
  "A port that keeps the bytes written to it for get-output-bytevector."
  (let ((port (open-output-bytevector))) (write-u8 7 port) (get-output-bytevector port)) => #u8(7))

(get-output-bytevector
  "(get-output-bytevector port)"
  "The bytes written so far to a port of open-output-bytevector. Another port is an error."
  (let ((port (open-output-bytevector)))
    (write-bytevector #u8(1 2 3) port)
    (get-output-bytevector port)) => #u8(1 2 3))

(section "R7RS 6.13.2")

(read
  "(read [port])"
  "The next datum of the port, or the end-of-file object if there is none. Text that is no datum is an error for which read-error? is #t."
  (read (open-input-string "(a . #(1 \"b\")) rest")) => (a . #(1 "b"))
  (eof-object? (read (open-input-string " ; nothing"))) => #t
  (read (open-input-string "(1 2")) fails "E0120 read: the text ends inside a list")

(read-char
  "(read-char [port])"
  "The next character of the port, or the end-of-file object."
  (let ((port (open-input-string "ab"))) (list (read-char port) (read-char port))) => (#\a #\b)
  (eof-object? (read-char (open-input-string ""))) => #t)

(peek-char
  "(peek-char [port])"
  "The next character of the port, which stays there, or the end-of-file object."
  (let ((port (open-input-string "ab"))) (list (peek-char port) (read-char port))) => (#\a #\a))

(read-line
  "(read-line [port])"
  "The characters up to the end of the line, which is taken but not part of the string; the end-of-file object if there are none left."
  (let ((port (open-input-string "one\r\ntwo"))) (list (read-line port) (read-line port))) => ("one" "two")
  (eof-object? (read-line (open-input-string ""))) => #t)

(eof-object
  (eof-object? (eof-object)) => #t)

(eof-object?
  (eof-object? (read-char (open-input-string ""))) => #t
  (eof-object? 'eof) => #f)

(char-ready?
  "(char-ready? [port])"
  "#t if read-char would return at once, with a character or the end-of-file object; #f if it would wait for the console."
  (char-ready? (open-input-string "a")) => #t)

(read-string
  "(read-string count [port])"
  "The next count characters, or those there are; the end-of-file object if there are none left."
  (read-string 3 (open-input-string "abcde")) => "abc"
  (read-string 9 (open-input-string "abcde")) => "abcde")

(read-u8
  "(read-u8 [port])"
  "The next byte of a binary port, or the end-of-file object."
  (read-u8 (open-input-bytevector #u8(7 8))) => 7
  (read-u8 (open-input-string "a")) fails "E0104 read-u8 expects a binary input port as its first argument, found #<port>")

(peek-u8
  "(peek-u8 [port])"
  "The next byte of a binary port, which stays there, or the end-of-file object."
  (let ((port (open-input-bytevector #u8(7 8)))) (list (peek-u8 port) (read-u8 port))) => (7 7))

(u8-ready?
  "(u8-ready? [port])"
  "#t as soon as read-u8 would return at once."
  (u8-ready? (open-input-bytevector #u8(7))) => #t)

(read-bytevector
  "(read-bytevector count [port])"
  "The next count bytes, or those there are, as a bytevector; the end-of-file object if there are none left."
  (read-bytevector 2 (open-input-bytevector #u8(1 2 3))) => #u8(1 2))

(read-bytevector!
  "(read-bytevector! bytevector [port start end])"
  "Reads bytes into a bytevector, from start up to before end, and gives their number, or the end-of-file object if there are none left."
  (let* ((bytes (make-bytevector 4 0))
         (count (read-bytevector! bytes (open-input-bytevector #u8(1 2 3)) 1)))
    (list count bytes)) => (3 #u8(0 1 2 3)))

(section "R7RS 6.13.3")

(write
  "(write value [port])"
  "Writes a datum so that read reads it back: strings between quotes, with labels where data contain themselves."
  (write '(a "b" #\c)) shows "(a \"b\" #\\c)"
  (let ((x (list 1 2))) (set-cdr! (cdr x) x) (write x)) shows "#0=(1 2 . #0#)")

(write-shared
  "(write-shared value [port])"
  "As write, with labels for all pairs and vectors that stand in more than one place."
  (let ((x (list 1))) (write-shared (list x x))) shows "(#0=(1) #0#)")

(write-simple
  "(write-simple value [port])"
  "As write, but never with labels; it does not end on data that contain themselves."
  (let ((x (list 1))) (write-simple (list x x))) shows "((1) (1))")

(display
  "(display value [port])"
  "Writes a value for people: strings and characters as they are."
  (display '(a "b" #\c)) shows "(a b c)")

(newline
  "(newline [port])"
  "Writes the end of a line."
  (begin (display 1) (newline) (display 2)) shows "1\n2")

(write-char
  "(write-char char [port])"
  "Writes a character as it is."
  (write-char #\λ) shows "λ"
  (write-char "a") fails "E0104 write-char expects a character as its first argument, found \"a\"")

(write-string
  "(write-string string [port start end])"
  "Writes the characters of a string as they are, those from start up to before end."
  (write-string "abc") shows "abc"
  (write-string "abcde" (current-output-port) 1 3) shows "bc")

(write-u8
  "(write-u8 byte [port])"
  "Writes a byte to a binary port."
  (let ((port (open-output-bytevector))) (write-u8 255 port) (get-output-bytevector port)) => #u8(255)
  (write-u8 1 (open-output-string)) fails "E0104 write-u8 expects a binary output port as its second argument, found #<port>")

(write-bytevector
  "(write-bytevector bytevector [port start end])"
  "Writes the bytes of a bytevector to a binary port, those from start up to before end."
  (let ((port (open-output-bytevector)))
    (write-bytevector #u8(1 2 3 4) port 1 3)
    (get-output-bytevector port)) => #u8(2 3))

(flush-output-port
  "(flush-output-port [port])"
  "Passes on what was written and is kept for more."
  (begin (display "now") (flush-output-port)) shows "now")
