(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Matches patterns with element and segment variables against a small database of nested lists.
;; The matcher tries all the ways, by success continuations that return to ask for the next one.

;; In a pattern, (? x) stands for one element and (?? x) for any number of them.
(define (variable? pattern mark)
  (and (pair? pattern)
       (eq? (car pattern) mark)
       (pair? (cdr pattern))
       (symbol? (cadr pattern))
       (null? (cddr pattern))))

;; Calls `succeed` with the bindings of each way to match.
(define (match pattern datum bindings succeed)
  (cond ((variable? pattern '?)
         (let ((entry (assq (cadr pattern) bindings)))
           (cond ((not entry) (succeed (cons (cons (cadr pattern) datum) bindings)))
                 ((equal? (cdr entry) datum) (succeed bindings)))))
        ((and (pair? pattern) (variable? (car pattern) '??))
         (let ((entry (assq (cadar pattern) bindings)))
           (if entry
               (match-known-segment (cdr entry) (cdr pattern) datum bindings succeed)
               (match-new-segment (cadar pattern) (cdr pattern) datum bindings succeed))))
        ((pair? pattern)
         (when (pair? datum)
           (match (car pattern) (car datum) bindings
                  (lambda (bindings)
                    (match (cdr pattern) (cdr datum) bindings succeed)))))
        ((eqv? pattern datum) (succeed bindings))))

(define (match-known-segment segment pattern datum bindings succeed)
  (cond ((null? segment) (match pattern datum bindings succeed))
        ((and (pair? datum) (equal? (car segment) (car datum)))
         (match-known-segment (cdr segment) pattern (cdr datum) bindings succeed))))

(define (match-new-segment name pattern datum bindings succeed)
  (let longer ((taken '()) (left datum))
    (match pattern left (cons (cons name (reverse taken)) bindings) succeed)
    (when (pair? left)
      (longer (cons (car left) taken) (cdr left)))))

(define (instantiate template bindings)
  (cond ((variable? template '?)
         (cdr (assq (cadr template) bindings)))
        ((and (pair? template) (variable? (car template) '??))
         (append (cdr (assq (cadar template) bindings))
                 (instantiate (cdr template) bindings)))
        ((pair? template)
         (cons (instantiate (car template) bindings)
               (instantiate (cdr template) bindings)))
        (else template)))

;; The number of answers to a query, a pattern with a template, and the last of them.
(define (answer query database)
  (let ((number 0) (last #f))
    (for-each
     (lambda (datum)
       (match (car query) datum '()
              (lambda (bindings)
                (set! number (+ number 1))
                (set! last (instantiate (cadr query) bindings)))))
     database)
    (list number last)))

(define (run-benchmark)
  (let* ((count (read))
         (database (read))
         (queries (read))
         (expected (read)))
    (run-r7rs-benchmark
     "matcher"
     count
     (lambda ()
       (let ((database (hide count database)))
         (map (lambda (query) (answer query database)) queries)))
     (lambda (result) (equal? result expected)))))
