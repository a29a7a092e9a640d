(define hidden 'shown)
(define (extra) (list answer hidden))
