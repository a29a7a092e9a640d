; Tests become branches without making #t or #f.
(define (in-range? x) (and (>= x 0) (< x 10)))
(define (classify x) (cond ((or (null? x) (pair? x)) 'list) ((not (eq? x 'a)) 'other) (else 'a)))
(define (choose x) (case x ((1 2) 'low) ((a b) 'name) ((1.5) 'half) (else => f)))
(define (first-true a b) (or (f a) (f b) 'none))
(define (value-of-test x y) (list (< x y) (not x) (or (< x y) y) (zero? x)))
(define (branches a b c) (if (if a b c) 'yes 'no))
(define (effects x) (when (> x 3) (display x)) (unless (f x) (display 'no)) x)
