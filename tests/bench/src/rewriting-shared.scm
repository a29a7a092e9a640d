(import (scheme base) (scheme read) (scheme write) (scheme time))
;; The prover of `rewriting` with terms that are shared: equal terms are the same node, found in a hash table
;; that is kept in a vector. Exercises records, modular arithmetic, and assq and memq where equal? was.

(define-record-type <operator>
  (make-operator name number lemmas)
  operator?
  (name operator-name)
  (number operator-number)
  (lemmas operator-lemmas set-operator-lemmas!))

;; The arguments of a variable are #f.
(define-record-type <node>
  (make-node operator arguments number)
  node?
  (operator node-operator)
  (arguments node-arguments)
  (number node-number))

(define (variable? node) (not (node-arguments node)))

;; All that a proof needs to keep: the known operators, and the table of nodes with their number.
(define operators '())
(define buckets (vector))
(define node-count 0)

(define (start-afresh! size)
  (set! operators '())
  (set! buckets (make-vector size '()))
  (set! node-count 0))

(define (intern-operator name)
  (let ((entry (assq name operators)))
    (if entry
        (cdr entry)
        (let ((operator (make-operator name (length operators) '())))
          (set! operators (cons (cons name operator) operators))
          operator))))

(define (hash operator arguments)
  (let mix ((code (operator-number operator)) (arguments (or arguments '())))
    (if (null? arguments)
        (modulo code (vector-length buckets))
        (mix (modulo (+ (* 613 code) (node-number (car arguments)) 1) 1048573) (cdr arguments)))))

(define (same-elements? a b)
  (cond ((pair? a) (and (eq? (car a) (car b)) (same-elements? (cdr a) (cdr b))))
        (else (eq? a b))))

;; The one node with this operator and these arguments.
(define (intern-node operator arguments)
  (let ((index (hash operator arguments)))
    (let find ((bucket (vector-ref buckets index)))
      (cond ((null? bucket)
             (let ((new (make-node operator arguments node-count)))
               (set! node-count (+ node-count 1))
               (vector-set! buckets index (cons new (vector-ref buckets index)))
               new))
            ((and (eq? (node-operator (car bucket)) operator)
                  (same-elements? arguments (node-arguments (car bucket))))
             (car bucket))
            (else (find (cdr bucket)))))))

(define (datum->node datum)
  (if (symbol? datum)
      (intern-node (intern-operator datum) #f)
      (intern-node (intern-operator (car datum)) (map datum->node (cdr datum)))))

(define (add-lemma! lemma)
  (let* ((left (datum->node (car lemma)))
         (right (datum->node (cadr lemma)))
         (operator (node-operator left)))
    (set-operator-lemmas! operator
                          (append (operator-lemmas operator) (list (cons left right))))))

(define (one-way-unify pattern term bindings)
  (cond ((variable? pattern)
         (let ((binding (assq pattern bindings)))
           (cond ((not binding) (cons (cons pattern term) bindings))
                 ((eq? (cdr binding) term) bindings)
                 (else #f))))
        ((variable? term) #f)
        ((eq? (node-operator pattern) (node-operator term))
         (let next ((patterns (node-arguments pattern))
                    (terms (node-arguments term))
                    (bindings bindings))
           (if (null? patterns)
               bindings
               (let ((bindings (one-way-unify (car patterns) (car terms) bindings)))
                 (and bindings (next (cdr patterns) (cdr terms) bindings))))))
        (else #f)))

(define (substitute bindings term)
  (cond ((variable? term)
         (let ((binding (assq term bindings)))
           (if binding (cdr binding) term)))
        (else
         (intern-node (node-operator term)
               (map (lambda (argument) (substitute bindings argument)) (node-arguments term))))))

(define rewrites 0)

(define (rewrite term)
  (if (variable? term)
      term
      (let* ((operator (node-operator term))
             (term (intern-node operator (map rewrite (node-arguments term)))))
        (let next ((lemmas (operator-lemmas operator)))
          (if (null? lemmas)
              term
              (let ((bindings (one-way-unify (caar lemmas) term '())))
                (cond (bindings
                       (set! rewrites (+ rewrites 1))
                       (rewrite (substitute bindings (cdar lemmas))))
                      (else (next (cdr lemmas))))))))))

;; Makes the tautology test, which knows the nodes of the constants and the operator of conditionals.
(define (make-tautology-test)
  (let ((if-operator (intern-operator 'if))
        (always (datum->node '(true)))
        (never (datum->node '(false))))
    (define (conditional? term)
      (eq? (node-operator term) if-operator))
    (define (split test then otherwise receive)
      (let ((parts (node-arguments test)))
        (receive (car parts)
                 (intern-node if-operator (list (cadr parts) then otherwise))
                 (intern-node if-operator (list (car (cddr parts)) then otherwise)))))
    (define (check-conditional test then otherwise true false)
      (cond ((conditional? test)
             (split test then otherwise
                    (lambda (test then otherwise)
                      (check-conditional test then otherwise true false))))
            ((memq test true) (check then true false))
            ((memq test false) (check otherwise true false))
            (else (and (check then (cons test true) false)
                       (check otherwise true (cons test false))))))
    (define (check term true false)
      (cond ((memq term true) #t)
            ((memq term false) #f)
            ((conditional? term)
             (let ((parts (node-arguments term)))
               (check-conditional (car parts) (cadr parts) (car (cddr parts)) true false)))
            (else #f)))
    (lambda (term)
      (check term (list always) (list never)))))

;; The results for all statements, and last the number of different terms that were met.
(define (prove-all statements lemmas)
  (start-afresh! 4099)
  (for-each add-lemma! lemmas)
  (let* ((tautology? (make-tautology-test))
         (results
          (map (lambda (statement)
                 (set! rewrites 0)
                 (let ((proved? (tautology? (rewrite (datum->node statement)))))
                   (list (if proved? 'proved 'open) rewrites)))
               statements)))
    (append results (list node-count))))

(define (run-benchmark)
  (let* ((count (read))
         (lemmas (read))
         (statements (read))
         (expected (read)))
    (run-r7rs-benchmark
     "rewriting-shared"
     count
     (lambda () (prove-all (hide count statements) lemmas))
     (lambda (result) (equal? result expected)))))
