; Hash tables (SRFI 69 and the names of SRFI 125 in common use). The primitives decide what needs
; no equal? and say where it must be asked.

(define (%equivalence-code same?)
  (cond ((or (eq? same? equal?)) 2)
        ((eq? same? string=?) 3)
        ((eq? same? eqv?) 1)
        ((eq? same? eq?) 0)
        ((eq? same? =) 1)
        (else (%wrong-type 'make-hash-table 0 "eq?, eqv?, equal? or string=?" same?))))

(define (make-hash-table . options)
  (%make-hash-table
    (if (and (pair? options) (procedure? (car options)))
        (%equivalence-code (car options))
        2)))

(define (make-eq-hash-table . size) (%make-hash-table 0))
(define (make-eqv-hash-table . size) (%make-hash-table 1))
(define (make-equal-hash-table . size) (%make-hash-table 2))
(define (make-string-hash-table . size) (%make-hash-table 3))
(define make-strong-eqv-hash-table make-eqv-hash-table)
(define make-strong-eq-hash-table make-eq-hash-table)

; The number of the key's entry, or #f.
(define (%hash-table-find table key)
  (let loop ((found (%hash-table-probe table key #f)))
    (cond ((not found) #f)
          ((>= found 0) found)
          (else
            (let ((entry (- -1 found)))
              (if (equal? (%hash-table-key table entry) key)
                  entry
                  (loop (%hash-table-probe table key entry))))))))

(define (hash-table-set! table key value)
  (if (not (%hash-table-put! table key value))
      (let ((entry (%hash-table-find table key)))
        (if entry
            (%hash-table-set-value! table entry value)
            (%hash-table-add! table key value)))))

(define (hash-table-ref/default table key default)
  (let ((value (%hash-table-get table key default)))
    (if (eq? value table)
        (let ((entry (%hash-table-find table key)))
          (if entry (%hash-table-value table entry) default))
        value)))

(define (hash-table-ref table key . options)
  (let ((entry (%hash-table-find table key)))
    (cond (entry
            (let ((value (%hash-table-value table entry)))
              (if (and (pair? options) (pair? (cdr options)))
                  ((cadr options) value)
                  value)))
          ((and (pair? options) (car options)) ((car options)))
          (else (%fault 106 "hash-table-ref found no entry for the key" key)))))

(define (hash-table-contains? table key) (if (%hash-table-find table key) #t #f))
(define hash-table-exists? hash-table-contains?)

(define (hash-table-delete! table key)
  (let ((entry (%hash-table-find table key)))
    (if entry (%hash-table-remove! table entry))))
(define hash-table-remove! hash-table-delete!)

(define (hash-table-update! table key change . options)
  (hash-table-set! table key (change (%apply hash-table-ref (cons table (cons key options))))))

(define (hash-table-update!/default table key change default)
  (hash-table-set! table key (change (hash-table-ref/default table key default))))

(define (hash-table-intern! table key make)
  (let ((entry (%hash-table-find table key)))
    (if entry
        (%hash-table-value table entry)
        (let ((value (make)))
          (hash-table-set! table key value)
          value))))

; Walks collect first: what a procedure does to the table does not disturb them.
(define (%hash-table-collect table take)
  (let loop ((entry (%hash-table-next table 0)) (taken '()))
    (if entry
        (let ((taken (cons (take (%hash-table-key table entry) (%hash-table-value table entry))
                           taken)))
          (loop (%hash-table-next table (+ entry 1)) taken))
        (reverse! taken))))

(define (hash-table->alist table) (%hash-table-collect table cons))
(define (hash-table-keys table) (%hash-table-collect table (lambda (key value) key)))
(define (hash-table-values table) (%hash-table-collect table (lambda (key value) value)))

(define (hash-table-walk table procedure)
  (for-each (lambda (entry) (procedure (car entry) (cdr entry))) (hash-table->alist table)))
(define (hash-table-for-each a b)
  (if (hash-table? a) (hash-table-walk a b) (hash-table-walk b a)))

(define (hash-table-fold table combine start)
  (fold (lambda (entry result) (combine (car entry) (cdr entry) result))
        start
        (hash-table->alist table)))

(define (hash-table-map! change table)
  (hash-table-walk table (lambda (key value) (hash-table-set! table key (change key value)))))

(define (hash-table-prune! drop? table)
  (hash-table-walk table
                   (lambda (key value) (if (drop? key value) (hash-table-delete! table key)))))

(define (hash-table-copy table . mutable)
  (let ((made (%make-hash-table (%hash-table-equivalence table))))
    (hash-table-walk table (lambda (key value) (hash-table-set! made key value)))
    made))

(define (hash-table-merge! table other)
  (hash-table-walk other
                   (lambda (key value)
                     (if (not (hash-table-contains? table key))
                         (hash-table-set! table key value))))
  table)
(define hash-table-union! hash-table-merge!)

(define (hash-table-empty? table) (= 0 (hash-table-count table)))

(define (alist->hash-table entries . options)
  (let ((made (%apply make-hash-table options)))
    (for-each
      (lambda (entry)
        (if (not (hash-table-contains? made (car entry)))
            (hash-table-set! made (car entry) (cdr entry))))
      entries)
    made))

(define (hash-table . keys-and-values)
  (let ((made (%make-hash-table 2)))
    (let loop ((rest keys-and-values))
      (if (and (pair? rest) (pair? (cdr rest)))
          (begin
            (hash-table-set! made (car rest) (cadr rest))
            (loop (cddr rest)))
          made))))
