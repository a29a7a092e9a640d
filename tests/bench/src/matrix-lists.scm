(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Exact matrices as lists of rows: products of small integers, and determinants and inverses that
;; go through fractions. The result is the determinant, and whether the inverse is one.

(define (make-matrix size element)
  (let rows ((i 0))
    (if (= i size)
        '()
        (cons (let columns ((j 0))
                (if (= j size)
                    '()
                    (cons (element i j) (columns (+ j 1)))))
              (rows (+ i 1))))))

(define (transpose matrix) (apply map list matrix))

(define (dot-product row column)
  (let loop ((row row) (column column) (total 0))
    (if (null? row)
        total
        (loop (cdr row) (cdr column) (+ total (* (car row) (car column)))))))

(define (matrix* a b)
  (let ((columns (transpose b)))
    (map (lambda (row)
           (map (lambda (column) (dot-product row column)) columns))
         a)))

(define (matrix-power matrix exponent)
  (cond ((= exponent 1) matrix)
        ((even? exponent) (matrix-power (matrix* matrix matrix) (quotient exponent 2)))
        (else (matrix* matrix (matrix-power matrix (- exponent 1))))))

;; The rows with one first that does not begin with zero; #f if there is none.
(define (with-pivot-first rows)
  (let search ((before '()) (rest rows))
    (cond ((null? rest) #f)
          ((zero? (caar rest)) (search (cons (car rest) before) (cdr rest)))
          (else (cons (car rest) (append (reverse before) (cdr rest)))))))

;; How many rows begin with zero before one that does not.
(define (rows-skipped rows)
  (if (zero? (caar rows)) (+ 1 (rows-skipped (cdr rows))) 0))

(define (row- row factor other)
  (map (lambda (x y) (- x (* factor y))) row other))

(define (determinant matrix)
  (if (null? matrix)
      1
      (let ((rows (with-pivot-first matrix)))
        (if (not rows)
            0
            (let* ((first (car rows)) (pivot (car first)))
              (* pivot
                 (if (even? (rows-skipped matrix)) 1 -1)
                 (determinant
                  (map (lambda (row) (cdr (row- row (/ (car row) pivot) first))) (cdr rows)))))))))

;; Gauss and Jordan: the matrix with the identity beside it loses a column at the left in each round.
(define (inverse matrix)
  (let ((size (length matrix)))
    (let eliminate ((rows (map append matrix (make-matrix size (lambda (i j) (if (= i j) 1 0)))))
                    (left size))
      (if (= left 0)
          rows
          (let* ((pivoted (with-pivot-first rows))
                 (pivot (caar pivoted))
                 (first (map (lambda (x) (/ x pivot)) (car pivoted))))
            (eliminate (append (map (lambda (row) (cdr (row- row (car row) first))) (cdr pivoted))
                               (list (cdr first)))
                       (- left 1)))))))

(define (work size exponent)
  (let* ((matrix (make-matrix size (lambda (i j) (- (modulo (+ (* 7 i i) (* 3 j) (* i j j)) 11) 5))))
         (product (matrix* matrix (inverse matrix))))
    (list (determinant (matrix-power matrix exponent))
          (equal? product (make-matrix size (lambda (i j) (if (= i j) 1 0)))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (exponent (read)) (expected (read)))
    (run-r7rs-benchmark
     "matrix-lists"
     count
     (lambda () (work (hide count size) (hide count exponent)))
     (lambda (result) (equal? result expected)))))
