(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Linear programming by the simplex method: a tableau of vectors of flonums, changed row by row.
;; It maximizes a sum of products under limits of production; the result is the greatest value.

;; The row of a limit, with a slack variable of its own; the last element is the limit itself.
(define (limit-row k limits products)
  (let ((row (make-vector (+ products limits 1) 0.0)))
    (do ((j 0 (+ j 1))) ((= j products))
      (vector-set! row j (inexact (+ 1 (modulo (+ (* 37 (+ k 1) (+ j 3)) (* 11 k k) (* 5 j)) 97)))))
    (vector-set! row (+ products k) 1.0)
    (vector-set! row (+ products limits) (inexact (+ 1000 (modulo (* 613 (+ k 1)) 701))))
    row))

(define (goal-row limits products)
  (let ((row (make-vector (+ products limits 1) 0.0)))
    (do ((j 0 (+ j 1))) ((= j products) row)
      (vector-set! row j (- (inexact (+ 20 (modulo (* 29 (+ j 1)) 41))))))))

;; The goal is the last row.
(define (make-tableau limits products)
  (let ((tableau (make-vector (+ limits 1) #f)))
    (do ((k 0 (+ k 1))) ((= k limits))
      (vector-set! tableau k (limit-row k limits products)))
    (vector-set! tableau limits (goal-row limits products))
    tableau))

;; The column with the most negative element of the goal, or #f at the optimum.
(define (entering-column goal)
  (let ((last (- (vector-length goal) 1)))
    (let loop ((j 0) (best -1e-9) (found #f))
      (cond ((= j last) found)
            ((< (vector-ref goal j) best) (loop (+ j 1) (vector-ref goal j) j))
            (else (loop (+ j 1) best found))))))

;; The row that limits the column most, or #f if none does.
(define (leaving-row tableau column)
  (let ((limits (- (vector-length tableau) 1)))
    (let loop ((k 0) (best 0.0) (found #f))
      (if (= k limits)
          found
          (let* ((row (vector-ref tableau k)) (element (vector-ref row column)))
            (if (> element 1e-9)
                (let ((ratio (/ (vector-ref row (- (vector-length row) 1)) element)))
                  (if (or (not found) (< ratio best))
                      (loop (+ k 1) ratio k)
                      (loop (+ k 1) best found)))
                (loop (+ k 1) best found)))))))

(define (divide-row! row divisor)
  (do ((j 0 (+ j 1))) ((= j (vector-length row)))
    (vector-set! row j (/ (vector-ref row j) divisor))))

(define (subtract-row! row factor other)
  (do ((j 0 (+ j 1))) ((= j (vector-length row)))
    (vector-set! row j (- (vector-ref row j) (* factor (vector-ref other j))))))

(define (pivot! tableau k column)
  (let ((chosen (vector-ref tableau k)))
    (divide-row! chosen (vector-ref chosen column))
    (vector-for-each
     (lambda (row)
       (if (not (eq? row chosen))
           (subtract-row! row (vector-ref row column) chosen)))
     tableau)))

(define (maximize limits products)
  (let* ((tableau (make-tableau limits products))
         (goal (vector-ref tableau limits)))
    (let loop ((pivots 0))
      (let ((column (entering-column goal)))
        (if column
            (let ((k (leaving-row tableau column)))
              (if k
                  (begin (pivot! tableau k column) (loop (+ pivots 1)))
                  'unbounded))
            (vector-ref goal (- (vector-length goal) 1)))))))

(define (run-benchmark)
  (let* ((count (read)) (limits (read)) (products (read)) (expected (read)) (tolerance (read)))
    (run-r7rs-benchmark
     "simplex"
     count
     (lambda () (maximize (hide count limits) (hide count products)))
     (lambda (result) (and (number? result) (< (abs (- result expected)) tolerance))))))
