; Generators made of continuations: walks of trees that can be stopped at every leaf. Two trees are
; compared leaf by leaf without building a list of either; a tree is searched by two walks at once;
; permutations come one at a time.
;
; What survives a kill: a walk that is stopped in the depth of a tree is a continuation, and each
; commit holds it as it is. After a restart both walks go on at their leaves.

(define end '(end))

; A generator of what (walk visit) visits: a procedure that gives the next value, then end for ever.
(define (generator walk)
  (define caller #f)
  (define (resume)
    (walk (lambda (value)
            (call/cc
              (lambda (rest)
                (set! resume (lambda () (rest #f)))
                (caller value)))))
    (set! resume (lambda () (caller end)))
    (caller end))
  (lambda ()
    (call/cc
      (lambda (k)
        (set! caller k)
        (resume)))))

; Trees are nested pairs; leaves are everything else but the empty list.

(define (walk-leaves tree visit)
  (cond ((pair? tree)
         (walk-leaves (car tree) visit)
         (walk-leaves (cdr tree) visit))
        ((not (null? tree)) (visit tree))))

(define (walk-leaves-backwards tree visit)
  (cond ((pair? tree)
         (walk-leaves-backwards (cdr tree) visit)
         (walk-leaves-backwards (car tree) visit))
        ((not (null? tree)) (visit tree))))

(define (leaves tree) (generator (lambda (visit) (walk-leaves tree visit))))
(define (leaves-backwards tree) (generator (lambda (visit) (walk-leaves-backwards tree visit))))

(define (same-fringe? a b)
  (let ((left (leaves a)) (right (leaves b)))
    (let loop ((count 0))
      (let* ((x (left)) (y (right)))
        (cond ((not (eqv? x y)) (list 'differ-at count))
              ((eq? x end) (list 'same count))
              (else (loop (+ count 1))))))))

; Whether the leaves read the same from both sides: a walk from each end, as far as the middle.
(define (palindrome? tree)
  (let ((count (let ((next (leaves tree)))
                 (let loop ((n 0)) (if (eq? (next) end) n (loop (+ n 1))))))
        (forwards (leaves tree))
        (backwards (leaves-backwards tree)))
    (let loop ((left (quotient count 2)))
      (or (= left 0)
          (and (eqv? (forwards) (backwards))
               (loop (- left 1)))))))

; All orders of the items of a list.
(define (permutations items)
  (define (visit-all chosen left visit)
    (if (null? left)
        (visit (reverse chosen))
        (for-each
          (lambda (item) (visit-all (cons item chosen) (delete item left) visit))
          left)))
  (generator (lambda (visit) (visit-all '() items visit))))

; The first value of a generator that satisfies a test, and how many were looked at.
(define (search next good?)
  (let loop ((count 1))
    (let ((value (next)))
      (cond ((eq? value end) (list 'none (- count 1)))
            ((good? value) (list value count))
            (else (loop (+ count 1)))))))

(define (left-tree n) (if (= n 0) '() (cons (left-tree (- n 1)) n)))
(define (right-list n)
  (let loop ((i n) (made '())) (if (= i 0) made (loop (- i 1) (cons i made)))))

(define (show title value)
  (display title)
  (write value)
  (newline))

(show "a deep tree and a flat list: " (same-fringe? (left-tree 300) (right-list 300)))
(show "a shorter list: " (same-fringe? (left-tree 300) (right-list 200)))
(show "other shapes: " (same-fringe? '((a . b) (c . d)) '(a (b (c)) d)))
(show "a palindrome: " (palindrome? '((1 (2) 3) ((3) 2) 1)))
(show "not one: " (palindrome? '(1 (2 3) (2 3) 1)))

; Square numbers that have given digits, each of them once.
(define (number digits) (fold-left (lambda (value digit) (+ (* value 10) digit)) 0 digits))
(define (square-digits? digits)
  (let* ((value (number digits)) (root (exact (floor (sqrt value)))))
    (= value (* root root))))
(show "a square of 1 2 3 4 9: " (search (permutations '(1 2 3 4 9)) square-digits?))
(show "a square of 1 2 3: " (search (permutations '(1 2 3)) square-digits?))
