(define included 41)
