(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Counts words, integers and symbols in the hash tables of the implementation, compared with equal?.
;; The result has for each kind the number of keys, and a sum over all counts found again.

(define (advance seed) (modulo (+ (* seed 1103515245) 12345) 2147483648))

;; Numbers below the limit of which small ones are more frequent.
(define (make-numbers size limit)
  (let loop ((k 0) (seed 77) (numbers '()))
    (if (= k size)
        numbers
        (let ((next (advance seed)))
          (loop (+ k 1)
                (advance next)
                (cons (quotient (* (modulo (quotient seed 1024) limit) (modulo (quotient next 1024) limit))
                                limit)
                      numbers))))))

(define (number->word k) (string-append "word-" (number->string k)))

(define (count-keys keys)
  (let ((table (make-bench-table)))
    (for-each
     (lambda (key) (bench-table-set! table key (+ 1 (bench-table-ref table key 0))))
     keys)
    (let loop ((rest keys) (sum 0))
      (if (null? rest)
          (list (bench-table-count table) sum)
          (loop (cdr rest) (+ sum (bench-table-ref table (car rest) 0)))))))

(define (work words integers symbols pairs)
  (list (count-keys words) (count-keys integers) (count-keys symbols) (count-keys pairs)))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (limit (read)) (expected (read))
         (integers (make-numbers size limit))
         (words (map number->word integers))
         (symbols (map string->symbol words))
         (pairs (map (lambda (k) (cons (quotient k 10) (remainder k 10))) integers)))
    (run-r7rs-benchmark
     "hash-table"
     count
     (lambda () (work (hide count words) integers symbols pairs))
     (lambda (result) (equal? result (list expected expected expected expected))))))
