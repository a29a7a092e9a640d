(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Compares deep and wide data with equal?: lists that lean either way, trees, vectors of vectors,
;; strings and mixed numbers, both the same in all parts and different in the last.
;; The result counts the comparisons that hold.

;; A list that is nested in its first elements.
(define (deep-list depth last)
  (let loop ((k 0) (inner last))
    (if (= k depth)
        inner
        (loop (+ k 1) (list inner k)))))

(define (long-list size last)
  (let loop ((k 0) (tail (list last)))
    (if (= k size)
        tail
        (loop (+ k 1) (cons (if (even? k) k (+ k 0.5)) tail)))))

(define (tree depth last)
  (if (= depth 0)
      last
      (cons (tree (- depth 1) 'leaf) (tree (- depth 1) last))))

(define (grid size last)
  (let ((rows (make-vector size #f)))
    (do ((k 0 (+ k 1))) ((= k size))
      (vector-set! rows k (make-vector size (* k 1000000000000000000000))))
    (vector-set! (vector-ref rows (- size 1)) (- size 1) last)
    rows))

(define (text size last) (string-append (make-string size #\a) (symbol->string last)))

(define (bytes size last)
  (bytevector-append (make-bytevector size 1) (string->utf8 (symbol->string last))))

(define (samples size last)
  (list (deep-list size last)
        (long-list size last)
        (tree 10 last)
        (grid 40 last)
        (text size last)
        (bytes size last)))

(define (count-equal some others)
  (let loop ((a some) (b others) (number 0))
    (if (null? a)
        number
        (loop (cdr a) (cdr b) (if (equal? (car a) (car b)) (+ number 1) number)))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read))
         (some (samples size 'end))
         (same (samples size 'end))
         (different (samples size 'fin)))
    (run-r7rs-benchmark
     "equal"
     count
     (lambda ()
       (list (count-equal (hide count some) same) (count-equal (hide count some) different)))
     (lambda (result) (equal? result expected)))))
