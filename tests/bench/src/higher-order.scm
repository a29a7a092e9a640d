(import (scheme base) (scheme case-lambda) (scheme read) (scheme write) (scheme time))
;; Procedures that take and make procedures: map, for-each and vector-map with one and more lists, folds,
;; compositions of closures, apply with rest arguments, and procedures of several arities.

(define (fold-up combine start list)
  (if (null? list)
      start
      (fold-up combine (combine (car list) start) (cdr list))))

(define (unfold-down next n)
  (if (= n 0) '() (cons (next n) (unfold-down next (- n 1)))))

(define (keep keep? list)
  (fold-up (lambda (x kept) (if (keep? x) (cons x kept) kept)) '() list))

(define (compose . procedures)
  (if (null? procedures)
      (lambda (x) x)
      (let ((first (car procedures)) (rest (apply compose (cdr procedures))))
        (lambda (x) (first (rest x))))))

(define (curried procedure . given)
  (lambda others (apply procedure (append given others))))

(define (weighted-sum weight . numbers)
  (* weight (apply + numbers)))

(define area
  (case-lambda
    (() 0)
    ((side) (* side side))
    ((width height) (* width height))
    ((width height . more) (+ (* width height) (apply area more)))))

(define (sum-of-mapped numbers)
  (let ((backwards (reverse numbers)))
    (apply +
           (append (map (lambda (x) (* 3 x)) numbers)
                   (map (lambda (x y) (- x (quotient y 2))) (cdr numbers) (cdr backwards))
                   (map (lambda (x y z) (max x y z)) numbers backwards (map square numbers))))))

(define (sum-by-for-each numbers)
  (let ((sum 0))
    (for-each (lambda (x y) (set! sum (+ sum (* x y)))) numbers (reverse numbers))
    sum))

(define (sum-of-vector numbers)
  (let ((sum 0) (v (list->vector numbers)))
    (vector-for-each
     (lambda (x) (set! sum (+ sum x)))
     (vector-map (lambda (x y) (+ x (* 2 y))) v (vector-map (curried - 100) v)))
    sum))

(define (sum-of-composed numbers)
  (let ((step (compose (curried + 1) (curried * 2) (lambda (x) (quotient x 3)) (curried max 10))))
    (fold-up + 0 (map step numbers))))

(define (work size)
  (let ((numbers (unfold-down (lambda (k) (modulo (* k k) 101)) size)))
    (list (sum-of-mapped numbers)
          (sum-by-for-each numbers)
          (sum-of-vector numbers)
          (sum-of-composed numbers)
          (length (keep odd? numbers))
          (fold-up (lambda (x sum) (+ sum (area) (area x) (area x 2) (area x 1 2 3) (area 1 2 3 4 x)))
                   0
                   numbers)
          (fold-up (lambda (x sum) (+ sum (weighted-sum x) (weighted-sum 2 x 1) (weighted-sum 1 x x x)))
                   0
                   numbers))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "higher-order"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result expected)))))
