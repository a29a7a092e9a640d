(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Several values at once: call-with-values, let-values and define-values with procedures that
;; return two or three, or a rest of them. The result has sums of what came out.

;; The greatest common divisor of two numbers, and factors for which it is their combination.
(define (extended-gcd a b)
  (if (= b 0)
      (values a 1 0)
      (let*-values (((q r) (floor/ a b))
                    ((divisor x y) (extended-gcd b r)))
        (values divisor y (- x (* q y))))))

;; The smallest and the greatest element and the sum.
(define (summary list)
  (if (null? (cdr list))
      (values (car list) (car list) (car list))
      (let-values (((least greatest sum) (summary (cdr list))))
        (values (min (car list) least) (max (car list) greatest) (+ (car list) sum)))))

;; The elements for which the test holds, and the others.
(define (split-by test list)
  (if (null? list)
      (values '() '())
      (call-with-values
       (lambda () (split-by test (cdr list)))
       (lambda (yes no)
         (if (test (car list))
             (values (cons (car list) yes) no)
             (values yes (cons (car list) no)))))))

(define (make-numbers size)
  (let loop ((k 0))
    (if (= k size)
        '()
        (cons (modulo (* k 37) 1009) (loop (+ k 1))))))

(define (work size)
  (define-values (numbers others) (split-by even? (make-numbers size)))
  (let loop ((k 1) (divisors 0) (wrong 0) (rests 0))
    (if (> k size)
        (let-values (((least greatest . sum) (summary numbers))
                     (all (summary others)))
          (list divisors wrong rests least greatest (car sum) all))
        (let ((a (modulo (* k 7919) 10007)) (b (+ k 12)))
          (call-with-values
           (lambda () (extended-gcd a b))
           (lambda (divisor x y)
             (let-values (((q . rest) (truncate/ a k)) ((root left) (exact-integer-sqrt a)))
               (loop (+ k 1)
                     (+ divisors divisor)
                     (if (= divisor (+ (* a x) (* b y))) wrong (+ wrong 1))
                     (+ rests (apply + q rest) root left)))))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "values"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result expected)))))
