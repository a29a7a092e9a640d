(import (scheme base) (scheme read) (scheme write) (scheme time))
;; A balanced tree after Adelson-Velsky and Landis: records whose fields are changed by insertions, with
;; rotations where two heights differ by two. The result has the size, the height and a sum of what is found.

(define-record-type node
  (make-node key value height left right)
  node?
  (key node-key)
  (value node-value set-node-value!)
  (height node-height set-node-height!)
  (left node-left set-node-left!)
  (right node-right set-node-right!))

(define (height tree) (if tree (node-height tree) 0))

(define (update-height! node)
  (set-node-height! node (+ 1 (max (height (node-left node)) (height (node-right node))))))

(define (rotate-right! node)
  (let ((left (node-left node)))
    (set-node-left! node (node-right left))
    (set-node-right! left node)
    (update-height! node)
    (update-height! left)
    left))

(define (rotate-left! node)
  (let ((right (node-right node)))
    (set-node-right! node (node-left right))
    (set-node-left! right node)
    (update-height! node)
    (update-height! right)
    right))

(define (lean node) (- (height (node-left node)) (height (node-right node))))

;; The root of the tree with the root's balance restored.
(define (balance! node)
  (update-height! node)
  (case (lean node)
    ((2)
     (if (< (lean (node-left node)) 0)
         (set-node-left! node (rotate-left! (node-left node))))
     (rotate-right! node))
    ((-2)
     (if (> (lean (node-right node)) 0)
         (set-node-right! node (rotate-right! (node-right node))))
     (rotate-left! node))
    (else node)))

;; Returns the root; a key that is there already gets the sum of both values.
(define (insert! tree key value)
  (cond ((not tree) (make-node key value 1 #f #f))
        ((< key (node-key tree))
         (set-node-left! tree (insert! (node-left tree) key value))
         (balance! tree))
        ((> key (node-key tree))
         (set-node-right! tree (insert! (node-right tree) key value))
         (balance! tree))
        (else
         (set-node-value! tree (+ value (node-value tree)))
         tree)))

(define (look-up tree key default)
  (cond ((not tree) default)
        ((< key (node-key tree)) (look-up (node-left tree) key default))
        ((> key (node-key tree)) (look-up (node-right tree) key default))
        (else (node-value tree))))

(define (size tree)
  (if tree (+ 1 (size (node-left tree)) (size (node-right tree))) 0))

;; First keys in pseudo-random order, then as many that rise.
(define (grow insertions)
  (let loop ((k 0) (seed 2027) (tree #f))
    (if (= k insertions)
        (let rising ((k 0) (tree tree))
          (if (= k insertions)
              tree
              (rising (+ k 1) (insert! tree (+ 10000 (* 3 k)) 1))))
        (loop (+ k 1)
              (modulo (+ (* seed 1103515245) 12345) 2147483648)
              (insert! tree (modulo (quotient seed 512) 65536) k)))))

(define (work insertions)
  (let ((tree (grow insertions)))
    (do ((key 0 (+ key 1))
         (sum 0 (+ sum (look-up tree key 0))))
        ((= key 65536) (list (size tree) (height tree) sum)))))

(define (run-benchmark)
  (let* ((count (read)) (insertions (read)) (expected (read)))
    (run-r7rs-benchmark
     "trees-mutated"
     count
     (lambda () (work (hide count insertions)))
     (lambda (result) (equal? result expected)))))
