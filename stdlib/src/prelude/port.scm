; Ports: the current ones, files, strings, and reading.

(define %console-output (%console-port 2))
(define %console-input (%console-port 1))

(define (%check-port name port test?)
  (if (test? port) port (%wrong-type name 0 "a port" port)))

(define current-output-port
  (make-parameter %console-output (lambda (port) (%check-port 'current-output-port port output-port?))))
(define current-error-port
  (make-parameter %console-output (lambda (port) (%check-port 'current-error-port port output-port?))))
(define current-input-port
  (make-parameter %console-input (lambda (port) (%check-port 'current-input-port port input-port?))))

(define (close-port port) (%close-port port 3))
(define (close-input-port port) (%close-port port 1))
(define (close-output-port port) (%close-port port 2))
(define (flush-output-port . port)
  (%flush-port (if (null? port) (current-output-port) (car port)) 'flush-output-port 0))
(define (flush-output . port)
  (%flush-port (if (null? port) (current-output-port) (car port)) 'flush-output 0))

; Strings and bytevectors as ports.

(define (open-input-string text)
  (%string-check 'open-input-string text 0)
  (%open-input (string->utf8 text) #t #f))
(define (open-input-bytevector bytes) (%open-input bytes #f #f))
(define (open-output-string) (%open-output #t))
(define (open-output-bytevector) (%open-output #f))

(define (get-output-bytevector port)
  (if (textual-port? port)
      (%wrong-type 'get-output-bytevector 0 "a port of open-output-bytevector" port))
  (%joined-bytes (%output-pieces port 'get-output-bytevector)))
(define (%joined-bytes pieces) (%apply bytevector-append (%reversed pieces '())))
(define (get-output-string port)
  (if (binary-port? port)
      (%wrong-type 'get-output-string 0 "a port of open-output-string" port))
  (or (%output-text port) (utf8->string (%joined-bytes (%output-pieces port)))))

(define (call-with-output-string procedure)
  (if (not (procedure? procedure)) (%procedure-check 'call-with-output-string 0 procedure))
  (let ((port (open-output-string)))
    (procedure port)
    (get-output-string port)))

(define (with-output-to-string . thunk)
  (if (pair? thunk) (%procedure-check 'with-output-to-string 0 (car thunk)))
  (let ((port (open-output-string)))
    (if (pair? thunk)
        (%parameterize (list (cons current-output-port port)) (car thunk)))
    (get-output-string port)))

(define (with-input-from-string text thunk)
  (%string-check 'with-input-from-string text 0)
  (%procedure-check 'with-input-from-string 1 thunk)
  (%parameterize (list (cons current-input-port (open-input-string text))) thunk))

; Files. A file is read as a whole when it is opened; what this program has written to it and is not
; in the file yet is waited for.

(define (%await-file path name)
  (if (%file-pending? path name)
      (begin
        (%await-effects)
        (%await-file path name))))

(define (%open-input-file path textual? name)
  (%await-file path name)
  (%open-input (%read-file path name) textual? path))

(define (open-input-file path) (%open-input-file path #t 'open-input-file))
(define (open-binary-input-file path) (%open-input-file path #f 'open-binary-input-file))
(define (open-output-file path) (%open-output-file path #t))
(define (open-binary-output-file path) (%open-output-file path #f))

(define (file-exists? path)
  (%await-file path 'file-exists?)
  (%file-exists? path))

(define (delete-file path)
  (%await-file path 'delete-file)
  (%delete-file path)
  (%await-file path 'delete-file))

(define (call-with-port port procedure)
  (if (not (port? port)) (%wrong-type 'call-with-port 0 "a port" port))
  (%procedure-check 'call-with-port 1 procedure)
  (%call-with-port port procedure))

(define (%call-with-port port procedure)
  (%call-with-values
    (lambda () (procedure port))
    (lambda results
      (close-port port)
      (%apply values results))))

; The arguments of name are a path and a procedure.
(define (%check-path-and-procedure name path procedure)
  (%string-check name path 0)
  (%procedure-check name 1 procedure))

(define (call-with-input-file path procedure)
  (%check-path-and-procedure 'call-with-input-file path procedure)
  (%call-with-port (%open-input-file path #t 'call-with-input-file) procedure))
(define (call-with-output-file path procedure)
  (%check-path-and-procedure 'call-with-output-file path procedure)
  (%call-with-port (%open-output-file path #t 'call-with-output-file) procedure))

(define (%with-port parameter port thunk)
  (%call-with-port port
                   (lambda (port) (%parameterize (list (cons parameter port)) thunk))))

(define (with-input-from-file path thunk)
  (%check-path-and-procedure 'with-input-from-file path thunk)
  (%with-port current-input-port (%open-input-file path #t 'with-input-from-file) thunk))
(define (with-output-to-file path thunk)
  (%check-path-and-procedure 'with-output-to-file path thunk)
  (%with-port current-output-port (%open-output-file path #t 'with-output-to-file) thunk))

; Reading.

(define (%input options) (if (null? options) (current-input-port) (car options)))

; The same for what reads more than one element: the port is an argument of name.
(define (%checked-input name position options)
  (%port-check (%input options) name position 9))
(define (%checked-binary-input name position options)
  (%port-check (%input options) name position 1))

(define (read-char . port) (%read-char (%input port) 'read-char 0))
(define (peek-char . port) (%peek-char (%input port) 'peek-char 0))
(define (char-ready? . port) (%char-ready? (%input port) 'char-ready? 0))
(define (read-u8 . port) (%read-byte (%input port) 'read-u8 0))
(define (peek-u8 . port) (%peek-byte (%input port) 'peek-u8 0))
(define (u8-ready? . port) (begin (%peek-byte (%input port) 'u8-ready? 0) #t))

(define (read-line . port)
  (let ((port (%checked-input 'read-line 0 port)))
    (or (%read-line port)
        (let ((line (open-output-string)))
          (let loop ()
            (let ((character (%read-char port)))
              (cond ((or (eof-object? character) (eqv? character #\newline))
                     (get-output-string line))
                    ((eqv? character #\return)
                     (%skip-newline port)
                     (get-output-string line))
                    (else
                      (%write-char line character)
                      (loop)))))))))

; Reads up to count elements in pieces by (read-piece port count) and joins them.
(define (%read-pieces read-piece length-of join port count)
  (let loop ((left count) (pieces '()))
    (let* ((wanted (min left 16384)) (piece (read-piece port wanted)))
      (cond ((and (eof-object? piece) (null? pieces)) piece)
            ((eof-object? piece) (%apply join (reverse pieces)))
            ((or (= left wanted) (< (length-of piece) wanted))
             (%apply join (reverse (cons piece pieces))))
            (else (loop (- left wanted) (cons piece pieces)))))))

(define (read-string count . port)
  ; Older programs write the port first.
  (if (port? count)
      (read-string (car port) count)
      (%read-pieces (lambda (port count) (%read-string port count))
                    (lambda (text) (string-length text))
                    string-append
                    (%checked-input 'read-string 1 port)
                    (%count-check count 'read-string))))

(define (read-bytevector count . port)
  (%read-pieces (lambda (port count) (%read-bytes port count))
                (lambda (bytes) (bytevector-length bytes))
                bytevector-append
                (%checked-binary-input 'read-bytevector 1 port)
                (%count-check count 'read-bytevector)))

(define (read-bytevector! bytes . options)
  (let* ((port (%checked-binary-input 'read-bytevector! 1 options))
         (range (if (null? options) '() (cdr options)))
         (length (%bytevector-check 'read-bytevector! bytes 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'read-bytevector! 2)
    (let ((found (read-bytevector (- end start) port)))
      (if (eof-object? found)
          found
          (begin
            (bytevector-copy! bytes start found)
            (bytevector-length found))))))
