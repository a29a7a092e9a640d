; read (R7RS 6.13.2, 7.1): one datum from a textual port, character by character, so that the port is
; left right behind it. Recursion is Scheme's, so depth is bounded by the heap alone.
;
; What reads a datum takes the port and the labels of the outermost datum: a pair of a table of labels,
; or #f while there are none, and whether a datum refers to its own label. Such a reference is a record
; of %label-type until the outermost datum is complete.

(define (read . port)
  (let* ((port (%checked-input 'read 0 port))
         (labels (cons #f #f))
         (item (%read-item port labels)))
    (cond ((eq? item %closing) (%read-error port "a parenthesis closes nothing"))
          ((eq? item %dot) (%read-error port "a dot stands outside a list"))
          ((cdr labels) (%resolve-labels item))
          (else item))))

; Raises an error for which read-error? is true.
(define (%read-error port message . irritants)
  (let* ((path (%port-path port))
         (name (if path (string-append "read of " path ": ") "read: ")))
    (%apply %fault (cons 120 (cons (string-append name message) irritants)))))

(define (%text-ends port where)
  (%read-error port (string-append "the text ends " where)))

; What stands in a text and is no datum.
(define %closing (list 'closing))
(define %dot (list 'dot))

; The next datum, %closing, %dot, or the end-of-file object.
(define (%read-item port labels)
  (let ((character (%read-char port)))
    (if (eof-object? character)
        character
        (case character
          ((#\space #\newline) (%read-item port labels))
          ((#\() (%read-list port labels))
          ((#\)) %closing)
          ((#\;) (read-line port) (%read-item port labels))
          ((#\") (%read-quoted character "inside a string" port))
          ((#\|) (string->symbol (%read-quoted character "inside a symbol" port)))
          ((#\#) (%read-hash port labels))
          ((#\') (%read-abbreviation 'quote "behind '" port labels))
          ((#\`) (%read-abbreviation 'quasiquote "behind `" port labels))
          ((#\,)
           (if (eqv? (%peek-char port) #\@)
               (begin
                 (%read-char port)
                 (%read-abbreviation 'unquote-splicing "behind ,@" port labels))
               (%read-abbreviation 'unquote "behind ," port labels)))
          ((#\[ #\] #\{ #\}) (%read-error port "this bracket is reserved:" character))
          (else
            (if (char-whitespace? character)
                (%read-item port labels)
                (%read-word character port)))))))

; The datum that must stand at a place.
(define (%read-datum where port labels)
  (let ((item (%read-item port labels)))
    (cond ((eof-object? item) (%text-ends port where))
          ((eq? item %closing)
           (%read-error port (string-append "expected a datum " where ", found )")))
          ((eq? item %dot)
           (%read-error port (string-append "expected a datum " where ", found a dot")))
          (else item))))

(define (%read-abbreviation name where port labels)
  (list name (%read-datum where port labels)))

; The abbreviations of R6RS for syntax: what stands behind the hash sign is read already.
(define (%read-syntax-abbreviation character port labels)
  (case character
    ((#\') (%read-abbreviation 'syntax "behind #'" port labels))
    ((#\`) (%read-abbreviation 'quasisyntax "behind #`" port labels))
    (else
      (if (eqv? (%peek-char port) #\@)
          (begin
            (%read-char port)
            (%read-abbreviation 'unsyntax-splicing "behind #,@" port labels))
          (%read-abbreviation 'unsyntax "behind #," port labels)))))

(define (%read-list port labels)
  (let loop ((items '()))
    (let ((item (%read-item port labels)))
      (cond ((eof-object? item) (%text-ends port "inside a list"))
            ((eq? item %closing) (reverse! items))
            ((not (eq? item %dot)) (loop (cons item items)))
            ((null? items) (%read-error port "a dot stands before the first element of a list"))
            (else (append-reverse! items (%read-tail port labels)))))))

; What stands behind the dot of a list, and the parenthesis.
(define (%read-tail port labels)
  (let* ((tail (%read-datum "behind a dot" port labels))
         (item (%read-item port labels)))
    (cond ((eq? item %closing) tail)
          ((eof-object? item) (%text-ends port "inside a list"))
          (else (%read-error port "a dot is followed by one datum only")))))

; The elements of what has no dotted tail.
(define (%read-elements where port labels)
  (let loop ((items '()))
    (let ((item (%read-item port labels)))
      (cond ((eof-object? item) (%text-ends port where))
            ((eq? item %closing) (reverse! items))
            ((eq? item %dot) (%read-error port (string-append "a dot stands " where)))
            (else (loop (cons item items)))))))

(define (%read-bytevector port labels)
  (let* ((items (%read-elements "inside a bytevector" port labels))
         (bytes (make-bytevector (length items))))
    (let loop ((rest items) (index 0))
      (if (null? rest)
          bytes
          (let ((item (car rest)))
            (if (not (and (exact-integer? item) (<= 0 item 255)))
                (%read-error port "expected a byte (0 to 255) in a bytevector, found" item))
            (bytevector-u8-set! bytes index item)
            (loop (cdr rest) (+ index 1)))))))

; What a hash sign begins; it is read already.
(define (%read-hash port labels)
  (let ((next (%peek-char port)))
    (cond ((eof-object? next) (%text-ends port "behind #"))
          ((char<=? #\0 next #\9) (%read-label port labels))
          (else
            (case next
              ((#\()
               (%read-char port)
               (list->vector (%read-elements "inside a vector" port labels)))
              ((#\\)
               (%read-char port)
               (%read-character port))
              ((#\;)
               (%read-char port)
               (%read-datum "behind #;" port labels)
               (%read-item port labels))
              ((#\|)
               (%read-char port)
               (%skip-comment port)
               (%read-item port labels))
              ((#\!)
               (%read-directive port)
               (%read-item port labels))
              ((#\' #\` #\,)
               (%read-char port)
               (%read-syntax-abbreviation next port labels))
              (else (%read-hash-word port labels)))))))

; A boolean, a bytevector or a number with a prefix.
(define (%read-hash-word port labels)
  (let* ((token (%read-token '(#\#) port))
         (folded (string-foldcase token)))
    (cond ((member folded '("#t" "#true")) #t)
          ((member folded '("#f" "#false")) #f)
          ((and (string=? folded "#u8") (eqv? (%peek-char port) #\())
           (%read-char port)
           (%read-bytevector port labels))
          ((%token-number token port))
          (else (%read-error port "this is no datum:" token)))))

; Skips a comment that may hold others; its opening is read already.
(define (%skip-comment port)
  (let loop ((depth 1))
    (let ((character (%read-char port)))
      (cond ((eof-object? character) (%text-ends port "inside a comment"))
            ((and (eqv? character #\|) (eqv? (%peek-char port) #\#))
             (%read-char port)
             (if (> depth 1) (loop (- depth 1))))
            ((and (eqv? character #\#) (eqv? (%peek-char port) #\|))
             (%read-char port)
             (loop (+ depth 1)))
            (else (loop depth))))))

(define (%read-directive port)
  (let ((token (%read-token '(#\#) port)))
    (cond ((string=? token "#!fold-case") (%set-port-folds-case! port #t))
          ((string=? token "#!no-fold-case") (%set-port-folds-case! port #f))
          (else (%read-error port "this is no directive:" token)))))

; Words.

; Whether a character ends the token before it. Quotation marks do too: a'b is two data.
(define (%delimiter? character)
  (or (char-whitespace? character)
      (memv character '(#\( #\) #\[ #\] #\{ #\} #\" #\; #\| #\' #\` #\,))))

; The rest of a token; its characters so far are in a list, the last first.
(define (%read-token characters port)
  (let ((next (%peek-char port)))
    (if (or (eof-object? next) (%delimiter? next))
        (list->string (reverse characters))
        (%read-token (cons (%read-char port) characters) port))))

; A number, a symbol or a dot.
(define (%read-word first port)
  (let ((token (%read-token (list first) port)))
    (cond ((string=? token ".") %dot)
          ((%token-number token port))
          ((string-index token %needs-bars?)
           (%read-error port "this symbol is written between vertical bars:" token))
          (else (string->symbol (if (%port-folds-case? port) (string-foldcase token) token))))))

; The number a token stands for, or #f.
(define (%token-number token port)
  (let ((number (%read-number token)))
    (if (eq? number #t) (%read-error port "this number is too large:" token) number)))

(define (%needs-bars? character)
  (or (char=? character #\\) (char<? character #\space) (char<=? #\delete character #\x9f)))

; Whether a text is digits of a radix alone.
(define (%digits? text radix)
  (and (not (string-null? text))
       (not (string-index text
                          (lambda (character)
                            (not (string-index "0123456789abcdef" (char-downcase character) 0 radix)))))))

; Characters and texts.

(define (%read-character port)
  (let ((first (%read-char port)))
    (cond ((eof-object? first) (%text-ends port "inside a character"))
          ((%delimiter? first) first)
          (else
            (let ((name (%read-token (list first) port)))
              (cond ((= (string-length name) 1) first)
                    ((%named-character (if (%port-folds-case? port) (string-foldcase name) name)))
                    (else (%read-error port "no character has the name" name))))))))

; The names are the printer's, so that what is written can be read.
(define %character-names
  (let ((names (make-string-hash-table)))
    (for-each
      (lambda (code)
        (let ((character (integer->char code)))
          (hash-table-set! names
                           (call-with-output-string (lambda (port) (write character port)))
                           character)))
      (cons 127 (iota 33)))
    names))

(define (%named-character name)
  (or (hash-table-ref/default %character-names (string-append "#\\" name) #f)
      (and (char=? (string-ref name 0) #\x) (%coded-character (string-tail name 1)))))

; The character whose code is a text in hexadecimal digits, or #f.
(define (%coded-character digits)
  (and (%digits? digits 16)
       (let ((code (string->number digits 16)))
         (and (or (< code #xd800) (< #xdfff code #x110000)) (integer->char code)))))

; The text up to a quotation mark or bar; the first one is read already.
(define (%read-quoted mark where port)
  (let loop ((characters '()))
    (let ((character (%read-char port)))
      (cond ((eof-object? character) (%text-ends port where))
            ((char=? character mark) (list->string (reverse! characters)))
            ((char=? character #\\)
             (let ((meant (%read-escape where port)))
               (loop (if meant (cons meant characters) characters))))
            ; The end of a line is one newline, however it is written (R7RS 6.7).
            ((char=? character #\return)
             (%skip-newline port)
             (loop (cons #\newline characters)))
            (else (loop (cons character characters)))))))

(define (%skip-newline port)
  (if (eqv? (%peek-char port) #\newline) (%read-char port)))

(define %escapes
  '((#\a . #\alarm) (#\b . #\backspace) (#\t . #\tab) (#\n . #\newline) (#\r . #\return)
    (#\" . #\") (#\\ . #\\) (#\| . #\|)))

; The character that is meant by what stands behind a backslash, or #f for the end of a line.
(define (%read-escape where port)
  (let ((letter (%read-char port)))
    (cond ((eof-object? letter) (%text-ends port where))
          ((assv letter %escapes) => cdr)
          ((memv letter '(#\x #\X)) (%read-coded where port))
          ((char-whitespace? letter) (%skip-line-end letter where port))
          (else (%read-error port "no escape is a backslash and" letter)))))

(define (%read-coded where port)
  (let loop ((characters '()))
    (let ((character (%read-char port)))
      (cond ((eof-object? character) (%text-ends port where))
            ((not (char=? character #\;))
             (if (%digits? (string character) 16)
                 (loop (cons character characters))
                 (%read-error port "expected hexadecimal digits and ; behind \\x, found" character)))
            ((%coded-character (list->string (reverse characters))))
            (else
              (%read-error port "no character has the code" (list->string (reverse characters))))))))

; A backslash, spaces, the end of the line and spaces stand for nothing.
(define (%skip-line-end character where port)
  (cond ((eof-object? character) (%text-ends port where))
        ((char=? character #\newline) (%skip-spaces port))
        ((char=? character #\return)
         (%skip-newline port)
         (%skip-spaces port))
        ((char-whitespace? character) (%skip-line-end (%read-char port) where port))
        (else
          (%read-error port "expected the end of the line behind a backslash and spaces, found"
                       character))))

; Skips white space within a line; returns #f.
(define (%skip-spaces port)
  (let ((next (%peek-char port)))
    (and (char? next)
         (char-whitespace? next)
         (not (memv next '(#\newline #\return)))
         (begin
           (%read-char port)
           (%skip-spaces port)))))

; Datum labels (R7RS 2.4). A label holds whether its datum is complete, and the datum.

(define %label-type (%make-record-type 'label '#(#f #f) 'label))
(define (%label? object) (%record? object %label-type))
(define (%label-complete? label) (%record-ref label %label-type 0 'read))
(define (%label-datum label) (%record-ref label %label-type 1 'read))

; #n= and its datum, or #n#; the first digit is next.
(define (%read-label port labels)
  (let loop ((digits '()))
    (let ((character (%read-char port)))
      (cond ((eof-object? character) (%text-ends port "inside a label"))
            ((char<=? #\0 character #\9) (loop (cons character digits)))
            (else
              (let ((number (string->number (list->string (reverse digits)))))
                (case character
                  ((#\=) (%read-labelled number port labels))
                  ((#\#) (%read-reference number port labels))
                  (else
                    (%read-error port "expected = or # behind the number of a label, found"
                                 character)))))))))

(define (%read-labelled number port labels)
  (if (not (car labels)) (set-car! labels (make-eqv-hash-table)))
  (if (hash-table-contains? (car labels) number)
      (%read-error port "this label stands before two data:" number))
  (let ((label (%record %label-type #f #f)))
    (hash-table-set! (car labels) number label)
    (let ((datum (%read-datum "behind a label" port labels)))
      (if (eq? datum label) (%read-error port "this label stands for itself:" number))
      (%record-set! label %label-type 0 #t 'read)
      (%record-set! label %label-type 1 datum 'read)
      datum)))

(define (%read-reference number port labels)
  (let ((label (and (car labels) (hash-table-ref/default (car labels) number #f))))
    (cond ((not label) (%read-error port "no datum before has the label" number))
          ((%label-complete? label) (%label-datum label))
          (else
            (set-cdr! labels #t)
            label))))

; Puts the data of labels where references to them stand.
(define (%resolve-labels datum)
  (let ((seen (make-eq-hash-table)))
    (define (meant part) (if (%label? part) (%label-datum part) part))
    (define (visit part)
      (if (and (or (pair? part) (vector? part)) (not (hash-table-contains? seen part)))
          (begin
            (hash-table-set! seen part #t)
            (if (pair? part)
                (begin
                  (set-car! part (meant (car part)))
                  (set-cdr! part (meant (cdr part)))
                  (visit (car part))
                  (visit (cdr part)))
                (let loop ((index 0))
                  (if (< index (vector-length part))
                      (let ((element (meant (vector-ref part index))))
                        (vector-set! part index element)
                        (visit element)
                        (loop (+ index 1)))))))))
    (visit datum)
    datum))
