; Lists. Everything whose time grows with its argument is here, so that it yields like any program.

(define (list . items) items)

(define (cons* first . rest)
  (if (null? rest) first (cons first (%append-last rest))))

(define (make-list count . fill)
  (let ((fill (if (null? fill) #f (car fill))))
    (let loop ((count count) (made '()))
      (if (= count 0) made (loop (- count 1) (cons fill made))))))

(define (list? object)
  ; The hare takes two steps for each of the tortoise: a cycle makes them meet.
  (let loop ((hare object) (tortoise object))
    (cond ((null? hare) #t)
          ((not (pair? hare)) #f)
          (else
            (let ((hare (cdr hare)))
              (cond ((null? hare) #t)
                    ((not (pair? hare)) #f)
                    (else
                      (let ((hare (cdr hare)) (tortoise (cdr tortoise)))
                        (if (eq? hare tortoise) #f (loop hare tortoise))))))))))

(define (length items)
  (let loop ((rest items) (count 0))
    (cond ((pair? rest) (loop (cdr rest) (+ count 1)))
          ((null? rest) count)
          (else (error "length expects a list, found" items)))))

(define (%reverse-onto items tail)
  (if (null? items) tail (%reverse-onto (cdr items) (cons (car items) tail))))

(define (reverse items) (%reverse-onto items '()))

(define (%append2 items tail)
  (%reverse-onto (%reverse-onto items '()) tail))

(define (append . lists)
  (cond ((null? lists) '())
        ((null? (cdr lists)) (car lists))
        (else
          (let ((backwards (reverse lists)))
            (let loop ((tail (car backwards)) (rest (cdr backwards)))
              (if (null? rest) tail (loop (%append2 (car rest) tail) (cdr rest))))))))

(define (list-copy object)
  (let loop ((rest object) (copied '()))
    (if (pair? rest)
        (loop (cdr rest) (cons (car rest) copied))
        (%reverse-onto copied rest))))

(define (list-tail items count)
  (if (= count 0) items (list-tail (cdr items) (- count 1))))

(define (list-ref items index) (car (list-tail items index)))
(define (list-set! items index value) (set-car! (list-tail items index) value))

(define (last-pair items)
  (if (pair? (cdr items)) (last-pair (cdr items)) items))

(define (last items) (car (last-pair items)))

(define (memq object items)
  (cond ((null? items) #f)
        ((eq? object (car items)) items)
        (else (memq object (cdr items)))))

(define (memv object items)
  (cond ((null? items) #f)
        ((eqv? object (car items)) items)
        (else (memv object (cdr items)))))

(define (member object items . same)
  (let ((same? (if (null? same) equal? (car same))))
    (let loop ((rest items))
      (cond ((null? rest) #f)
            ((same? object (car rest)) rest)
            (else (loop (cdr rest)))))))

(define (assq key entries)
  (cond ((null? entries) #f)
        ((eq? key (car (car entries))) (car entries))
        (else (assq key (cdr entries)))))

(define (assv key entries)
  (cond ((null? entries) #f)
        ((eqv? key (car (car entries))) (car entries))
        (else (assv key (cdr entries)))))

(define (assoc key entries . same)
  (let ((same? (if (null? same) equal? (car same))))
    (let loop ((rest entries))
      (cond ((null? rest) #f)
            ((same? key (car (car rest))) (car rest))
            (else (loop (cdr rest)))))))

; The result is built from pairs that nothing else holds until it is returned, and a continuation
; captured in the procedure and entered again does not change an earlier result.
(define (%map1 procedure items)
  (let loop ((rest items) (done '()))
    (if (pair? rest)
        (loop (cdr rest) (cons (procedure (car rest)) done))
        (reverse done))))

(define (%any-null? lists)
  (cond ((null? lists) #f)
        ((pair? (car lists)) (%any-null? (cdr lists)))
        (else #t)))

(define (map procedure items . more)
  (if (null? more)
      (%map1 procedure items)
      (let loop ((lists (cons items more)) (done '()))
        (if (%any-null? lists)
            (reverse done)
            (loop (%map1 cdr lists)
                  (cons (%apply procedure (%map1 car lists)) done))))))

(define (for-each procedure items . more)
  (if (null? more)
      (let loop ((rest items))
        (if (pair? rest)
            (begin (procedure (car rest)) (loop (cdr rest)))))
      (let loop ((lists (cons items more)))
        (if (not (%any-null? lists))
            (begin
              (%apply procedure (%map1 car lists))
              (loop (%map1 cdr lists)))))))

(define (append-map procedure items) (%apply append (%map1 procedure items)))

(define (filter keep? items)
  (let loop ((rest items) (kept '()))
    (cond ((null? rest) (reverse kept))
          ((keep? (car rest)) (loop (cdr rest) (cons (car rest) kept)))
          (else (loop (cdr rest) kept)))))

(define (remove drop? items) (filter (lambda (item) (not (drop? item))) items))
(define (delete object items) (filter (lambda (item) (not (equal? object item))) items))

(define (fold-left combine start items)
  (if (null? items) start (fold-left combine (combine start (car items)) (cdr items))))

(define (fold combine start items)
  (if (null? items) start (fold combine (combine (car items) start) (cdr items))))

(define (fold-right combine start items)
  (let loop ((rest (reverse items)) (result start))
    (if (null? rest) result (loop (cdr rest) (combine (car rest) result)))))

(define (reduce combine start items)
  (if (null? items) start (fold combine (car items) (cdr items))))

(define (iota count . options)
  (let ((start (if (pair? options) (car options) 0))
        (step (if (and (pair? options) (pair? (cdr options))) (cadr options) 1)))
    (let loop ((index (- count 1)) (made '()))
      (if (< index 0)
          made
          (loop (- index 1) (cons (+ start (* index step)) made))))))

(define (any satisfies? items)
  (cond ((null? items) #f)
        ((satisfies? (car items)))
        (else (any satisfies? (cdr items)))))

(define (every satisfies? items)
  (cond ((null? items) #t)
        ((null? (cdr items)) (satisfies? (car items)))
        ((satisfies? (car items)) (every satisfies? (cdr items)))
        (else #f)))

(define (equal? a b)
  (cond ((eqv? a b) #t)
        ((pair? a)
         (and (pair? b)
              (equal? (car a) (car b))
              (equal? (cdr a) (cdr b))))
        ((string? a) (and (string? b) (%string=? a b)))
        ((vector? a)
         (and (vector? b)
              (= (vector-length a) (vector-length b))
              (let loop ((index 0))
                (or (= index (vector-length a))
                    (and (equal? (vector-ref a index) (vector-ref b index))
                         (loop (+ index 1)))))))
        ((bytevector? a)
         (and (bytevector? b)
              (= (bytevector-length a) (bytevector-length b))
              (let loop ((index 0))
                (or (= index (bytevector-length a))
                    (and (= (bytevector-u8-ref a index) (bytevector-u8-ref b index))
                         (loop (+ index 1)))))))
        (else #f)))

; A stable merge sort.
(define (%merge before? left right)
  (let loop ((left left) (right right) (merged '()))
    (cond ((null? left) (%reverse-onto merged right))
          ((null? right) (%reverse-onto merged left))
          ((before? (car right) (car left))
           (loop left (cdr right) (cons (car right) merged)))
          (else (loop (cdr left) right (cons (car left) merged))))))

(define (%sort-list before? items count)
  ; Sorts the first count items.
  (cond ((= count 0) '())
        ((= count 1) (cons (car items) '()))
        (else
          (let ((half (quotient count 2)))
            (%merge before?
                    (%sort-list before? items half)
                    (%sort-list before? (list-tail items half) (- count half)))))))

(define (list-sort before? items) (%sort-list before? items (length items)))

(define (sort items before?)
  (if (vector? items)
      (list->vector (list-sort before? (vector->list items)))
      (list-sort before? items)))
