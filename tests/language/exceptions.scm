; Exceptions, macros and winders together, under every way of being suspended.

(define-syntax trace
  (syntax-rules ()
    ((_ log body ...) (begin (set! log (cons 'body log)) ...))))

(define-syntax try
  (syntax-rules (catch finally)
    ((_ body ... (catch name handler ...) (finally last ...))
     (dynamic-wind
       (lambda () #f)
       (lambda () (guard (name (#t handler ...)) body ...))
       (lambda () last ...)))))

(define events '())
(define (note event) (set! events (cons event events)))

(define (risky n)
  (cond ((= n 0) (error "nothing left" n))
        ((= n 3) (raise 'three))
        ((odd? n) (vector-ref (vector 1 2) n))
        (else (risky (- n 1)))))

(define (outcome n)
  (try
    (risky n)
    (catch e
      (cond ((symbol? e) (list 'symbol e))
            ((error-object? e) (list 'error (error-object-message e) (error-object-irritants e)))
            (else (list 'other e))))
    (finally (note n))))

(do ((n 0 (+ n 1))) ((= n 6))
  (write (outcome n))
  (newline))
(write (reverse events))
(newline)

; A generator that stops by an exception, restarted from its handler.
(define (countdown from)
  (call-with-current-continuation
    (lambda (return)
      (with-exception-handler
        (lambda (left) (if (> left 2) (- left 1) (return (list 'stopped left))))
        (lambda ()
          (let loop ((n from)) (loop (raise-continuable n))))))))
(write (map countdown '(5 4 3 2 1)))
(newline)

; Handlers within handlers, values through winders, and parameters that keep their places.
(define depth (make-parameter 0))
(define (nested n)
  (if (= n 0)
      (raise (list 'bottom (depth)))
      (parameterize ((depth (+ (depth) 1)))
        (guard (e ((and (pair? e) (even? n)) (raise (cons (depth) e))))
          (nested (- n 1))))))
(write (guard (e (#t (list 'top (depth) e))) (nested 7)))
(newline)

(define-values (quotients . remainders)
  (let-values (((q r) (floor/ 17 5)) (rest (values 1 2 3)))
    (apply values q r rest)))
(write (list quotients remainders))
(newline)

(define pick
  (case-lambda ((a) (list 'one a)) ((a b) (list 'two a b)) ((a . more) (list 'many a more))))
(write (list (pick 1) (pick 1 2) (pick 1 2 3)))
(newline)

(define log '())
(trace log first second third)
(write log)
(newline)
