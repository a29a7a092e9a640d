(define (this-scheme-implementation-name) "guile")

;; The hash tables of Guile itself, compared with equal?.
(import (prefix (only (guile) hash-count hash-ref hash-set! make-hash-table) guile:))
(define (make-bench-table) (guile:make-hash-table))
(define (bench-table-ref table key default) (guile:hash-ref table key default))
(define (bench-table-set! table key value) (guile:hash-set! table key value))
(define (bench-table-count table) (guile:hash-count (lambda (key value) #t) table))
