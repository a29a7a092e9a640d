(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Takeuchi's function on unary numbers: a number is a list of that length, its predecessor the list's rest.
;; Exercises the walk along lists and calls with three arguments.

(define (unary n)
  (let grow ((left n) (number '()))
    (if (= left 0)
        number
        (grow (- left 1) (cons left number)))))

(define (less? a b)
  (cond ((null? b) #f)
        ((null? a) #t)
        (else (less? (cdr a) (cdr b)))))

(define (takeuchi x y z)
  (if (less? y x)
      (takeuchi (takeuchi (cdr x) y z)
                (takeuchi (cdr y) z x)
                (takeuchi (cdr z) x y))
      z))

(define (run-benchmark)
  (let* ((count (read))
         (x (read))
         (y (read))
         (z (read))
         (expected (read)))
    (run-r7rs-benchmark
     "takeuchi-lists"
     count
     (lambda () (length (takeuchi (unary (hide count x)) (unary (hide count y)) (unary (hide count z)))))
     (lambda (result) (= result expected)))))
