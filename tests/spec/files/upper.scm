(define (SHOUT) 'LOUD)
