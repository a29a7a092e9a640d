; The printer. Recursion is Scheme's, so depth is bounded by the heap alone.

(define (%output options) (if (null? options) (current-output-port) (car options)))

(define (%print object write? port)
  (cond ((pair? object) (%print-list object write? port))
        ((vector? object) (%print-vector object write? port))
        (else (%print-atom object write? port))))

(define (%print-atom object write? port)
  (if (not (%write-atom port object write?))
      (if write?
          (begin
            (%write-char port #\")
            (%print-text object 0 (string-length object) #t port)
            (%write-char port #\"))
          (%print-text object 0 (string-length object) #f port))))

(define (%print-text text start end escaped? port)
  (let ((next (%write-text port text start end escaped?)))
    (if (< next end) (%print-text text next end escaped? port))))

(define (%print-list items write? port)
  (let ((prefix (%abbreviation items)))
    (if prefix
        (begin
          (%write-atom port prefix #f)
          (%print (cadr items) write? port))
        (begin
          (%write-char port #\()
          (%print (car items) write? port)
          (let loop ((rest (cdr items)))
            (cond ((pair? rest)
                   (%write-char port #\space)
                   (%print (car rest) write? port)
                   (loop (cdr rest)))
                  ((not (null? rest))
                   (%write-atom port " . " #f)
                   (%print rest write? port))))
          (%write-char port #\))))))

(define (%abbreviation items)
  (and (symbol? (car items))
       (pair? (cdr items))
       (null? (cddr items))
       (case (car items)
         ((quote) "'")
         ((quasiquote) "`")
         ((unquote) ",")
         ((unquote-splicing) ",@")
         (else #f))))

(define (%print-vector items write? port)
  (%write-atom port "#(" #f)
  (let ((count (vector-length items)))
    (let loop ((index 0))
      (if (< index count)
          (begin
            (if (> index 0) (%write-char port #\space))
            (%print (vector-ref items index) write? port)
            (loop (+ index 1))))))
  (%write-char port #\)))

; The console gets a structure in one piece, not element by element.
(define (%print-to object write? port)
  (if (and (eq? port %console-output) (or (pair? object) (vector? object)))
      (let ((kept (open-output-string)))
        (%print object write? kept)
        (%print-atom (get-output-string kept) #f port))
      (%print object write? port)))

(define (write object . port) (%print-to object #t (%output port)))
(define (write-simple object . port) (%print-to object #t (%output port)))
(define (write-shared object . port) (%print-to object #t (%output port)))
(define (display object . port) (%print-to object #f (%output port)))
(define (newline . port) (%write-char (%output port) #\newline))
(define (write-char character . port) (%write-char (%output port) character))

(define (write-string text . options)
  (let* ((length (%string-check 'write-string text 0))
         (port (%output options))
         (range (if (null? options) '() (cdr options)))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'write-string)
    (%print-text text start end #f port)))

(define (write-line object . port)
  (let ((port (%output port)))
    (%print-to object #t port)
    (%write-char port #\newline)))

(define (write-u8 byte . port) (%write-byte (%output port) byte))

(define (write-bytevector bytes . options)
  (let* ((length (%bytevector-check 'write-bytevector bytes 0))
         (port (%output options))
         (range (if (null? options) '() (cdr options)))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'write-bytevector)
    (let loop ((from start))
      (let ((next (%write-bytes port bytes from end)))
        (if (< next end) (loop next))))))
