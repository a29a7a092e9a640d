; Vectors and bytevectors: what calls back or goes through more than one piece of 16,384 elements.

(define (make-vector length . fill)
  (let* ((fill (if (null? fill) #f (car fill)))
         (made (%make-vector length fill)))
    (if (> length 16384)
        (%for-pieces 16384 length
                     (lambda (from to) (%vector-fill-chunk! made fill from to))))
    made))

(define (vector-fill! items value . range)
  (let* ((length (%vector-check 'vector-fill! items 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'vector-fill! 2)
    (if (= start end)
        (%vector-fill-chunk! items value start end)
        (%for-pieces start end
                     (lambda (from to) (%vector-fill-chunk! items value from to))))))

(define (vector-copy! to at from . range)
  (let* ((to-length (%vector-check 'vector-copy! to 0))
         (from-length (%vector-check 'vector-copy! from 2))
         (start (%range-start range))
         (end (%range-end range from-length)))
    (%check-copy 'vector-copy! at start end to-length from-length)
    (%copy-pieces! %vector-copy-chunk! to at from start end)))

(define (%subvector-of name items start end)
  (or (%subvector items start end name)
      (let ((made (make-vector (- end start) 0)))
        (%copy-pieces! %vector-copy-chunk! made 0 items start end)
        made)))

(define (vector-copy items . range)
  (%subvector-of 'vector-copy items
                 (%range-start range)
                 (%range-end range (%vector-check 'vector-copy items 0))))

(define (subvector items start end) (%subvector-of 'subvector items start end))
(define (vector-head items end)
  (%range-check 0 end (%vector-check 'vector-head items 0) 'vector-head 0)
  (%subvector-of 'vector-head items 0 end))
(define (vector-tail items start)
  (%subvector-of 'vector-tail items start (%vector-check 'vector-tail items 0)))

(define (vector-grow items length)
  (let* ((count (%vector-check 'vector-grow items 0))
         (made (make-vector (%count-check length 'vector-grow 1) #f)))
    (%check-copy 'vector-grow 0 0 count length count)
    (%copy-pieces! %vector-copy-chunk! made 0 items 0 count)
    made))

; The sum of the lengths that check gives for the arguments of name.
(define (%total-length name check items)
  (let loop ((rest items) (position 0) (total 0))
    (if (null? rest)
        total
        (loop (cdr rest) (+ position 1) (+ total (check name (car rest) position))))))

; Copies all of items, one behind the other, into made.
(define (%fill-with! made chunk! length-of items)
  (let loop ((rest items) (at 0))
    (if (null? rest)
        made
        (let ((length (length-of (car rest))))
          (%copy-pieces! chunk! made at (car rest) 0 length)
          (loop (cdr rest) (+ at length))))))

(define (vector-append . vectors)
  (%fill-with!
    (make-vector (%total-length 'vector-append (lambda (n v p) (%vector-check n v p)) vectors) 0)
    %vector-copy-chunk!
    (lambda (items) (vector-length items))
    vectors))

(define (list->vector items)
  (let ((count (%checked-length 'list->vector 0 items)))
    (if (<= count 8000)
        (%apply vector items)
        (let ((made (make-vector count 0)))
          (let loop ((index 0) (rest items))
            (if (and (< index count) (pair? rest))
                (begin
                  (vector-set! made index (car rest))
                  (loop (+ index 1) (cdr rest)))
                made))))))

(define (%vector->list name items range)
  (let* ((length (%vector-check name items 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length name 1)
    (let loop ((index end) (made '()))
      (if (= index start)
          made
          (loop (- index 1) (cons (vector-ref items (- index 1)) made))))))

(define (vector->list items . range) (%vector->list 'vector->list items range))

; The least length of vectors.
(define (%least-length name vectors)
  (let loop ((rest vectors) (position 1) (least #f))
    (if (null? rest)
        least
        (let ((length (%vector-check name (car rest) position)))
          (loop (cdr rest) (+ position 1) (if least (min least length) length))))))

(define (%elements-at vectors index)
  (%map1 'map 1 (lambda (items) (vector-ref items index)) vectors))

; The values are collected in a list first: a continuation captured in the procedure and entered
; again does not change an earlier result.
(define (vector-map procedure items . more)
  (if (not (procedure? procedure)) (%procedure-check 'vector-map 0 procedure))
  (if (null? more)
      (let ((length (%vector-check 'vector-map items 1)))
        (let loop ((index 0) (done '()))
          (if (< index length)
              (loop (+ index 1) (cons (procedure (vector-ref items index)) done))
              (list->vector (%reversed done '())))))
      (let* ((vectors (cons items more)) (length (%least-length 'vector-map vectors)))
        (let loop ((index 0) (done '()))
          (if (< index length)
              (loop (+ index 1) (cons (%apply procedure (%elements-at vectors index)) done))
              (list->vector (%reversed done '())))))))

(define (vector-for-each procedure items . more)
  (if (not (procedure? procedure)) (%procedure-check 'vector-for-each 0 procedure))
  (if (null? more)
      (let ((length (%vector-check 'vector-for-each items 1)))
        (let loop ((index 0))
          (if (< index length)
              (begin
                (procedure (vector-ref items index))
                (loop (+ index 1))))))
      (let* ((vectors (cons items more)) (length (%least-length 'vector-for-each vectors)))
        (let loop ((index 0))
          (if (< index length)
              (begin
                (%apply procedure (%elements-at vectors index))
                (loop (+ index 1))))))))

(define (make-initialized-vector length procedure)
  (%count-check length 'make-initialized-vector 0)
  (%procedure-check 'make-initialized-vector 1 procedure)
  (list->vector (%tabulate procedure length)))
(define (vector-tabulate procedure length)
  (%procedure-check 'vector-tabulate 0 procedure)
  (%count-check length 'vector-tabulate 1)
  (list->vector (%tabulate procedure length)))

; order is negative, zero or positive where an element comes before, at or after the value.
(define (vector-binary-search items value order)
  (%procedure-check 'vector-binary-search 2 order)
  (let loop ((start 0) (end (%vector-check 'vector-binary-search items 0)))
    (if (= start end)
        #f
        (let* ((middle (quotient (+ start end) 2))
               (found (order (vector-ref items middle) value)))
          (cond ((= found 0) middle)
                ((< found 0) (loop (+ middle 1) end))
                (else (loop start middle)))))))

; Bytevectors.

(define (make-bytevector length . fill)
  (let* ((fill (if (null? fill) 0 (car fill)))
         (made (%make-bytevector length fill)))
    (if (> length 16384)
        (%for-pieces 16384 length
                     (lambda (from to) (%bytevector-fill-chunk! made fill from to))))
    made))

(define (bytevector-fill! bytes value . range)
  (let* ((length (%bytevector-check 'bytevector-fill! bytes 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'bytevector-fill! 2)
    (if (= start end)
        (%bytevector-fill-chunk! bytes value start end)
        (%for-pieces start end
                     (lambda (from to) (%bytevector-fill-chunk! bytes value from to))))))

(define (bytevector-copy! to at from . range)
  (let* ((to-length (%bytevector-check 'bytevector-copy! to 0))
         (from-length (%bytevector-check 'bytevector-copy! from 2))
         (start (%range-start range))
         (end (%range-end range from-length)))
    (%check-copy 'bytevector-copy! at start end to-length from-length)
    (%copy-pieces! %bytevector-copy-chunk! to at from start end)))

(define (bytevector-copy bytes . range)
  (let* ((length (%bytevector-check 'bytevector-copy bytes 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'bytevector-copy 1)
    (let ((made (%make-bytevector (- end start) 0)))
      (%copy-pieces! %bytevector-copy-chunk! made 0 bytes start end)
      made)))

(define (bytevector-append . items)
  (%fill-with!
    (%make-bytevector
      (%total-length 'bytevector-append (lambda (n b p) (%bytevector-check n b p)) items) 0)
    %bytevector-copy-chunk!
    (lambda (bytes) (bytevector-length bytes))
    items))

(define (utf8->string bytes . range)
  (let* ((length (%bytevector-check 'utf8->string bytes 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'utf8->string 1)
    (let loop ((from start) (pieces '()))
      (let* ((to (%utf8-boundary bytes from end))
             (piece (%utf8->string bytes from to)))
        (cond ((< to end) (loop to (cons piece pieces)))
              ((null? pieces) piece)
              (else (%apply string-append (reverse (cons piece pieces)))))))))

(define (string->utf8 text . range)
  (let* ((length (%string-check 'string->utf8 text 0))
         (start (%range-start range))
         (end (%range-end range length)))
    (%range-check start end length 'string->utf8 1)
    (let loop ((from start) (pieces '()))
      (let* ((to (min end (+ from 16384)))
             (piece (%string->utf8 text from to)))
        (cond ((< to end) (loop to (cons piece pieces)))
              ((null? pieces) piece)
              (else (%apply bytevector-append (reverse (cons piece pieces)))))))))
