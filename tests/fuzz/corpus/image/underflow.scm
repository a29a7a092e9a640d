(define x 1)
;!copy-root 0x9
