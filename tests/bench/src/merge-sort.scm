(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Sorts lists by merging, with the comparison given as a procedure: upwards, downwards and by the
;; remainders of a division. The result has a checksum for each order.

(define (random-list size)
  (let loop ((k 0) (seed 4711) (list '()))
    (if (= k size)
        list
        (loop (+ k 1)
              (modulo (+ (* seed 1103515245) 12345) 2147483648)
              (cons (quotient seed 1024) list)))))

(define (merge-lists a b before?)
  (let loop ((a a) (b b) (merged '()))
    (cond ((null? a) (append-reverse merged b))
          ((null? b) (append-reverse merged a))
          ((before? (car b) (car a)) (loop a (cdr b) (cons (car b) merged)))
          (else (loop (cdr a) b (cons (car a) merged))))))

(define (append-reverse list tail)
  (if (null? list)
      tail
      (append-reverse (cdr list) (cons (car list) tail))))

;; Sorts the first elements of a list, so many as the size says.
(define (merge-sort list size before?)
  (cond ((= size 0) '())
        ((= size 1) (cons (car list) '()))
        (else
         (let ((half (quotient size 2)))
           (merge-lists (merge-sort list half before?)
                        (merge-sort (list-tail list half) (- size half) before?)
                        before?)))))

(define (checksum list)
  (let loop ((rest list) (sum 0))
    (if (null? rest)
        sum
        (loop (cdr rest) (modulo (+ (* 17 sum) (car rest)) 1000003)))))

(define (work size)
  (let ((numbers (random-list size)))
    (map (lambda (before?) (checksum (merge-sort numbers size before?)))
         (list < > (lambda (x y) (< (modulo x 1000) (modulo y 1000)))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "merge-sort"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result expected)))))
