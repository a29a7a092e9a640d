; Prompts, aborts, composable continuations with winders, parameters, guards and prompts inside: small
; enough to be suspended after each instruction from the first to the last.
(define (show x) (write x) (newline))
(define trace '())
(define (note x) (set! trace (cons x trace)))
(define p (make-parameter 'outside))
(define (body)
  (parameterize ((p 'inside))
    (dynamic-wind
      (lambda () (note 'in))
      (lambda () (list (guard (e (#t (list 'caught e))) (raise (abort-to-prompt 'a 1))) (p)))
      (lambda () (note 'out)))))
(define k (call-with-prompt 'a body (lambda (k x) (note x) k)))
(show (k 2))
(show (list (k 3)))
(show trace)
(define inner
  (call-with-prompt
    'a
    (lambda () (call-with-prompt 'b (lambda () (abort-to-prompt 'b (abort-to-prompt 'a))) (lambda (k x) (k (list x x)))))
    (lambda (k) k)))
(show (inner 4))
(show (reset (+ 1 (shift k (k (k 5))))))
(show (call-with-continuation-prompt (lambda () (+ 1 (abort-current-continuation 'c 6))) 'c list))
(show (call-in-continuation k (lambda () 7)))
