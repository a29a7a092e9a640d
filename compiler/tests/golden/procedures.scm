; Calls and arithmetic: arguments are computed in the window of their call.
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(define (tak x y z)
  (if (not (< y x))
      z
      (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))
(define (call-local f x) (f (f x) 'a "b" 1.5))
(define (many a . rest) (apply list a rest))
(define (redefined x) (cdr x))
(define (cdr x) x)
