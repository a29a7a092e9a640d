(import (scheme base) (scheme read) (scheme write) (scheme time))
;; A hash table with open addressing, written over two vectors: keys are integers or strings, deletions
;; leave marks, and the table doubles when it gets full. The result counts what is found at the end.

(define-record-type table
  (make-table keys values used hash same?)
  table?
  (keys table-keys set-table-keys!)
  (values table-values set-table-values!)
  (used table-used set-table-used!)
  (hash table-hash)
  (same? table-same?))

(define free (list 'free))
(define gone (list 'gone))

(define (new-table hash same?)
  (make-table (make-vector 8 free) (make-vector 8 #f) 0 hash same?))

(define (integer-hash k) (modulo (* k 40503) 1048573))

(define (string-hash-code s)
  (let ((end (string-length s)))
    (let loop ((i 0) (code 5381))
      (if (= i end)
          code
          (loop (+ i 1) (modulo (+ (* 33 code) (char->integer (string-ref s i))) 1048573))))))

;; The place of the key, or else the free place where the search for it ends.
(define (place-of table key)
  (let* ((keys (table-keys table)) (size (vector-length keys)) (same? (table-same? table)))
    (let probe ((i (modulo ((table-hash table) key) size)))
      (let ((there (vector-ref keys i)))
        (cond ((eq? there free) i)
              ((and (not (eq? there gone)) (same? there key)) i)
              ((= (+ i 1) size) (probe 0))
              (else (probe (+ i 1))))))))

(define (table-get table key default)
  (let ((i (place-of table key)))
    (if (eq? (vector-ref (table-keys table) i) free)
        default
        (vector-ref (table-values table) i))))

(define (table-put! table key value)
  (let ((i (place-of table key)))
    (when (eq? (vector-ref (table-keys table) i) free)
      (vector-set! (table-keys table) i key)
      (set-table-used! table (+ 1 (table-used table))))
    (vector-set! (table-values table) i value)
    (if (> (* 4 (table-used table)) (* 3 (vector-length (table-keys table))))
        (grow! table))))

(define (table-remove! table key)
  (let ((i (place-of table key)))
    (unless (eq? (vector-ref (table-keys table) i) free)
      (vector-set! (table-keys table) i gone)
      (vector-set! (table-values table) i #f))))

(define (grow! table)
  (let* ((keys (table-keys table)) (values (table-values table)) (size (vector-length keys)))
    (set-table-keys! table (make-vector (* 2 size) free))
    (set-table-values! table (make-vector (* 2 size) #f))
    (set-table-used! table 0)
    (do ((i 0 (+ i 1))) ((= i size))
      (let ((key (vector-ref keys i)))
        (unless (or (eq? key free) (eq? key gone))
          (table-put! table key (vector-ref values i)))))))

;; Puts a number of keys in, takes each third out again, and adds up what is left.
(define (exercise table number->key size)
  (do ((k 0 (+ k 1))) ((= k size))
    (table-put! table (number->key (* k 7)) k))
  (do ((k 0 (+ k 3))) ((>= k size))
    (table-remove! table (number->key (* k 7))))
  (do ((k 0 (+ k 2))) ((>= k size))
    (let ((key (number->key (* k 7))))
      (table-put! table key (+ 1 (table-get table key 0)))))
  (let loop ((k 0) (found 0) (sum 0))
    (if (= k (* 7 size))
        (list found sum)
        (let ((value (table-get table (number->key k) #f)))
          (if value
              (loop (+ k 1) (+ found 1) (+ sum value))
              (loop (+ k 1) found sum))))))

(define (work size)
  (list (exercise (new-table integer-hash =) (lambda (k) k) size)
        (exercise (new-table string-hash-code string=?) number->string size)))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (expected (read)))
    (run-r7rs-benchmark
     "hash-own"
     count
     (lambda () (work (hide count size)))
     (lambda (result) (equal? result (list expected expected))))))
