(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Infers the types of lambda terms with let-polymorphism, by unification of types with mutable variables.
;; Exercises records with fields that are set, assq on environments and recursion over trees.

;; A type is a variable, a constant (a symbol) or a list of a constructor and its types.
;; A variable is bound to a type or has #f; its level is the depth of the let in which it was made.
(define-record-type <type-variable>
  (make-type-variable number level binding)
  type-variable?
  (number type-variable-number)
  (level type-variable-level set-type-variable-level!)
  (binding type-variable-binding set-type-variable-binding!))

(define variables-made 0)

(define (fresh level)
  (set! variables-made (+ variables-made 1))
  (make-type-variable variables-made level #f))

;; The type behind the bindings of a variable; makes long chains short.
(define (resolve type)
  (if (and (type-variable? type) (type-variable-binding type))
      (let ((behind (resolve (type-variable-binding type))))
        (set-type-variable-binding! type behind)
        behind)
      type))

;; Does the variable occur in the type? Lowers the levels of the variables in the type on the way.
(define (occurs? variable type)
  (let ((type (resolve type)))
    (cond ((type-variable? type)
           (or (eq? type variable)
               (begin
                 (when (< (type-variable-level variable) (type-variable-level type))
                   (set-type-variable-level! type (type-variable-level variable)))
                 #f)))
          ((pair? type)
           (let next ((types (cdr type)))
             (and (pair? types)
                  (or (occurs? variable (car types))
                      (next (cdr types))))))
          (else #f))))

(define (unify! a b fail)
  (let ((a (resolve a)) (b (resolve b)))
    (cond ((eq? a b) #t)
          ((type-variable? a)
           (if (occurs? a b)
               (fail 'circular)
               (set-type-variable-binding! a b)))
          ((type-variable? b) (unify! b a fail))
          ((and (pair? a) (pair? b) (eq? (car a) (car b)))
           (for-each (lambda (a b) (unify! a b fail)) (cdr a) (cdr b)))
          (else (fail 'mismatch)))))

;; An instance of a type at `level`: each variable that is deeper than `general` is replaced by a fresh one.
(define (instance type general level)
  (let ((replaced '()))
    (let copy ((type type))
      (let ((type (resolve type)))
        (cond ((pair? type) (cons (car type) (map copy (cdr type))))
              ((and (type-variable? type) (> (type-variable-level type) general))
               (let ((entry (assq type replaced)))
                 (if entry
                     (cdr entry)
                     (let ((new (fresh level)))
                       (set! replaced (cons (cons type new) replaced))
                       new))))
              (else type))))))

;; The environment maps a name to a pair of its type and the level above which the variables of that type are
;; general, or #f if none is.
(define (bind name type general environment)
  (cons (cons name (cons type general)) environment))

(define (infer term environment level fail)
  (cond ((number? term) 'int)
        ((boolean? term) 'bool)
        ((symbol? term)
         (let ((entry (assq term environment)))
           (cond ((not entry) (fail (list 'unbound term)))
                 ((cddr entry) (instance (cadr entry) (cddr entry) level))
                 (else (cadr entry)))))
        ((eq? (car term) 'fn)
         (let* ((parameter (fresh level))
                (body (infer (caddr term)
                             (bind (cadr term) parameter #f environment)
                             level
                             fail)))
           (list '-> parameter body)))
        ((eq? (car term) 'let)
         (let ((type (infer (caddr term) environment (+ level 1) fail)))
           (infer (cadddr term)
                  (bind (cadr term) type level environment)
                  level
                  fail)))
        ((eq? (car term) 'rec)
         (let* ((self (fresh (+ level 1)))
                (type (infer (caddr term)
                             (bind (cadr term) self #f environment)
                             (+ level 1)
                             fail)))
           (unify! self type fail)
           (infer (cadddr term)
                  (bind (cadr term) type level environment)
                  level
                  fail)))
        ((eq? (car term) 'if)
         (let ((result (infer (caddr term) environment level fail)))
           (unify! (infer (cadr term) environment level fail) 'bool fail)
           (unify! result (infer (cadddr term) environment level fail) fail)
           result))
        (else
         (let next ((operator (infer (car term) environment level fail)) (operands (cdr term)))
           (if (null? operands)
               operator
               (let* ((result (fresh level))
                      (operand (infer (car operands) environment level fail)))
                 (unify! operator (list '-> operand result) fail)
                 (next result (cdr operands))))))))

;; The type as a datum, with its variables numbered in the order in which they occur.
(define (externalize type)
  (let ((numbers '()))
    (let convert ((type type))
      (let ((type (resolve type)))
        (cond ((type-variable? type)
               (let ((entry (assq type numbers)))
                 (cond (entry (cdr entry))
                       (else
                        (set! numbers (cons (cons type (length numbers)) numbers))
                        (cdar numbers)))))
              ((pair? type)
               (let next ((types (cdr type)) (converted (list (car type))))
                 (if (null? types)
                     (reverse converted)
                     (next (cdr types) (cons (convert (car types)) converted)))))
              (else type))))))

;; Type schemes are written with numbers for their variables.
(define (internalize type)
  (let ((variables '()))
    (let convert ((type type))
      (cond ((pair? type) (cons (car type) (map convert (cdr type))))
            ((number? type)
             (let ((entry (assv type variables)))
               (cond (entry (cdr entry))
                     (else
                      (set! variables (cons (cons type (fresh 1)) variables))
                      (cdar variables)))))
            (else type)))))

(define (infer-all terms primitives)
  (set! variables-made 0)
  (let* ((environment
          (map (lambda (primitive)
                 (cons (car primitive) (cons (internalize (cadr primitive)) 0)))
               primitives))
         (types
          (map (lambda (term)
                 (call/cc
                  (lambda (return)
                    (externalize
                     (infer term environment 0 (lambda (reason) (return (list 'error reason))))))))
               terms)))
    (cons variables-made types)))

(define (run-benchmark)
  (let* ((count (read))
         (primitives (read))
         (terms (read))
         (expected (read)))
    (run-r7rs-benchmark
     "unification"
     count
     (lambda () (infer-all (hide count terms) primitives))
     (lambda (result) (equal? result expected)))))
