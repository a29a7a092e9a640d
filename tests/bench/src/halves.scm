(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Takes every other element of a list, by iteration in the first measured part, by recursion in the second.
;; Exercises the allocation of short-lived pairs and, in the second part, calls that are not in tail position.

(define (countdown n)
  (let grow ((i 1) (numbers '()))
    (if (> i n)
        numbers
        (grow (+ i 1) (cons i numbers)))))

;; Both give the elements at even positions; the iteration gives them in reverse order.
(define (half-by-iteration numbers)
  (do ((left numbers (cddr left))
       (half '() (cons (car left) half)))
      ((null? left) half)))

(define (half-by-recursion numbers)
  (if (null? numbers)
      '()
      (cons (car numbers) (half-by-recursion (cddr numbers)))))

;; The sum of the first elements of so many halves.
(define (repeat halve numbers times)
  (let next ((left times) (sum 0))
    (if (= left 0)
        sum
        (next (- left 1) (+ sum (car (halve numbers)))))))

(define (run-benchmark)
  (let* ((count (read))
         (size (read))
         (times (read))
         (expected-by-iteration (read))
         (expected-by-recursion (read))
         (numbers (countdown size)))
    (run-r7rs-benchmark
     "halves:iteration"
     count
     (lambda () (repeat half-by-iteration (hide count numbers) (hide count times)))
     (lambda (result) (= result expected-by-iteration)))
    (run-r7rs-benchmark
     "halves:recursion"
     count
     (lambda () (repeat half-by-recursion (hide count numbers) (hide count times)))
     (lambda (result) (= result expected-by-recursion)))))
