; Strings: what takes any number of arguments, calls back, or goes through more than one piece of
; 16,384 characters.

(define (%range-start options) (if (pair? options) (car options) 0))
(define (%range-end options length)
  (if (and (pair? options) (pair? (cdr options))) (cadr options) length))

; Calls (step from to) for pieces of at most 16,384 from start to end, in order.
(define (%for-pieces start end step)
  (let loop ((from start))
    (if (< from end)
        (let ((to (min end (+ from 16384))))
          (step from to)
          (loop to)))))

; The same from the end backwards: for copies within one object towards its end.
(define (%for-pieces-backwards start end step)
  (let loop ((to end))
    (if (< start to)
        (let ((from (max start (- to 16384))))
          (step from to)
          (loop from)))))

; Copies start to end of from into to at index at by (chunk! to at from start end), in the order
; that overlapping ranges need.
(define (%copy-pieces! chunk! to at from start end)
  ((if (and (eq? to from) (< start at)) %for-pieces-backwards %for-pieces)
   start end
   (lambda (piece-start piece-end)
     (chunk! to (+ at (- piece-start start)) from piece-start piece-end))))

(define (make-string length . fill)
  (let* ((fill (if (null? fill) #\space (car fill)))
         (made (%make-string length fill)))
    (if (> length 16384)
        (%for-pieces 16384 length
                     (lambda (from to) (%string-fill-chunk! made fill from to))))
    made))

(define (%new-string length wide?)
  (%make-string length (if wide? #\x100 #\null)))

(define (%any-wide? strings)
  (cond ((null? strings) #f)
        ((%string-wide? (car strings)) #t)
        (else (%any-wide? (cdr strings)))))

(define (string-append . strings)
  (or (%string-append strings) (%string-append-long strings)))

(define (%string-append-long strings)
  (let ((total (let loop ((rest strings) (position 0) (total 0))
                 (if (null? rest)
                     total
                     (loop (cdr rest)
                           (+ position 1)
                           (+ total (%string-check 'string-append (car rest) position)))))))
    (let ((made (%new-string total (%any-wide? strings))))
      (let loop ((rest strings) (at 0))
        (if (null? rest)
            made
            (let ((length (string-length (car rest))))
              (%copy-pieces! %string-copy-chunk! made at (car rest) 0 length)
              (loop (cdr rest) (+ at length))))))))

(define (%substring-long text start end)
  (let ((made (%new-string (- end start) (%string-wide? text))))
    (%copy-pieces! %string-copy-chunk! made 0 text start end)
    made))

(define (substring text start . end)
  (let ((end (if (null? end) (%string-check 'substring text 0) (car end))))
    (or (%substring text start end 'substring)
        (%substring-long text start end))))

(define (string-copy text . range)
  (let ((start (%range-start range))
        (end (%range-end range (%string-check 'string-copy text 0))))
    (or (%substring text start end 'string-copy)
        (%substring-long text start end))))

(define (string-head text end)
  (%range-check 0 end (%string-check 'string-head text 0) 'string-head 0)
  (substring text 0 end))
(define (string-tail text start)
  (let ((length (%string-check 'string-tail text 0)))
    (%range-check start length length 'string-tail 1)
    (substring text start length)))

(define (%check-copy name at start end to-length from-length)
  (%range-check start end from-length name 3)
  (%range-check at to-length to-length name 1)
  (if (> (+ at (- end start)) to-length)
      (%fault 107
              (string-append (symbol->string name) " has room for "
                             (number->string (- to-length at)) " elements, found")
              (- end start))))

(define (string-copy! to at from . range)
  (let* ((to-length (%string-check 'string-copy! to 0))
         (from-length (%string-check 'string-copy! from 2))
         (start (%range-start range))
         (end (%range-end range from-length)))
    (%check-copy 'string-copy! at start end to-length from-length)
    (%copy-pieces! %string-copy-chunk! to at from start end)))

(define (string-fill! text fill . range)
  (let* ((length (%string-check 'string-fill! text 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'string-fill! 2)
    (if (= start end)
        (%string-fill-chunk! text fill start end)
        (%for-pieces start end
                     (lambda (from to) (%string-fill-chunk! text fill from to))))))

; Conversions.

(define (list->string characters)
  (%checked-length 'list->string 0 characters)
  (let loop ((rest characters) (pieces '()))
    (cond ((%longer? rest 8000)
           (loop (list-tail rest 8000)
                 (cons (%apply string (list-head rest 8000)) pieces)))
          ((null? pieces) (%apply string rest))
          (else (%apply string-append (reverse (cons (%apply string rest) pieces)))))))

; The range of the text at a position among the arguments stands behind it.
(define (%string->list name position text range)
  (let* ((length (%string-check name text position))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length name (+ position 1))
    (let loop ((index end) (made '()))
      (if (= index start)
          made
          (loop (- index 1) (cons (string-ref text (- index 1)) made))))))

(define (string->list text . range) (%string->list 'string->list 0 text range))
(define (string->vector text . range)
  (list->vector (%string->list 'string->vector 0 text range)))
(define (vector->string items . range)
  (list->string (%vector->list 'vector->string items range)))

(define (%map-pieces convert text)
  (let loop ((start 0) (pieces '()))
    (if (= start (string-length text))
        (%apply string-append (reverse pieces))
        (let ((end (min (string-length text) (+ start 16384))))
          (loop end (cons (convert (substring text start end)) pieces))))))

(define (string-upcase text) (or (%string-upcase text) (%map-pieces %string-upcase text)))
(define (string-downcase text)
  (or (%string-downcase text) (%string-downcase-long text)))
(define (string-foldcase text)
  (or (%string-foldcase text) (%map-pieces %string-foldcase text)))

; Whether a sigma is the last letter of its word depends on the nearest characters around it that
; matter, however far away they are. What comes behind each piece is found from the end of the text on,
; what came before it on the way from the start.
(define (%string-downcase-long text)
  (let loop ((end (string-length text)) (after? #f) (ranges '()))
    (if (= end 0)
        (%downcase-ranges text ranges)
        (let* ((start (max 0 (- end 16384)))
               (first (%string-case-context text start end #f)))
          (loop start
                (if (null? first) after? first)
                (cons (vector start end after?) ranges))))))

; Each range is a vector of start, end, and whether what comes behind it is cased.
(define (%downcase-ranges text ranges)
  (let loop ((rest ranges) (before? #f) (pieces '()))
    (if (null? rest)
        (%apply string-append (reverse pieces))
        (let* ((start (vector-ref (car rest) 0))
               (end (vector-ref (car rest) 1))
               (last (%string-case-context text start end #t)))
          (loop (cdr rest)
                (if (null? last) before? last)
                (cons (%string-downcase-piece text start end before? (vector-ref (car rest) 2))
                      pieces))))))

; Calling back.

; The characters of each of the texts, the first of which is the second argument of name.
(define (%texts->lists name texts)
  (let loop ((rest texts) (position 1) (lists '()))
    (if (null? rest)
        (%reversed lists '())
        (loop (cdr rest)
              (+ position 1)
              (cons (%string->list name position (car rest) '()) lists)))))

(define (string-map procedure text . more)
  (%procedure-check 'string-map 0 procedure)
  (list->string (%apply map (cons procedure (%texts->lists 'string-map (cons text more))))))

(define (string-for-each procedure text . more)
  (%procedure-check 'string-for-each 0 procedure)
  (if (null? more)
      (let ((length (%string-check 'string-for-each text 1)))
        (let loop ((index 0))
          (if (< index length)
              (begin
                (procedure (string-ref text index))
                (loop (+ index 1))))))
      (%apply for-each
              (cons procedure (%texts->lists 'string-for-each (cons text more))))))

(define (string-count text wanted . range)
  (let* ((length (%string-check 'string-count text 0))
         (wanted? (%character-test 'string-count wanted))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'string-count 2)
    (let loop ((index start) (found 0))
      (if (= index end)
          found
          (loop (+ index 1) (if (wanted? (string-ref text index)) (+ found 1) found))))))

; Searching.

; The second argument of name as a predicate.
(define (%character-test name wanted)
  (cond ((procedure? wanted) wanted)
        ((char? wanted) (lambda (character) (char=? character wanted)))
        (else (%wrong-type name 1 "a character or a procedure" wanted))))

(define (string-index text wanted . range)
  (let* ((length (%string-check 'string-index text 0))
         (wanted? (%character-test 'string-index wanted))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'string-index 2)
    (let loop ((index start))
      (cond ((= index end) #f)
            ((wanted? (string-ref text index)) index)
            (else (loop (+ index 1)))))))

(define (string-rindex text wanted)
  (let ((length (%string-check 'string-rindex text 0))
        (wanted? (%character-test 'string-rindex wanted)))
    (let loop ((index (- length 1)))
      (cond ((< index 0) #f)
            ((wanted? (string-ref text index)) index)
            (else (loop (- index 1)))))))

(define (string-search-forward pattern text . start)
  (let ((pattern-length (%string-check 'string-search-forward pattern 0))
        (length (%string-check 'string-search-forward text 1)))
    (%string-search-from
      pattern pattern-length text length
      (if (null? start) 0 (%index-check (car start) 'string-search-forward 2)))))

(define (string-contains text pattern)
  (let ((length (%string-check 'string-contains text 0)))
    (%string-search-from pattern (%string-check 'string-contains pattern 1) text length 0)))

(define (%string-search-from pattern pattern-length text length start)
  (let ((end (+ length 1))
        ; So many comparisons at once that a long pattern takes no longer than a short one.
        (width (max 1 (quotient 16384 (+ 1 pattern-length)))))
    (let loop ((from start))
      (if (>= from end)
          #f
          (let ((to (min end (+ from width))))
            (or (%string-search pattern text from to) (loop to)))))))

(define (string-null? text) (= 0 (%string-check 'string-null? text 0)))

(define (string-prefix? prefix text)
  (let ((length (%string-check 'string-prefix? prefix 0)))
    (and (<= length (%string-check 'string-prefix? text 1))
         (string=? prefix (substring text 0 length)))))

(define (string-suffix? suffix text)
  (let ((length (%string-check 'string-suffix? suffix 0))
        (whole (%string-check 'string-suffix? text 1)))
    (and (<= length whole)
         (string=? suffix (substring text (- whole length) whole)))))

; Taking apart and putting together.

(define (string-join strings . delimiter)
  (let ((delimiter (if (null? delimiter) " " (car delimiter))))
    (%checked-length 'string-join 0 strings)
    (%string-check 'string-join delimiter 1)
    (if (not (every string? strings)) (%wrong-type 'string-join 0 "a list of strings" strings))
    (if (null? strings)
        ""
        (let loop ((rest (cdr strings)) (parts (list (car strings))))
          (if (null? rest)
              (%apply string-append (reverse parts))
              (loop (cdr rest) (cons (car rest) (cons delimiter parts))))))))

(define (string-split text delimiter)
  (let ((length (%string-check 'string-split text 0))
        (delimiter? (%character-test 'string-split delimiter)))
    (let loop ((index length) (end length) (parts '()))
      (cond ((= index 0) (cons (substring text 0 end) parts))
            ((delimiter? (string-ref text (- index 1)))
             (loop (- index 1) (- index 1) (cons (substring text index end) parts)))
            (else (loop (- index 1) end parts))))))

(define (string-reverse text)
  (list->string (%reversed (%string->list 'string-reverse 0 text '()) '())))

; What is repeated to make a text longer: the third argument of name.
(define (%padding name count fill)
  (let ((fill (if (null? fill) #\space (car fill))))
    (if (char? fill)
        (make-string count fill)
        (%wrong-type name 2 "a character" fill))))

(define (string-pad-left text length . fill)
  (let* ((found (%string-check 'string-pad-left text 0))
         (missing (- (%count-check length 'string-pad-left 1) found))
         (padding (%padding 'string-pad-left (max 0 missing) fill)))
    (if (> missing 0)
        (string-append padding text)
        (substring text (- found length) found))))

(define (string-pad-right text length . fill)
  (let* ((found (%string-check 'string-pad-right text 0))
         (missing (- (%count-check length 'string-pad-right 1) found))
         (padding (%padding 'string-pad-right (max 0 missing) fill)))
    (if (> missing 0)
        (string-append text padding)
        (substring text 0 length))))

(define (%first-black text start end)
  (if (and (< start end) (char-whitespace? (string-ref text start)))
      (%first-black text (+ start 1) end)
      start))
(define (%last-black text start end)
  (if (and (< start end) (char-whitespace? (string-ref text (- end 1))))
      (%last-black text start (- end 1))
      end))

(define (string-trim-left text)
  (let ((end (%string-check 'string-trim-left text 0)))
    (substring text (%first-black text 0 end) end)))
(define (string-trim-right text)
  (substring text 0 (%last-black text 0 (%string-check 'string-trim-right text 0))))
(define (string-trim text)
  (let* ((end (%string-check 'string-trim text 0)) (start (%first-black text 0 end)))
    (substring text start (%last-black text start end))))
