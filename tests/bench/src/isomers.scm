(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Counts the alkanes with a number of carbon atoms by making all their structures: trees in which an atom
;; has up to four neighbours, built around their middle. Lists of records in a vector by size.

;; A radical is hydrogen, of size 0, or a carbon atom with three radicals. Numbers rise with the sizes.
(define-record-type radical
  (make-radical number children)
  radical?
  (number radical-number)
  (children radical-children))

(define hydrogen (make-radical 0 '()))

;; All ways to choose so many radicals with sizes that add up to a total, none larger than a size. They
;; fall in their numbers, so that each choice comes once.
(define (choices by-size how-many total largest most)
  (if (= how-many 0)
      (if (= total 0) '(()) '())
      (let sizes ((size (min total largest)) (found '()))
        (if (< size 0)
            found
            (let radicals ((rest (vector-ref by-size size)) (found found))
              (cond ((null? rest) (sizes (- size 1) found))
                    ((> (radical-number (car rest)) most) (radicals (cdr rest) found))
                    (else
                     (radicals
                      (cdr rest)
                      (let* ((first (car rest)) (number (radical-number first)))
                        (let prepend
                            ((others (choices by-size (- how-many 1) (- total size) size number))
                             (found found))
                          (if (null? others)
                              found
                              (prepend (cdr others)
                                       (cons (cons first (car others)) found)))))))))))))

;; The radicals of each size up to the largest, by size.
(define (make-radicals largest)
  (let ((by-size (make-vector (+ largest 1) '())))
    (vector-set! by-size 0 (list hydrogen))
    (let loop ((size 1) (number 1))
      (if (> size largest)
          by-size
          (let next ((rest (choices by-size 3 (- size 1) (- size 1) number)) (number number))
            (if (null? rest)
                (loop (+ size 1) number)
                (begin
                  (vector-set! by-size
                               size
                               (cons (make-radical number (car rest)) (vector-ref by-size size)))
                  (next (cdr rest) (+ number 1)))))))))

;; The middle is an atom whose four radicals have less than half of all atoms each, or else a bond
;; between two radicals of half of them.
(define (alkanes by-size atoms)
  (let ((most (* 1000 1000 1000)))
    (append
     (choices by-size 4 (- atoms 1) (quotient (- atoms 1) 2) most)
     (if (even? atoms)
         (let ((half (vector-ref by-size (quotient atoms 2))))
           (let pairs ((rest half) (found '()))
             (if (null? rest)
                 found
                 (pairs (cdr rest)
                        (append (map (lambda (other) (list (car rest) other)) rest) found)))))
         '()))))

(define (counts atoms)
  (let ((by-size (make-radicals (quotient atoms 2))))
    (let loop ((k atoms) (numbers '()))
      (if (= k 0)
          numbers
          (loop (- k 1) (cons (length (alkanes by-size k)) numbers))))))

(define (run-benchmark)
  (let* ((count (read)) (atoms (read)) (expected (read)))
    (run-r7rs-benchmark
     "isomers"
     count
     (lambda () (counts (hide count atoms)))
     (lambda (result) (equal? result expected)))))
