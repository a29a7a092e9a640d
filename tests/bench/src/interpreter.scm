(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Compiles programs of a small Scheme to closures and runs them.
;; Exercises calls of unknown closures, lexical addresses and variables in vectors.

;; A frame is a vector whose first element is the outer frame; the variables follow.
;; The compile-time environment is a list of lists of names.
;; A global variable is a pair of its name and its value, in the list `globals`.

(define globals '())

(define (global name)
  (or (assq name globals)
      (let ((cell (cons name #f)))
        (set! globals (cons cell globals))
        cell)))

(define (position name names)
  (let next ((names names) (index 1))
    (cond ((null? names) #f)
          ((eq? (car names) name) index)
          (else (next (cdr names) (+ index 1))))))

;; Calls `local` with the depth and index of the variable, or `outside` if it is global.
(define (address name scope local outside)
  (let next ((frames scope) (depth 0))
    (if (null? frames)
        (outside)
        (let ((index (position name (car frames))))
          (if index
              (local depth index)
              (next (cdr frames) (+ depth 1)))))))

(define (frame-at frame depth)
  (if (= depth 0)
      frame
      (frame-at (vector-ref frame 0) (- depth 1))))

;; The compiled form of an expression is a procedure of the frame.
(define (translate e scope)
  (cond ((symbol? e) (translate-variable e scope))
        ((not (pair? e)) (lambda (frame) e))
        (else
         (case (car e)
           ((quote) (let ((datum (cadr e))) (lambda (frame) datum)))
           ((if) (translate-if e scope))
           ((lambda) (translate-lambda (cadr e) (cddr e) scope))
           ((let) (translate (cons (cons 'lambda (cons (map car (cadr e)) (cddr e)))
                                   (map cadr (cadr e)))
                             scope))
           ((begin) (translate-sequence (cdr e) scope))
           ((set!) (translate-assignment (cadr e) (translate (caddr e) scope) scope))
           ((define)
            (if (pair? (cadr e))
                (translate-assignment (caadr e) (translate-lambda (cdadr e) (cddr e) scope) '())
                (translate-assignment (cadr e) (translate (caddr e) scope) '())))
           (else (translate-call e scope))))))

(define (translate-variable name scope)
  (address name scope
           (lambda (depth index)
             (case depth
               ((0) (lambda (frame) (vector-ref frame index)))
               ((1) (lambda (frame) (vector-ref (vector-ref frame 0) index)))
               (else (lambda (frame) (vector-ref (frame-at frame depth) index)))))
           (lambda ()
             (let ((cell (global name)))
               (lambda (frame) (cdr cell))))))

(define (translate-assignment name value scope)
  (address name scope
           (lambda (depth index)
             (lambda (frame) (vector-set! (frame-at frame depth) index (value frame))))
           (lambda ()
             (let ((cell (global name)))
               (lambda (frame) (set-cdr! cell (value frame)))))))

(define (translate-if e scope)
  (let ((test (translate (cadr e) scope))
        (then (translate (caddr e) scope))
        (otherwise (if (null? (cdddr e))
                       (lambda (frame) #f)
                       (translate (cadddr e) scope))))
    (lambda (frame)
      (if (test frame) (then frame) (otherwise frame)))))

(define (translate-sequence body scope)
  (let ((first (translate (car body) scope)))
    (if (null? (cdr body))
        first
        (let ((rest (translate-sequence (cdr body) scope)))
          (lambda (frame) (first frame) (rest frame))))))

(define (translate-lambda parameters body scope)
  (let ((body (translate-sequence body (cons parameters scope))))
    (case (length parameters)
      ((0) (lambda (frame) (lambda () (body (vector frame)))))
      ((1) (lambda (frame) (lambda (a) (body (vector frame a)))))
      ((2) (lambda (frame) (lambda (a b) (body (vector frame a b)))))
      ((3) (lambda (frame) (lambda (a b c) (body (vector frame a b c)))))
      (else
       (lambda (frame)
         (lambda arguments (body (list->vector (cons frame arguments)))))))))

(define (translate-call e scope)
  (let ((operator (translate (car e) scope))
        (operands (map (lambda (operand) (translate operand scope)) (cdr e))))
    (case (length operands)
      ((0) (lambda (frame) ((operator frame))))
      ((1)
       (let ((a (car operands)))
         (lambda (frame) ((operator frame) (a frame)))))
      ((2)
       (let ((a (car operands)) (b (cadr operands)))
         (lambda (frame) ((operator frame) (a frame) (b frame)))))
      ((3)
       (let ((a (car operands)) (b (cadr operands)) (c (caddr operands)))
         (lambda (frame) ((operator frame) (a frame) (b frame) (c frame)))))
      (else
       (lambda (frame)
         (apply (operator frame) (map (lambda (operand) (operand frame)) operands)))))))

(define (define-primitives!)
  (set! globals
        (list (cons '+ +) (cons '- -) (cons '* *) (cons '< <) (cons '= =) (cons '> >)
              (cons 'quotient quotient) (cons 'remainder remainder) (cons 'modulo modulo)
              (cons 'cons cons) (cons 'car car) (cons 'cdr cdr) (cons 'null? null?)
              (cons 'not not) (cons 'make-vector make-vector) (cons 'vector-ref vector-ref)
              (cons 'vector-set! vector-set!) (cons 'list list) (cons 'call/cc call/cc))))

;; The value of the last form of a program.
(define (run-program forms)
  (define-primitives!)
  (let next ((forms forms) (value #f))
    (if (null? forms)
        value
        (next (cdr forms) ((translate (car forms) '()) #f)))))

(define (run-benchmark)
  (let* ((count (read))
         (programs (read))
         (expected (read)))
    (run-r7rs-benchmark
     "interpreter"
     count
     (lambda () (map run-program (hide count programs)))
     (lambda (result) (equal? result expected)))))
