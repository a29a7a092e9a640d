(define loaded-value 'loaded)
(define (loaded-procedure x) (* x 2))
