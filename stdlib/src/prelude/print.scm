; The printer. Recursion is Scheme's, so depth is bounded by the heap alone.

(define (%output options) (if (null? options) (current-output-port) (car options)))

; The same for what writes more than one element: the port is the second argument of name.
(define (%checked-output name options)
  (%port-check (%output options) name 1 10))
(define (%checked-binary-output name options)
  (%port-check (%output options) name 1 2))

; marks is #f, or a table of the parts that need a datum label: #t before the label is written, its
; number afterwards.

(define (%print object write? port marks)
  (cond ((not (or (pair? object) (vector? object))) (%print-atom object write? port))
        ((and marks (hash-table-ref/default marks object #f))
         (%print-labelled object write? port marks))
        (else (%print-parts object write? port marks))))

(define (%print-parts object write? port marks)
  (if (pair? object)
      (%print-list object write? port marks)
      (%print-vector object write? port marks)))

(define (%print-labelled object write? port marks)
  (let ((label (hash-table-ref/default marks object #f)))
    (%write-char port #\#)
    (if (number? label)
        (begin
          (%write-atom port label #f)
          (%write-char port #\#))
        (let ((label (hash-table-ref/default marks %next-label 0)))
          (hash-table-set! marks %next-label (+ label 1))
          (hash-table-set! marks object label)
          (%write-atom port label #f)
          (%write-char port #\=)
          (%print-parts object write? port marks)))))

; The key of the next label's number in a table of marks.
(define %next-label (list 'next-label))

(define (%print-atom object write? port)
  (cond ((%write-atom port object write?))
        ((bytevector? object) (%print-bytes object port))
        (write?
         (%write-char port #\")
         (%print-text object 0 (string-length object) #t port)
         (%write-char port #\"))
        (else (%print-text object 0 (string-length object) #f port))))

; A bytevector that has at least one byte.
(define (%print-bytes bytes port)
  (%write-atom port "#u8(" #f)
  (%write-atom port (bytevector-u8-ref bytes 0) #f)
  (let loop ((index 1))
    (if (< index (bytevector-length bytes))
        (begin
          (%write-char port #\space)
          (%write-atom port (bytevector-u8-ref bytes index) #f)
          (loop (+ index 1)))))
  (%write-char port #\)))

(define (%print-text text start end escaped? port)
  (let ((next (%write-text port text start end escaped?)))
    (if (< next end) (%print-text text next end escaped? port))))

(define (%print-list items write? port marks)
  (let ((prefix (%abbreviation items marks)))
    (if prefix
        (begin
          (%write-atom port prefix #f)
          (%print (cadr items) write? port marks))
        (begin
          (%write-char port #\()
          (%print (car items) write? port marks)
          (let loop ((rest (cdr items)))
            (cond ((and (pair? rest)
                        (not (and marks (hash-table-ref/default marks rest #f))))
                   (%write-char port #\space)
                   (%print (car rest) write? port marks)
                   (loop (cdr rest)))
                  ((not (null? rest))
                   (%write-atom port " . " #f)
                   (%print rest write? port marks))))
          (%write-char port #\))))))

(define (%abbreviation items marks)
  (and (symbol? (car items))
       (pair? (cdr items))
       (null? (cddr items))
       (not (and marks (hash-table-ref/default marks (cdr items) #f)))
       (case (car items)
         ((quote) "'")
         ((quasiquote) "`")
         ((unquote) ",")
         ((unquote-splicing) ",@")
         (else #f))))

(define (%print-vector items write? port marks)
  (%write-atom port "#(" #f)
  (let ((count (vector-length items)))
    (let loop ((index 0))
      (if (< index count)
          (begin
            (if (> index 0) (%write-char port #\space))
            (%print (vector-ref items index) write? port marks)
            (loop (+ index 1))))))
  (%write-char port #\)))

; The parts that are reached more than once; of these, unless all? is true, only those that contain
; themselves. A part is in the table with #t when it needs a label, with #f when it was seen.
(define (%marks object all?)
  (let ((seen (make-eq-hash-table)) (found #f))
    (define (mark! object)
      (set! found #t)
      (hash-table-set! seen object #t))
    (define (leave object)
      (if (and (not all?) (eq? (hash-table-ref/default seen object #f) 'open))
          (hash-table-set! seen object #f)))
    (define (visit object)
      (if (or (pair? object) (vector? object))
          (let ((state (hash-table-ref/default seen object 'new)))
            (cond ((eq? state 'new)
                   (hash-table-set! seen object (if all? #f 'open))
                   (if (pair? object)
                       (begin
                         (visit (car object))
                         (visit (cdr object)))
                       (vector-for-each visit object))
                   (leave object))
                  ((eq? state 'open) (mark! object))
                  ((and all? (eq? state #f)) (mark! object))))))
    (visit object)
    (and found
         (begin
           (hash-table-walk seen (lambda (part state) (if (eq? state 'open) (hash-table-set! seen part #f))))
           seen))))

; Whether a walk that remembers nothing ends within 4,000,000 parts, nested at most 100,000 deep.
(define (%ends? object)
  (let walk ((object object) (left 4000000) (depth 100000))
    (cond ((= left 0) #f)
          ((pair? object)
           (let ((left (if (or (pair? (car object)) (vector? (car object)))
                           (and (> depth 0) (walk (car object) (- left 1) (- depth 1)))
                           (- left 1))))
             (and left (walk (cdr object) left depth))))
          ((vector? object)
           (let ((count (vector-length object)))
             (let loop ((index 0) (left left))
               (cond ((not left) #f)
                     ((= index count) left)
                     ((= left 0) #f)
                     (else
                       (loop (+ index 1)
                             (and (> depth 0)
                                  (walk (vector-ref object index) (- left 1) (- depth 1)))))))))
          (else left))))

; Structures that end have no cycle; others are searched for one (R7RS 6.13.3, write).
(define (%cycle-marks object)
  (cond ((not (or (pair? object) (vector? object))) #f)
        ((%small-tree? object) #f)
        ((%ends? object) #f)
        (else (%marks object #f))))

; The console gets a structure in one piece, not element by element. What the printer returns is of no
; meaning to programs: they get the unspecified value.
(define (%print-to object write? port marks)
  (if (and (eq? port %console-output) (or (pair? object) (vector? object)))
      (let ((kept (open-output-string)))
        (%print object write? kept marks)
        (%print-atom (get-output-string kept) #f port))
      (%print object write? port marks))
  (void))

(define (write object . port)
  (%print-to object #t (%checked-output 'write port) (%cycle-marks object)))
(define (write-simple object . port)
  (%print-to object #t (%checked-output 'write-simple port) #f))
(define (write-shared object . port)
  (%print-to object #t (%checked-output 'write-shared port) (%marks object #t)))
(define (display object . port)
  (%print-to object #f (%checked-output 'display port) (%cycle-marks object)))
(define (newline . port) (%write-char (%output port) #\newline 'newline 0))
(define (write-char character . port) (%write-char (%output port) character 'write-char 1))

(define (write-string text . options)
  (let* ((length (%string-check 'write-string text 0))
         (port (%checked-output 'write-string options))
         (range (if (null? options) '() (cdr options)))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'write-string 2)
    (%print-text text start end #f port)))

(define (write-line object . port)
  (let ((port (%checked-output 'write-line port)))
    (%print-to object #t port (%cycle-marks object))
    (%write-char port #\newline)))

(define (write-u8 byte . port) (%write-byte (%output port) byte 'write-u8 1))

(define (write-bytevector bytes . options)
  (let* ((length (%bytevector-check 'write-bytevector bytes 0))
         (port (%checked-binary-output 'write-bytevector options))
         (range (if (null? options) '() (cdr options)))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'write-bytevector 2)
    (let loop ((from start))
      (let ((next (%write-bytes port bytes from end)))
        (if (< next end) (loop next))))))

; Shows the value of an expression on the command line, unless it has none.
(define (%show-result value)
  (if (not (eq? value (void)))
      (begin
        (write value)
        (newline))))

; What (help topic) becomes: shows what there is to say of a name or a library.
(define (%help topic)
  (write-string
    (%help-text
      (cond ((symbol? topic) (symbol->string topic))
            ((string? topic) topic)
            (else (call-with-output-string (lambda (port) (write topic port)))))))
  (void))
