(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Symbolic differentiation and simplification of expressions by one big cond on the operator.
;; Exercises symbol comparison and the allocation of small lists.

(define (make-sum a b)
  (cond ((eqv? a 0) b)
        ((eqv? b 0) a)
        ((and (number? a) (number? b)) (+ a b))
        (else (list '+ a b))))

(define (make-difference a b)
  (cond ((eqv? b 0) a)
        ((and (number? a) (number? b)) (- a b))
        (else (list '- a b))))

(define (make-product a b)
  (cond ((or (eqv? a 0) (eqv? b 0)) 0)
        ((eqv? a 1) b)
        ((eqv? b 1) a)
        ((and (number? a) (number? b)) (* a b))
        (else (list '* a b))))

(define (make-quotient a b)
  (cond ((eqv? a 0) 0)
        ((eqv? b 1) a)
        (else (list '/ a b))))

(define (make-power base exponent)
  (cond ((eqv? exponent 0) 1)
        ((eqv? exponent 1) base)
        (else (list 'expt base exponent))))

(define (derive e x)
  (cond ((number? e) 0)
        ((symbol? e) (if (eq? e x) 1 0))
        ((eq? (car e) '+)
         (make-sum (derive (cadr e) x) (derive (caddr e) x)))
        ((eq? (car e) '-)
         (make-difference (derive (cadr e) x) (derive (caddr e) x)))
        ((eq? (car e) '*)
         (make-sum (make-product (derive (cadr e) x) (caddr e))
                   (make-product (cadr e) (derive (caddr e) x))))
        ((eq? (car e) '/)
         (make-quotient (make-difference (make-product (derive (cadr e) x) (caddr e))
                                         (make-product (cadr e) (derive (caddr e) x)))
                        (make-power (caddr e) 2)))
        ((eq? (car e) 'expt)
         (make-product (make-product (caddr e) (make-power (cadr e) (- (caddr e) 1)))
                       (derive (cadr e) x)))
        ((eq? (car e) 'sin)
         (make-product (list 'cos (cadr e)) (derive (cadr e) x)))
        ((eq? (car e) 'cos)
         (make-product (list '* -1 (list 'sin (cadr e))) (derive (cadr e) x)))
        ((eq? (car e) 'exp)
         (make-product e (derive (cadr e) x)))
        ((eq? (car e) 'log)
         (make-quotient (derive (cadr e) x) (cadr e)))
        (else (error "derive: unknown operator" e))))

(define (derive-times e x times)
  (if (= times 0)
      e
      (derive-times (derive e x) x (- times 1))))

;; The number of operators, numbers and variables in an expression.
(define (size e)
  (if (pair? e)
      (let add ((parts e) (total 0))
        (if (null? parts)
            total
            (add (cdr parts) (+ total (size (car parts))))))
      1))

(define (run-benchmark)
  (let* ((count (read))
         (times (read))
         (expressions (read))
         (expected (read)))
    (run-r7rs-benchmark
     "derivative"
     count
     (lambda ()
       (map (lambda (e) (size (derive-times e 'x times))) (hide count expressions)))
     (lambda (result) (equal? result expected)))))
