; Sorting: a stable merge sort that never changes a pair once a comparison may have seen it.

(define (%merge before? left right)
  (let loop ((left left) (right right) (merged '()))
    (cond ((null? left) (append-reverse merged right))
          ((null? right) (append-reverse merged left))
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

(define (%sort-list name before? items)
  (let ((count (%checked-length name 0 items)))
    (if (= count 0) '() (%sort-first before? items count))))

; The arguments stand in either order: (sort items before?) and (sort before? items) are both used.
(define (%sort name items before?)
  (cond ((and (procedure? items) (not (procedure? before?))) (%sort name before? items))
        ((not (procedure? before?)) (%wrong-type name 1 "a procedure" before?))
        ((vector? items)
         (list->vector (%sort-list name before? (vector->list items))))
        ((or (pair? items) (null? items)) (%sort-list name before? items))
        (else (%wrong-type name 0 "a list or vector" items))))

(define (sort items before?) (%sort 'sort items before?))
(define (list-sort before? items) (%sort 'list-sort items before?))
(define (vector-sort items before?) (%sort 'vector-sort items before?))
(define (stable-sort items before?) (%sort 'stable-sort items before?))

(define (%sort! name items before?)
  (cond ((and (procedure? items) (not (procedure? before?))) (%sort! name before? items))
        ((vector? items) (vector-copy! items 0 (%sort name items before?)))
        (else (%sort name items before?))))

(define (sort! items before?) (%sort! 'sort! items before?))
(define (vector-sort! items before?) (%sort! 'vector-sort! items before?))

(define (list-sorted? items before?)
  (or (null? items)
      (let loop ((before (car items)) (rest (cdr items)))
        (cond ((null? rest) #t)
              ((before? (car rest) before) #f)
              (else (loop (car rest) (cdr rest)))))))
