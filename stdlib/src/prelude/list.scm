; Lists. Everything whose time grows with its argument is here, so that it yields like any program.
; A procedure that calls back never changes a pair afterwards: a continuation captured in the
; callback may be entered again.

(define (%not-a-list name position found)
  (%wrong-type name position "a list" found))

; The length of a list. Positions 16,384 pairs apart are compared by Brent's method, so a cycle is
; found.
(define (%length-or-false items)
  (let loop ((rest items) (count 0) (mark #f) (steps 0) (limit 1))
    (let* ((step (%list-skip rest 16384))
           (next (car step))
           (count (+ count (cdr step))))
      (cond ((null? next) count)
            ((not (pair? next)) #f)
            ((eq? next mark) #f)
            ((= steps limit) (loop next count next 0 (* limit 2)))
            (else (loop next count mark (+ steps 1) limit))))))

(define (list? object)
  (cond ((null? object) #t)
        ((pair? object) (if (%length-or-false object) #t #f))
        (else #f)))

(define (%checked-length name position items)
  (or (%length-or-false items) (%not-a-list name position items)))

(define (length items) (%checked-length 'length 0 items))

(define (make-list count . fill)
  (let ((fill (if (null? fill) #f (car fill))))
    (let loop ((left (%count-check count 'make-list)) (made '()))
      (if (= left 0) made (loop (- left 1) (cons fill made))))))

; What is known to be a list, backwards and before tail.
(define (%reversed items tail)
  (let loop ((rest items) (result tail))
    (if (pair? rest)
        (loop (cdr rest) (cons (car rest) result))
        result)))

(define (%reverse-onto name position items tail)
  (let loop ((rest items) (result tail))
    (if (pair? rest)
        (loop (cdr rest) (cons (car rest) result))
        (begin
          (if (not (null? rest)) (%not-a-list name position items))
          result))))

(define (reverse items) (%reverse-onto 'reverse 0 items '()))
(define (append-reverse items tail) (%reverse-onto 'append-reverse 0 items tail))

(define (%reverse-onto! name items tail)
  (let loop ((rest items) (result tail))
    (if (pair? rest)
        (let ((next (cdr rest)))
          (set-cdr! rest result)
          (loop next rest))
        (begin
          (if (not (null? rest)) (%not-a-list name 0 rest))
          result))))

(define (reverse! items) (%reverse-onto! 'reverse! items '()))
(define (append-reverse! items tail) (%reverse-onto! 'append-reverse! items tail))

; A copy of items with tail behind its last pair; ending receives what ended items.
(define (%copy-onto items ending)
  (let ((head (cons (car items) '())))
    (let loop ((last head) (rest (cdr items)))
      (if (pair? rest)
          (let ((next (cons (car rest) '())))
            (set-cdr! last next)
            (loop next (cdr rest)))
          (begin
            (set-cdr! last (ending rest))
            head)))))

(define (%append2 items tail name position)
  (if (pair? items)
      (%copy-onto items
                  (lambda (rest)
                    (if (null? rest) tail (%not-a-list name position items))))
      (if (null? items) tail (%not-a-list name position items))))

(define (append . lists)
  (cond ((null? lists) '())
        ((null? (cdr lists)) (car lists))
        ((null? (cddr lists)) (%append2 (car lists) (cadr lists) 'append 0))
        (else (%append-all lists 'append))))

; The position of the lists for messages is that among them.
(define (%append-all lists name)
  (let ((backwards (%reversed lists '())))
    (let loop ((tail (car backwards)) (rest (cdr backwards)) (position (- (length lists) 2)))
      (if (null? rest)
          tail
          (loop (%append2 (car rest) tail name position) (cdr rest) (- position 1))))))

(define (append! . lists)
  (let loop ((lists lists) (position 0))
    (cond ((null? lists) '())
          ((null? (cdr lists)) (car lists))
          ((null? (car lists)) (loop (cdr lists) (+ position 1)))
          ((pair? (car lists))
           (set-cdr! (last-pair (car lists)) (loop (cdr lists) (+ position 1)))
           (car lists))
          (else (%not-a-list 'append! position (car lists))))))

; Whether append takes these: the last may be anything.
(define (%appendable? lists)
  (or (null? lists)
      (null? (cdr lists))
      (and (list? (car lists)) (%appendable? (cdr lists)))))

(define (concatenate lists)
  (%checked-length 'concatenate 0 lists)
  (if (not (%appendable? lists)) (%wrong-type 'concatenate 0 "a list of lists" lists))
  (%apply append lists))

(define (list-copy object)
  (if (pair? object)
      (%copy-onto object (lambda (rest) rest))
      object))

(define (%bad-index name items index)
  (if (and (exact-integer? index) (list? items))
      (%fault 107 (string-append (symbol->string name)
                                 " expects an index within a list of "
                                 (number->string (length items))
                                 " elements, found")
              index)
      (if (exact-integer? index)
          (%not-a-list name 0 items)
          (%wrong-type name 1 "an index" index))))

; The rest of a list behind index pairs; name is for the fault of an index outside it.
(define (%tail name items index)
  (if (not (exact-nonnegative-integer? index)) (%bad-index name items index))
  (let loop ((rest items) (left index))
    (cond ((= left 0) rest)
          ((pair? rest) (loop (cdr rest) (- left 1)))
          (else (%bad-index name items index)))))

(define (%pair-at name items index)
  (let ((rest (%tail name items index)))
    (if (pair? rest) rest (%bad-index name items index))))

(define (list-tail items index) (%tail 'list-tail items index))
(define (list-ref items index) (car (%pair-at 'list-ref items index)))
(define (list-set! items index value) (set-car! (%pair-at 'list-set! items index) value))
(define (drop items count) (%tail 'drop items count))

(define (%head name items count)
  (if (not (exact-nonnegative-integer? count)) (%bad-index name items count))
  (let loop ((rest items) (left count) (taken '()))
    (cond ((= left 0) (%reversed taken '()))
          ((pair? rest) (loop (cdr rest) (- left 1) (cons (car rest) taken)))
          (else (%bad-index name items count)))))

(define (list-head items count) (%head 'list-head items count))
(define (take items count) (%head 'take items count))
(define (sublist items start end)
  (let ((rest (%tail 'sublist items start)))
    (%head 'sublist rest (- (%index-check end 'sublist 2) start))))

(define (last-pair items)
  (if (not (pair? items)) (%wrong-type 'last-pair 0 "a pair" items))
  (let loop ((rest items))
    (if (pair? (cdr rest)) (loop (cdr rest)) rest)))

(define (last items)
  (if (not (pair? items)) (%wrong-type 'last 0 "a list that is not empty" items))
  (car (last-pair items)))

(define (first items) (car (%pair-at 'first items 0)))
(define (second items) (car (%pair-at 'second items 1)))
(define (third items) (car (%pair-at 'third items 2)))
(define (fourth items) (car (%pair-at 'fourth items 3)))
(define (fifth items) (car (%pair-at 'fifth items 4)))

; Searching.

(define (memq object items)
  (let loop ((rest items))
    (cond ((pair? rest) (if (eq? object (car rest)) rest (loop (cdr rest))))
          ((null? rest) #f)
          (else (%not-a-list 'memq 1 items)))))

(define (memv object items)
  (let loop ((rest items))
    (cond ((pair? rest) (if (eqv? object (car rest)) rest (loop (cdr rest))))
          ((null? rest) #f)
          (else (%not-a-list 'memv 1 items)))))

; The equivalence that an optional argument gives.
(define (%same-of name position options)
  (if (null? options) equal? (%procedure-check name position (car options))))

(define (member object items . same)
  (let ((same? (%same-of 'member 2 same)))
    (let loop ((rest items))
      (cond ((pair? rest) (if (same? object (car rest)) rest (loop (cdr rest))))
            ((null? rest) #f)
            (else (%not-a-list 'member 1 items))))))

(define (%entry-key name entry)
  (if (pair? entry) (car entry) (%wrong-type name 1 "a list of pairs" entry)))

(define (assq key entries)
  (let loop ((rest entries))
    (cond ((pair? rest)
           (let ((entry (car rest)))
             (if (eq? key (%entry-key 'assq entry)) entry (loop (cdr rest)))))
          ((null? rest) #f)
          (else (%not-a-list 'assq 1 entries)))))

(define (assv key entries)
  (let loop ((rest entries))
    (cond ((pair? rest)
           (let ((entry (car rest)))
             (if (eqv? key (%entry-key 'assv entry)) entry (loop (cdr rest)))))
          ((null? rest) #f)
          (else (%not-a-list 'assv 1 entries)))))

(define (assoc key entries . same)
  (let ((same? (%same-of 'assoc 2 same)))
    (let loop ((rest entries))
      (cond ((pair? rest)
             (let ((entry (car rest)))
               (if (same? key (%entry-key 'assoc entry)) entry (loop (cdr rest)))))
            ((null? rest) #f)
            (else (%not-a-list 'assoc 1 entries))))))

(define (%delete-entries name same? key entries)
  (%filter name (lambda (entry) (not (same? key (%entry-key name entry)))) entries))
(define (del-assq key entries) (%delete-entries 'del-assq eq? key entries))
(define (del-assv key entries) (%delete-entries 'del-assv eqv? key entries))
(define (del-assoc key entries) (%delete-entries 'del-assoc equal? key entries))

(define (alist-copy entries)
  (%map1 'alist-copy 0
         (lambda (entry) (if (pair? entry) (cons (car entry) (cdr entry)) entry))
         entries))

; Mapping.

(define (%map1 name position procedure items)
  (let loop ((rest items) (done '()))
    (if (pair? rest)
        (loop (cdr rest) (cons (procedure (car rest)) done))
        (begin
          (if (not (null? rest)) (%not-a-list name position items))
          (%reversed done '())))))

(define (%cars lists) (%map1 'map 1 car lists))
(define (%cdrs lists) (%map1 'map 1 cdr lists))

; What several lists, the first of which stands at a position among the arguments of name, are left with
; when one of them has ended: more pairs, or nothing.
(define (%check-ends name position lists rests)
  (if (pair? lists)
      (let ((rest (car rests)))
        (if (not (or (null? rest) (pair? rest))) (%not-a-list name position (car lists)))
        (%check-ends name (+ position 1) (cdr lists) (cdr rests)))))

(define (%map2 name position procedure left right)
  (let loop ((rest-left left) (rest-right right) (done '()))
    (if (and (pair? rest-left) (pair? rest-right))
        (loop (cdr rest-left)
              (cdr rest-right)
              (cons (procedure (car rest-left) (car rest-right)) done))
        (begin
          (%check-ends name position (list left right) (list rest-left rest-right))
          (%reversed done '())))))

(define (%all-pairs? lists)
  (cond ((null? lists) #t)
        ((pair? (car lists)) (%all-pairs? (cdr lists)))
        (else #f)))

(define (map procedure items . more)
  (if (not (procedure? procedure)) (%procedure-check 'map 0 procedure))
  (if (null? more)
      (%map1 'map 1 procedure items)
      (%map-more 'map 1 procedure items more)))

(define (%map-more name position procedure items more)
  (cond ((null? more) (%map1 name position procedure items))
        ((null? (cdr more)) (%map2 name position procedure items (car more)))
        (else
          (let loop ((rests (cons items more)) (done '()))
            (if (%all-pairs? rests)
                (loop (%cdrs rests) (cons (%apply procedure (%cars rests)) done))
                (begin
                  (%check-ends name position (cons items more) rests)
                  (%reversed done '())))))))

(define (for-each procedure items . more)
  (if (not (procedure? procedure)) (%procedure-check 'for-each 0 procedure))
  (if (null? more)
      (let loop ((rest items))
        (if (pair? rest)
            (begin (procedure (car rest)) (loop (cdr rest)))
            (if (not (null? rest)) (%not-a-list 'for-each 1 items))))
      (let loop ((rests (cons items more)))
        (if (%all-pairs? rests)
            (begin
              (%apply procedure (%cars rests))
              (loop (%cdrs rests)))
            (%check-ends 'for-each 1 (cons items more) rests)))))

(define (append-map procedure items . more)
  (%procedure-check 'append-map 0 procedure)
  (let ((lists (%map-more 'append-map 1 procedure items more)))
    (if (not (%appendable? lists))
        (%wrong-type 'append-map 0 "a procedure that returns lists" procedure))
    (%apply append lists)))

(define (filter-map procedure items . more)
  (%procedure-check 'filter-map 0 procedure)
  (%filter 'filter-map (lambda (value) value) (%map-more 'filter-map 1 procedure items more)))

(define (%filter name keep? items)
  (let loop ((rest items) (kept '()))
    (cond ((pair? rest)
           (let ((item (car rest)))
             (loop (cdr rest) (if (keep? item) (cons item kept) kept))))
          ((null? rest) (%reversed kept '()))
          (else (%not-a-list name 1 items)))))

(define (filter keep? items)
  (if (not (procedure? keep?)) (%procedure-check 'filter 0 keep?))
  (let loop ((rest items) (kept '()))
    (cond ((pair? rest)
           (let ((item (car rest)))
             (loop (cdr rest) (if (keep? item) (cons item kept) kept))))
          ((null? rest) (%reversed kept '()))
          (else (%not-a-list 'filter 1 items)))))

(define (remove drop? items)
  (%procedure-check 'remove 0 drop?)
  (%filter 'remove (lambda (item) (not (drop? item))) items))

(define (partition keep? items)
  (%procedure-check 'partition 0 keep?)
  (let loop ((rest items) (in '()) (out '()))
    (cond ((pair? rest)
           (if (keep? (car rest))
               (loop (cdr rest) (cons (car rest) in) out)
               (loop (cdr rest) in (cons (car rest) out))))
          ((null? rest) (values (reverse in) (reverse out)))
          (else (%not-a-list 'partition 1 items)))))

(define (%delete name object items same?)
  (%filter name (lambda (item) (not (same? object item))) items))
(define (delete object items . same)
  (%delete 'delete object items (%same-of 'delete 2 same)))
(define (delete! object items . same)
  (%delete 'delete! object items (%same-of 'delete! 2 same)))

; Whether an item is the same as one of those seen, asked in either order.
(define (%seen? item seen same?)
  (and (pair? seen)
       (or (same? (car seen) item)
           (same? item (car seen))
           (%seen? item (cdr seen) same?))))

(define (delete-duplicates items . same)
  (let ((same? (%same-of 'delete-duplicates 1 same)))
    (let loop ((rest items) (kept '()))
      (cond ((pair? rest)
             (let ((item (car rest)))
               (loop (cdr rest) (if (%seen? item kept same?) kept (cons item kept)))))
            ((null? rest) (%reversed kept '()))
            (else (%not-a-list 'delete-duplicates 0 items))))))

(define (find satisfies? items)
  (if (not (procedure? satisfies?)) (%procedure-check 'find 0 satisfies?))
  (let loop ((rest items))
    (cond ((pair? rest) (if (satisfies? (car rest)) (car rest) (loop (cdr rest))))
          ((null? rest) #f)
          (else (%not-a-list 'find 1 items)))))

(define (find-tail satisfies? items)
  (%procedure-check 'find-tail 0 satisfies?)
  (let loop ((rest items))
    (cond ((pair? rest) (if (satisfies? (car rest)) rest (loop (cdr rest))))
          ((null? rest) #f)
          (else (%not-a-list 'find-tail 1 items)))))

(define (list-index satisfies? items)
  (%procedure-check 'list-index 0 satisfies?)
  (let loop ((rest items) (index 0))
    (cond ((pair? rest)
           (if (satisfies? (car rest)) index (loop (cdr rest) (+ index 1))))
          ((null? rest) #f)
          (else (%not-a-list 'list-index 1 items)))))

(define (count satisfies? items)
  (%procedure-check 'count 0 satisfies?)
  (let loop ((rest items) (found 0))
    (cond ((pair? rest) (loop (cdr rest) (if (satisfies? (car rest)) (+ found 1) found)))
          ((null? rest) found)
          (else (%not-a-list 'count 1 items)))))

(define (any satisfies? items . more)
  (if (not (procedure? satisfies?)) (%procedure-check 'any 0 satisfies?))
  (if (null? more)
      (let loop ((rest items))
        (cond ((null? rest) #f)
              ((not (pair? rest)) (%not-a-list 'any 1 items))
              ((null? (cdr rest)) (satisfies? (car rest)))
              (else (or (satisfies? (car rest)) (loop (cdr rest))))))
      (let loop ((rests (cons items more)))
        (if (%all-pairs? rests)
            (or (%apply satisfies? (%cars rests)) (loop (%cdrs rests)))
            (begin
              (%check-ends 'any 1 (cons items more) rests)
              #f)))))

(define (every satisfies? items . more)
  (if (not (procedure? satisfies?)) (%procedure-check 'every 0 satisfies?))
  (if (null? more)
      (let loop ((rest items))
        (cond ((null? rest) #t)
              ((not (pair? rest)) (%not-a-list 'every 1 items))
              ((null? (cdr rest)) (satisfies? (car rest)))
              (else (and (satisfies? (car rest)) (loop (cdr rest))))))
      (let loop ((rests (cons items more)) (value #t))
        (if (%all-pairs? rests)
            (let ((value (%apply satisfies? (%cars rests))))
              (and value (loop (%cdrs rests) value)))
            (begin
              (%check-ends 'every 1 (cons items more) rests)
              value)))))

; Folding.

(define (%fold-left name combine start items)
  (let loop ((result start) (rest items))
    (cond ((pair? rest) (loop (combine result (car rest)) (cdr rest)))
          ((null? rest) result)
          (else (%not-a-list name 2 items)))))

(define (%fold name combine start items)
  (let loop ((result start) (rest items))
    (cond ((pair? rest) (loop (combine (car rest) result) (cdr rest)))
          ((null? rest) result)
          (else (%not-a-list name 2 items)))))

(define (fold-left combine start items . more)
  (if (not (procedure? combine)) (%procedure-check 'fold-left 0 combine))
  (if (null? more)
      (let loop ((result start) (rest items))
        (cond ((pair? rest) (loop (combine result (car rest)) (cdr rest)))
              ((null? rest) result)
              (else (%not-a-list 'fold-left 2 items))))
      (let loop ((result start) (rests (cons items more)))
        (if (%all-pairs? rests)
            (loop (%apply combine (cons result (%cars rests))) (%cdrs rests))
            (begin
              (%check-ends 'fold-left 2 (cons items more) rests)
              result)))))

(define (fold combine start items . more)
  (if (not (procedure? combine)) (%procedure-check 'fold 0 combine))
  (if (null? more)
      (let loop ((result start) (rest items))
        (cond ((pair? rest) (loop (combine (car rest) result) (cdr rest)))
              ((null? rest) result)
              (else (%not-a-list 'fold 2 items))))
      (let loop ((result start) (rests (cons items more)))
        (if (%all-pairs? rests)
            (loop (%apply combine (append (%cars rests) (list result)))
                  (%cdrs rests))
            (begin
              (%check-ends 'fold 2 (cons items more) rests)
              result)))))

(define (fold-right combine start items . more)
  (if (not (procedure? combine)) (%procedure-check 'fold-right 0 combine))
  (if (null? more)
      (%fold 'fold-right combine start (%reverse-onto 'fold-right 2 items '()))
      (let loop ((rows (%reversed (%map-more 'fold-right 2 list items more) '())) (result start))
        (if (null? rows)
            result
            (loop (cdr rows) (%apply combine (append (car rows) (list result))))))))

; Folds all items but the first into it, by %fold or %fold-left.
(define (%reduce name fold combine start items)
  (%procedure-check name 0 combine)
  (cond ((pair? items) (fold name combine (car items) (cdr items)))
        ((null? items) start)
        (else (%not-a-list name 2 items))))

(define (reduce combine start items) (%reduce 'reduce %fold combine start items))
(define (reduce-left combine start items) (%reduce 'reduce-left %fold-left combine start items))
(define (reduce-right combine start items)
  (%reduce 'reduce-right %fold combine start (%reverse-onto 'reduce-right 2 items '())))

(define (iota count . options)
  (let ((start (if (pair? options) (%number 'iota 1 (car options)) 0))
        (step (if (and (pair? options) (pair? (cdr options))) (%number 'iota 2 (cadr options)) 1)))
    (let loop ((index (- (%count-check count 'iota) 1)) (made '()))
      (if (< index 0)
          made
          (loop (- index 1) (cons (+ start (* index step)) made))))))

; The values of a procedure for the first indices.
(define (%tabulate procedure count)
  (let loop ((index 0) (made '()))
    (if (< index count)
        (loop (+ index 1) (cons (procedure index) made))
        (%reversed made '()))))

(define (list-tabulate count procedure)
  (%count-check count 'list-tabulate 0)
  (%procedure-check 'list-tabulate 1 procedure)
  (%tabulate procedure count))
(define (make-initialized-list count procedure)
  (%count-check count 'make-initialized-list 0)
  (%procedure-check 'make-initialized-list 1 procedure)
  (%tabulate procedure count))

; Equivalence. Depth in the car is Scheme's own depth; along the cdr it is a loop.
;
; Data may contain themselves or share most of their parts. Behind the first 200,000 comparisons of
; pairs and vectors the two of each are put into one class of what is equal if the whole is, and what
; is in one class already is not compared again (union-find: Adams and Dybvig, Efficient nondestructive
; equality checking for trees and graphs, 2008). Along the cdr every eighth pair is enough.

(define (equal? a b)
  (cond ((eq? a b) #t)
        ((or (pair? a) (vector? a)) (if (%same a b 200000 (list #f)) #t #f))
        (else (%equal-leaves? a b))))

; #f if two data differ, else what is left of a number of comparisons. The first part of classes is a
; table of them, or #f before there are any.
(define (%same a b left classes)
  (cond ((eq? a b) left)
        ((pair? a) (and (pair? b) (%same-pairs a b left classes)))
        ((vector? a) (and (vector? b) (%same-vectors a b left classes)))
        ((%equal-leaves? a b) left)
        (else #f)))

(define (%same-pairs a b left classes)
  (let loop ((a a) (b b) (left left) (since 0))
    (if (and (= left 0) (= since 0) (%one-class? a b classes))
        left
        (let ((left (%same (car a) (car b) (if (= left 0) 0 (- left 1)) classes))
              (a (cdr a))
              (b (cdr b)))
          (cond ((not left) #f)
                ((not (pair? a)) (%same a b left classes))
                ((eq? a b) left)
                ((pair? b) (loop a b left (if (= since 7) 0 (+ since 1))))
                (else #f))))))

(define (%same-vectors a b left classes)
  (let ((length (vector-length a)))
    (cond ((not (= length (vector-length b))) #f)
          ((and (= left 0) (%one-class? a b classes)) left)
          (else
            (let loop ((index 0) (left (if (= left 0) 0 (- left 1))))
              (if (= index length)
                  left
                  (let ((left (%same (vector-ref a index) (vector-ref b index) left classes)))
                    (and left (loop (+ index 1) left)))))))))

; Whether two objects are in one class; they are from now on.
(define (%one-class? a b classes)
  (if (not (car classes)) (set-car! classes (make-eq-hash-table)))
  (let* ((table (car classes)) (a (%class-of a table)) (b (%class-of b table)))
    (or (eq? a b)
        (begin
          (hash-table-set! table a b)
          #f))))

; The object that stands for the class of one. Each on the way there is led past the next.
(define (%class-of object table)
  (let* ((next (hash-table-ref/default table object object))
         (behind (hash-table-ref/default table next next)))
    (if (eq? next behind)
        next
        (begin
          (hash-table-set! table object behind)
          (%class-of behind table)))))
