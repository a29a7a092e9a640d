(import (scheme base) (scheme char) (scheme read) (scheme write) (scheme time))
;; Writes big nested data to a string port with `write` and `display`: lists, vectors, symbols, strings
;; with characters to escape, and numbers. The result has the lengths and the sums of all digits.

(define (make-leaf k)
  (case (modulo k 8)
    ((0) 'symbol)
    ((1) k)
    ((2) "say \"so\" or \\ not")
    ((3) (- (* k 1000003)))
    ((4) #\z)
    ((5) (+ k 0.25))
    ((6) (= 0 (modulo k 3)))
    (else (/ k 7919))))

(define (make-tree depth k)
  (cond ((= depth 0) (make-leaf k))
        ((= 0 (modulo k 4))
         (vector (make-tree (- depth 1) (+ (* 3 k) 1)) (make-tree (- depth 1) (+ (* 3 k) 2))))
        (else
         (list 'tree
               (make-tree (- depth 1) (* 3 k))
               (make-tree (- depth 1) (+ (* 3 k) 1))
               (cons 'last (make-tree (- depth 1) (+ (* 3 k) 2)))))))

(define (written datum put)
  (let ((out (open-output-string)))
    (put datum out)
    (get-output-string out)))

(define (digit-sum text)
  (let ((sum 0))
    (string-for-each
     (lambda (c) (if (char<=? #\0 c #\9) (set! sum (+ sum (digit-value c)))))
     text)
    sum))

(define (work tree)
  (map (lambda (put)
         (let ((text (written tree put)))
           (list (string-length text) (digit-sum text))))
       (list write display)))

(define (run-benchmark)
  (let* ((count (read)) (depth (read)) (expected (read))
         (tree (make-tree depth 1)))
    (run-r7rs-benchmark
     "writer"
     count
     (lambda () (work (hide count tree)))
     (lambda (result) (equal? result expected)))))
