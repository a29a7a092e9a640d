(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Symbolic differentiation directed by a table of rules, one closure for each operator.
;; Exercises assq and calls of procedures that are found at run time.

(define rules '())

(define (define-rule! operator rule)
  (set! rules (cons (cons operator rule) rules)))

(define (derive e x)
  (cond ((pair? e)
         (let ((entry (assq (car e) rules)))
           (if entry
               ((cdr entry) x e (cdr e))
               (error "derive: no rule for" e))))
        ((eq? e x) 1)
        (else 0)))

;; Sums and products have any number of operands.
(define-rule! '+
  (lambda (x e operands)
    (cons '+ (map (lambda (operand) (derive operand x)) operands))))

(define-rule! '-
  (lambda (x e operands)
    (cons '- (map (lambda (operand) (derive operand x)) operands))))

(define-rule! '*
  (lambda (x e operands)
    (list '* e (cons '+ (map (lambda (operand) (list '/ (derive operand x) operand)) operands)))))

(define-rule! '/
  (lambda (x e operands)
    (let ((over (car operands)) (under (cadr operands)))
      (list '- (list '/ (derive over x) under)
            (list '/ (list '* over (derive under x)) (list '* under under))))))

;; A rule for each function of one argument is made from its outer derivative by the chain rule.
(define (define-chain-rule! operator outer)
  (define-rule! operator
    (lambda (x e operands)
      (list '* (outer (car operands)) (derive (car operands) x)))))

(define-chain-rule! 'sin (lambda (u) (list 'cos u)))
(define-chain-rule! 'cos (lambda (u) (list '- 0 (list 'sin u))))
(define-chain-rule! 'exp (lambda (u) (list 'exp u)))
(define-chain-rule! 'log (lambda (u) (list '/ 1 u)))
(define-chain-rule! 'sqrt (lambda (u) (list '/ 1 (list '* 2 (list 'sqrt u)))))

(define (derive-times e x times)
  (if (= times 0)
      e
      (derive-times (derive e x) x (- times 1))))

;; The number of times that each of the operators occurs in an expression.
(define (occurrences operators e)
  (map (lambda (operator)
         (let occurrences ((e e))
           (if (pair? e)
               (let add ((operands (cdr e)) (total (if (eq? (car e) operator) 1 0)))
                 (if (null? operands)
                     total
                     (add (cdr operands) (+ total (occurrences (car operands))))))
               0)))
       operators))

(define (run-benchmark)
  (let* ((count (read))
         (times (read))
         (expressions (read))
         (expected (read)))
    (run-r7rs-benchmark
     "derivative-table"
     count
     (lambda ()
       (map (lambda (e) (occurrences '(+ * sin) (derive-times e 'x times))) (hide count expressions)))
     (lambda (result) (equal? result expected)))))
