(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Makes and walks many complete trees that are garbage at once, while one big tree and a list of small
;; ones stay alive: allocation and collection. The result has the number of nodes for each depth.

(define-record-type node
  (make-node left right)
  node?
  (left node-left)
  (right node-right))

(define (make-tree depth)
  (if (= depth 0)
      (make-node #f #f)
      (make-node (make-tree (- depth 1)) (make-tree (- depth 1)))))

(define (count-nodes tree)
  (if tree
      (+ 1 (count-nodes (node-left tree)) (count-nodes (node-right tree)))
      0))

;; So many trees of a depth that their nodes are about as many as those of one tree of the greatest.
(define (nodes-of-short-lived depth greatest)
  (let ((trees (expt 2 (- greatest depth))))
    (do ((k 0 (+ k 1))
         (nodes 0 (+ nodes (count-nodes (make-tree depth)))))
        ((= k trees) nodes))))

(define (work greatest)
  (let ((long-lived (make-tree greatest)))
    (let loop ((depth 2) (kept '()) (totals '()))
      (if (> depth greatest)
          (append (reverse totals)
                  (list (count-nodes long-lived) (apply + (map count-nodes kept))))
          (loop (+ depth 3)
                (cons (make-tree depth) kept)
                (cons (nodes-of-short-lived depth greatest) totals))))))

(define (run-benchmark)
  (let* ((count (read)) (greatest (read)) (expected (read)))
    (run-r7rs-benchmark
     "binary-trees"
     count
     (lambda () (work (hide count greatest)))
     (lambda (result) (equal? result expected)))))
