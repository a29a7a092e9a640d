; Numbers: what gives several values or combines primitives.

(define (floor/ n d) (values (floor-quotient n d) (floor-remainder n d)))
(define (truncate/ n d) (values (truncate-quotient n d) (truncate-remainder n d)))

(define (exact-integer-sqrt n)
  (let ((root (%exact-integer-sqrt n)))
    (values root (- n (* root root)))))

(define (cube x) (* x x x))
(define (floor->exact x) (exact (floor x)))
(define (ceiling->exact x) (exact (ceiling x)))
(define (round->exact x) (exact (round x)))
(define (truncate->exact x) (exact (truncate x)))
