; Hash tables (SRFI 69 and the names of SRFI 125 in common use). The primitives decide what needs
; no equal? and say where it must be asked.

(define (%equivalence-code name position same?)
  (cond ((or (eq? same? equal?)) 2)
        ((eq? same? string=?) 3)
        ((eq? same? eqv?) 1)
        ((eq? same? eq?) 0)
        ((eq? same? =) 1)
        (else (%wrong-type name position "eq?, eqv?, equal? or string=?" same?))))

; The optional arguments stand from a position on.
(define (%table-for name position options)
  (%make-hash-table
    (if (and (pair? options) (procedure? (car options)))
        (%equivalence-code name position (car options))
        2)))

(define (make-hash-table . options) (%table-for 'make-hash-table 0 options))

(define (make-eq-hash-table . size) (%make-hash-table 0))
(define (make-eqv-hash-table . size) (%make-hash-table 1))
(define (make-equal-hash-table . size) (%make-hash-table 2))
(define (make-string-hash-table . size) (%make-hash-table 3))
(define make-strong-eqv-hash-table make-eqv-hash-table)
(define make-strong-eq-hash-table make-eq-hash-table)

; The number of the key's entry, or #f.
(define (%hash-table-find table key name)
  (let loop ((found (%hash-table-probe table key #f name)))
    (cond ((not found) #f)
          ((>= found 0) found)
          (else
            (let ((entry (- -1 found)))
              (if (equal? (%hash-table-key table entry) key)
                  entry
                  (loop (%hash-table-probe table key entry name))))))))

(define (hash-table-set! table key value)
  (if (not (%hash-table-put! table key value 'hash-table-set!))
      (let ((entry (%hash-table-find table key 'hash-table-set!)))
        (if entry
            (%hash-table-set-value! table entry value)
            (%hash-table-add! table key value)))))

(define (hash-table-ref/default table key default)
  (let ((value (%hash-table-get table key default 'hash-table-ref/default)))
    (if (eq? value table)
        (let ((entry (%hash-table-find table key 'hash-table-ref/default)))
          (if entry (%hash-table-value table entry) default))
        value)))

(define (hash-table-ref table key . options)
  (if (null? options)
      (let ((entry (%hash-table-find table key 'hash-table-ref)))
        (if entry
            (%hash-table-value table entry)
            (%no-entry 'hash-table-ref key)))
      (%hash-table-ref 'hash-table-ref table key 2 options)))

(define (%no-entry name key)
  (%fault 106 (string-append (symbol->string name) " found no entry for the key") key))

; Two optional arguments from a position on: what is called without an entry, or #f, and what is called
; with the value.
(define (%hash-table-ref name table key position options)
  (let ((entry (%hash-table-find table key name))
        (fail (and (pair? options) (car options)))
        (succeed (and (pair? options) (pair? (cdr options)) (cadr options))))
    (if (and fail (not (procedure? fail))) (%procedure-check name position fail))
    (if (and succeed (not (procedure? succeed))) (%procedure-check name (+ position 1) succeed))
    (cond (entry
            (let ((value (%hash-table-value table entry)))
              (if succeed (succeed value) value)))
          (fail (fail))
          (else (%no-entry name key)))))

(define (hash-table-contains? table key)
  (if (%hash-table-find table key 'hash-table-contains?) #t #f))
(define (hash-table-exists? table key)
  (if (%hash-table-find table key 'hash-table-exists?) #t #f))

(define (%hash-table-delete! table key name)
  (let ((entry (%hash-table-find table key name)))
    (if entry (%hash-table-remove! table entry))))
(define (hash-table-delete! table key) (%hash-table-delete! table key 'hash-table-delete!))
(define (hash-table-remove! table key) (%hash-table-delete! table key 'hash-table-remove!))

(define (hash-table-update! table key change . options)
  (if (not (procedure? change)) (%procedure-check 'hash-table-update! 2 change))
  (hash-table-set! table key
                   (change (%hash-table-ref 'hash-table-update! table key 3 options))))

(define (hash-table-update!/default table key change default)
  (if (not (procedure? change)) (%procedure-check 'hash-table-update!/default 2 change))
  (let ((entry (%hash-table-find table key 'hash-table-update!/default)))
    (hash-table-set! table key
                     (change (if entry (%hash-table-value table entry) default)))))

(define (hash-table-intern! table key make)
  (%procedure-check 'hash-table-intern! 2 make)
  (let ((entry (%hash-table-find table key 'hash-table-intern!)))
    (if entry
        (%hash-table-value table entry)
        (let ((value (make)))
          (hash-table-set! table key value)
          value))))

; Walks collect first: what a procedure does to the table does not disturb them. The table is an
; argument of name.
(define (%hash-table-collect name position table take)
  (%hash-table-check table name position)
  (let loop ((entry (%hash-table-next table 0)) (taken '()))
    (if entry
        (let ((taken (cons (take (%hash-table-key table entry) (%hash-table-value table entry))
                           taken)))
          (loop (%hash-table-next table (+ entry 1)) taken))
        (%reversed taken '()))))

(define (hash-table->alist table) (%hash-table-collect 'hash-table->alist 0 table cons))
(define (hash-table-keys table)
  (%hash-table-collect 'hash-table-keys 0 table (lambda (key value) key)))
(define (hash-table-values table)
  (%hash-table-collect 'hash-table-values 0 table (lambda (key value) value)))

(define (%hash-table-walk name position table procedure)
  (for-each (lambda (entry) (procedure (car entry) (cdr entry)))
            (%hash-table-collect name position table cons)))

(define (hash-table-walk table procedure)
  (if (not (procedure? procedure)) (%procedure-check 'hash-table-walk 1 procedure))
  (%hash-table-walk 'hash-table-walk 0 table procedure))

; The arguments stand in either order.
(define (hash-table-for-each a b)
  (let* ((table-first? (or (hash-table? a) (not (or (hash-table? b) (procedure? a)))))
         (procedure (if table-first? b a)))
    (%procedure-check 'hash-table-for-each (if table-first? 1 0) procedure)
    (%hash-table-walk 'hash-table-for-each
                      (if table-first? 0 1)
                      (if table-first? a b)
                      procedure)))

(define (hash-table-fold table combine start)
  (%procedure-check 'hash-table-fold 1 combine)
  (fold (lambda (entry result) (combine (car entry) (cdr entry) result))
        start
        (%hash-table-collect 'hash-table-fold 0 table cons)))

(define (hash-table-map! change table)
  (%procedure-check 'hash-table-map! 0 change)
  (%hash-table-walk 'hash-table-map! 1 table
                    (lambda (key value) (hash-table-set! table key (change key value)))))

(define (hash-table-prune! drop? table)
  (%procedure-check 'hash-table-prune! 0 drop?)
  (%hash-table-walk 'hash-table-prune! 1 table
                    (lambda (key value) (if (drop? key value) (hash-table-delete! table key)))))

(define (hash-table-copy table . mutable)
  (%hash-table-check table 'hash-table-copy 0)
  (let ((made (%make-hash-table (%hash-table-equivalence table))))
    (%hash-table-walk 'hash-table-copy 0 table
                      (lambda (key value) (hash-table-set! made key value)))
    made))

(define (%hash-table-merge! name table other)
  (%hash-table-check table name 0)
  (%hash-table-walk name 1 other
                    (lambda (key value)
                      (if (not (%hash-table-find table key name))
                          (hash-table-set! table key value))))
  table)
(define (hash-table-merge! table other) (%hash-table-merge! 'hash-table-merge! table other))
(define (hash-table-union! table other) (%hash-table-merge! 'hash-table-union! table other))

(define (hash-table-empty? table)
  (= 0 (hash-table-count (%hash-table-check table 'hash-table-empty? 0))))

(define (alist->hash-table entries . options)
  (let ((made (%table-for 'alist->hash-table 1 options)))
    (let loop ((rest entries))
      (cond ((pair? rest)
             (let ((entry (car rest)))
               (if (not (pair? entry))
                   (%wrong-type 'alist->hash-table 0 "a list of pairs" entry))
               (if (not (%hash-table-find made (car entry) 'alist->hash-table))
                   (hash-table-set! made (car entry) (cdr entry)))
               (loop (cdr rest))))
            ((null? rest) made)
            (else (%not-a-list 'alist->hash-table 0 entries))))))

(define (hash-table . keys-and-values)
  (let ((made (%make-hash-table 2)))
    (let loop ((rest keys-and-values))
      (if (and (pair? rest) (pair? (cdr rest)))
          (begin
            (hash-table-set! made (car rest) (cadr rest))
            (loop (cddr rest)))
          made))))
