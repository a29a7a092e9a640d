(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Proves statements about lists and numbers: rewrites them by lemmas, then tests whether the resulting
;; conditional is a tautology. Exercises matching, assq on bindings, equal? and the allocation of terms.

;; A term is a variable (a symbol) or a list of an operator and its arguments.
;; The lemmas are kept for each operator as pairs of a left and a right side.

(define (lemmas-for operator table)
  (let ((entry (assq operator table)))
    (if entry (cdr entry) '())))

(define (index-lemmas lemmas)
  (let next ((lemmas lemmas) (table '()))
    (if (null? lemmas)
        table
        (let* ((left (caar lemmas))
               (right (cadar lemmas))
               (entry (assq (car left) table)))
          (cond (entry
                 (set-cdr! entry (append (cdr entry) (list (cons left right))))
                 (next (cdr lemmas) table))
                (else
                 (next (cdr lemmas)
                       (cons (list (car left) (cons left right)) table))))))))

;; The bindings that make the pattern equal to the term, or #f.
(define (one-way-unify pattern term bindings)
  (cond ((symbol? pattern)
         (let ((binding (assq pattern bindings)))
           (cond ((not binding) (cons (cons pattern term) bindings))
                 ((equal? (cdr binding) term) bindings)
                 (else #f))))
        ((symbol? term) #f)
        ((eq? (car pattern) (car term))
         (unify-arguments (cdr pattern) (cdr term) bindings))
        (else #f)))

(define (unify-arguments patterns terms bindings)
  (if (null? patterns)
      bindings
      (let ((bindings (one-way-unify (car patterns) (car terms) bindings)))
        (and bindings
             (unify-arguments (cdr patterns) (cdr terms) bindings)))))

(define (substitute bindings term)
  (if (symbol? term)
      (let ((binding (assq term bindings)))
        (if binding (cdr binding) term))
      (cons (car term)
            (map (lambda (argument) (substitute bindings argument)) (cdr term)))))

(define rewrites 0)

;; Rewrites the arguments first, then the whole term as long as a lemma applies.
(define (rewrite term table)
  (if (symbol? term)
      term
      (let ((term (cons (car term)
                        (map (lambda (argument) (rewrite argument table)) (cdr term)))))
        (let next ((lemmas (lemmas-for (car term) table)))
          (if (null? lemmas)
              term
              (let ((bindings (one-way-unify (caar lemmas) term '())))
                (cond (bindings
                       (set! rewrites (+ rewrites 1))
                       (rewrite (substitute bindings (cdar lemmas)) table))
                      (else (next (cdr lemmas))))))))))

;; Is the term true in every case? The facts are lists of the terms taken to be true and to be false.
(define (tautology? term true false)
  (cond ((symbol? term) (member term true))
        ((eq? (car term) 'true) #t)
        ((eq? (car term) 'false) #f)
        ((member term true) #t)
        ((member term false) #f)
        ((eq? (car term) 'if)
         (let ((test (cadr term)) (then (caddr term)) (else-part (cadddr term)))
           (cond ((and (pair? test) (eq? (car test) 'if))
                  (tautology? (list 'if (cadr test)
                                    (list 'if (caddr test) then else-part)
                                    (list 'if (cadddr test) then else-part))
                              true false))
                 ((or (equal? test '(true)) (member test true))
                  (tautology? then true false))
                 ((or (equal? test '(false)) (member test false))
                  (tautology? else-part true false))
                 (else
                  (and (tautology? then (cons test true) false)
                       (tautology? else-part true (cons test false)))))))
        (else #f)))

;; For each statement, whether it is proved and how many rewrites that took.
(define (prove-all statements lemmas)
  (let ((table (index-lemmas lemmas)))
    (map (lambda (statement)
           (set! rewrites 0)
           (let ((proved? (tautology? (rewrite statement table) '() '())))
             (list (if proved? 'proved 'open) rewrites)))
         statements)))

(define (run-benchmark)
  (let* ((count (read))
         (lemmas (read))
         (statements (read))
         (expected (read)))
    (run-r7rs-benchmark
     "rewriting"
     count
     (lambda () (prove-all (hide count statements) lemmas))
     (lambda (result) (equal? result expected)))))
