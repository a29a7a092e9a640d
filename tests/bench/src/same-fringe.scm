(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Compares the fringes of random binary trees that are walked by generators.
;; A generator is left and entered again by call/cc once for each leaf.

(define (next-random state) (modulo (+ (* state 1103515245) 12345) 2147483648))

;; A tree of random shape with the leaves from `low` up to `high`, as a pair of the tree and the next state.
(define (random-tree low high state)
  (if (= low high)
      (cons low state)
      (let* ((state (next-random state))
             (middle (+ low (modulo (quotient state 1024) (- high low))))
             (left (random-tree low middle state))
             (right (random-tree (+ middle 1) high (cdr left))))
        (cons (cons (car left) (car right)) (cdr right)))))

;; The same shape, with the leaf `old` replaced.
(define (replace-leaf tree old new)
  (cond ((pair? tree) (cons (replace-leaf (car tree) old new) (replace-leaf (cdr tree) old new)))
        ((= tree old) new)
        (else tree)))

;; A procedure that returns one leaf at a time, and #f after the last.
(define (leaf-generator tree)
  (define consumer #f)
  (define (give leaf)
    (call/cc (lambda (rest)
               (set! resume (lambda () (rest #f)))
               (consumer leaf))))
  (define (walk tree)
    (cond ((pair? tree) (walk (car tree)) (walk (cdr tree)))
          (else (give tree))))
  (define (finish)
    (set! resume finish)
    (consumer #f))
  (define resume
    (lambda () (walk tree) (finish)))
  (lambda ()
    (call/cc (lambda (return)
               (set! consumer return)
               (resume)))))

;; The number of leaves that agree before the first difference or the end; negative after a difference.
(define (common-leaves tree-a tree-b)
  (let ((next-a (leaf-generator tree-a))
        (next-b (leaf-generator tree-b)))
    (let compare ((agreed 0))
      (let ((a (next-a)) (b (next-b)))
        (cond ((not (eqv? a b)) (- agreed))
              (a (compare (+ agreed 1)))
              (else agreed))))))

(define (make-trees number leaves)
  (let grow ((left number) (state 42) (trees '()))
    (if (= left 0)
        trees
        (let ((grown (random-tree 1 leaves state)))
          (grow (- left 1)
                (cdr grown)
                (cons (if (= (modulo left 3) 0)
                          (replace-leaf (car grown) (quotient leaves left) 0)
                          (car grown))
                      trees))))))

(define (compare-neighbours trees)
  (let next ((trees trees) (results '()))
    (if (null? (cdr trees))
        (reverse results)
        (next (cdr trees) (cons (common-leaves (car trees) (cadr trees)) results)))))

(define (run-benchmark)
  (let* ((count (read))
         (number (read))
         (leaves (read))
         (expected (read))
         (trees (make-trees number leaves)))
    (run-r7rs-benchmark
     "same-fringe"
     count
     (lambda () (compare-neighbours (hide count trees)))
     (lambda (result) (equal? result expected)))))
