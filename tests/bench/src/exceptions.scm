(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Conditions in a loop: guard with clauses by kind, errors with irritants, handlers that return to
;; raise-continuable, conditions that are raised again to an outer guard, and a guard that is left normally.

(define-record-type shortage
  (make-shortage missing)
  shortage?
  (missing shortage-missing))

;; Takes an amount from a stock, or raises what is wrong about it.
(define (take stock amount)
  (cond ((not (number? amount)) (error "no amount" amount stock))
        ((negative? amount) (raise 'negative))
        ((> amount stock) (raise (make-shortage (- amount stock))))
        (else (- stock amount))))

(define (take-guarded stock amount)
  (guard (condition
          ((symbol? condition) -1)
          ((shortage? condition) (- (shortage-missing condition)))
          ((error-object? condition) => (lambda (true) (length (error-object-irritants condition)))))
    (take stock amount)))

;; The inner guard has no clause for shortages.
(define (take-nested stock amount)
  (guard (outer
          ((shortage? outer) (* 2 (shortage-missing outer))))
    (guard (inner
            ((eq? inner 'negative) 1)
            ((error-object? inner) (string-length (error-object-message inner))))
      (+ 1 (take stock amount)))))

;; Adds up a list; the handler says what stands for an element that is no number.
(define (sum-with-replacement list)
  (with-exception-handler
   (lambda (bad) (if (eq? bad 'none) 0 (* 10 (string-length bad))))
   (lambda ()
     (let loop ((rest list) (sum 0))
       (if (null? rest)
           sum
           (let ((x (car rest)))
             (loop (cdr rest) (+ sum (if (number? x) x (raise-continuable x))))))))))

;; Raises from so many calls deep.
(define (fail-deep depth)
  (if (= depth 0)
      (raise (list 'deep depth))
      (+ 1 (fail-deep (- depth 1)))))

(define (caught-deep depth)
  (guard (condition ((pair? condition) (length condition)))
    (fail-deep depth)))

(define (work rounds)
  (let ((amounts '(3 -2 70 apple 12 55 0 "pear" 99 -7)))
    (let loop ((k 0) (plain 0) (nested 0) (replaced 0) (deep 0))
      (if (= k rounds)
          (list plain nested replaced deep)
          (let ((stock (modulo (* k 13) 101)))
            (loop (+ k 1)
                  (apply + plain (map (lambda (amount) (take-guarded stock amount)) amounts))
                  (apply + nested (map (lambda (amount) (take-nested stock amount)) amounts))
                  (+ replaced (sum-with-replacement (list k "ab" 5 'none "cde" stock)))
                  (+ deep (caught-deep 20))))))))

(define (run-benchmark)
  (let* ((count (read)) (rounds (read)) (expected (read)))
    (run-r7rs-benchmark
     "exceptions"
     count
     (lambda () (work (hide count rounds)))
     (lambda (result) (equal? result expected)))))
