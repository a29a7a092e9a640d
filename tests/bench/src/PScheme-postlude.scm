(define (this-scheme-implementation-name) "pscheme")

;; The hash tables of pscheme are in no library, and are there without import.
(define (make-bench-table) (make-hash-table))
(define (bench-table-ref table key default) (hash-table-ref/default table key default))
(define (bench-table-set! table key value) (hash-table-set! table key value))
(define (bench-table-count table) (hash-table-count table))
