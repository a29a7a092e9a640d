; Sorting: a stable merge sort that never changes a pair once a comparison may have seen it.

(define (%merge before? left right)
  (let loop ((left left) (right right) (merged '()))
    (cond ((null? left) (%reversed merged right))
          ((null? right) (%reversed merged left))
          ((before? (car right) (car left))
           (loop left (cdr right) (cons (car right) merged)))
          (else (loop (cdr left) right (cons (car left) merged))))))

; Sorts the first count items.
(define (%sort-first before? items count)
  (cond ((= count 1) (list (car items)))
        ((= count 2)
         (let ((a (car items)) (b (cadr items)))
           (if (before? b a) (list b a) (list a b))))
        (else
          (let ((half (quotient count 2)))
            (%merge before?
                    (%sort-first before? items half)
                    (%sort-first before? (list-tail items half) (- count half)))))))

(define (%sort-list name position before? items)
  (let ((count (%checked-length name position items)))
    (if (= count 0) '() (%sort-first before? items count))))

; The arguments stand in either order: (sort items before?) and (sort before? items) are both used.
; The position is that of items.
(define (%sort name position items before?)
  (cond ((and (procedure? items) (not (procedure? before?)))
         (%sort name (- 1 position) before? items))
        ((not (procedure? before?)) (%wrong-type name (- 1 position) "a procedure" before?))
        ((vector? items)
         (list->vector (%sort-list name position before? (vector->list items))))
        ((or (pair? items) (null? items)) (%sort-list name position before? items))
        (else (%wrong-type name position "a list or vector" items))))

(define (sort items before?) (%sort 'sort 0 items before?))
(define (list-sort before? items) (%sort 'list-sort 1 items before?))
(define (vector-sort items before?) (%sort 'vector-sort 0 items before?))
(define (stable-sort items before?) (%sort 'stable-sort 0 items before?))

(define (%sort! name position items before?)
  (cond ((and (procedure? items) (not (procedure? before?)))
         (%sort! name (- 1 position) before? items))
        ((vector? items) (vector-copy! items 0 (%sort name position items before?)))
        (else (%sort name position items before?))))

(define (sort! items before?) (%sort! 'sort! 0 items before?))
(define (vector-sort! items before?) (%sort! 'vector-sort! 0 items before?))

(define (list-sorted? items before?)
  (%procedure-check 'list-sorted? 1 before?)
  (cond ((pair? items)
         (let loop ((before (car items)) (rest (cdr items)))
           (cond ((pair? rest)
                  (if (before? (car rest) before) #f (loop (car rest) (cdr rest))))
                 ((null? rest) #t)
                 (else (%not-a-list 'list-sorted? 0 items)))))
        ((null? items) #t)
        (else (%not-a-list 'list-sorted? 0 items))))
