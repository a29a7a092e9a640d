; A durable ledger: accounts in double entry, and a journal file that only grows.
;
; A transfer books both sides in one atomic section, together with its line of the journal: no commit
; shows money that has left one account and not reached the other. The program says that a transfer is
; done only after (await-commit): whoever reads that may rely on it, whatever happens to the machine.
;
; What survives a kill: the accounts, the number of the next entry, and the place in the list of orders.
; The journal has each line exactly once, however often the program was killed. At the end the journal
; is read back, and the balances it gives are compared with those in memory.

(define-record-type account
  (make-account name balance limit)
  account?
  (name account-name)
  (balance account-balance set-account-balance!)
  (limit account-limit))

(define accounts (make-equal-hash-table))

(define (open-account! name limit)
  (hash-table-set! accounts name (make-account name 0 limit)))

(define (account name)
  (hash-table-ref accounts name (lambda () (error "there is no account" name))))

; The journal: a line for each entry.

(define journal (open-output-file "ledger.journal"))
(define next-number 1)

(define (enter! from to amount text)
  (write next-number journal)
  (for-each
    (lambda (field)
      (write-char #\tab journal)
      (display field journal))
    (list from to amount text))
  (newline journal)
  (set! next-number (+ next-number 1)))

; Transfers. An account may go below zero as far as its limit says.

(define (debit! account amount)
  (let ((balance (- (account-balance account) amount)))
    (if (< balance (- (account-limit account)))
        (error "not enough money on" (account-name account)))
    (set-account-balance! account balance)))

(define (credit! account amount)
  (set-account-balance! account (+ (account-balance account) amount)))

(define (transfer! from to amount text)
  (if (not (and (exact-integer? amount) (positive? amount)))
      (error "this is no amount:" amount))
  (let ((source (account from)) (target (account to)))
    (atomically
      (lambda ()
        (debit! source amount)
        (credit! target amount)
        (enter! from to amount text)
        (- next-number 1)))))

; Carries out an order and says so once that is durable.
(define (carry-out order)
  (guard (e ((error-object? e)
             (display "refused: ")
             (display (error-object-message e))
             (for-each
               (lambda (irritant)
                 (display " ")
                 (display irritant))
               (error-object-irritants e))
             (newline)))
    (let ((number (apply transfer! order)))
      (await-commit)
      (display "done: entry ")
      (display number)
      (newline))))

; What the journal says of the balances, read line by line.
(define (balances-of path)
  (let ((balances (make-equal-hash-table)))
    (define (add! name amount)
      (hash-table-update!/default balances name (lambda (balance) (+ balance amount)) 0))
    (call-with-input-file path
      (lambda (port)
        (let loop ((line (read-line port)) (count 0))
          (if (eof-object? line)
              (cons count balances)
              (let* ((fields (string-split line #\tab))
                     (amount (string->number (list-ref fields 3))))
                (add! (list-ref fields 1) (- amount))
                (add! (list-ref fields 2) amount)
                (loop (read-line port) (+ count 1)))))))))

(for-each
  (lambda (entry) (apply open-account! entry))
  '(("capital" 100000) ("bank" 0) ("rent" 0) ("sales" 5000) ("anna" 0) ("boris" 0)))

(define orders
  '(("capital" "bank" 20000 "opening")
    ("bank" "rent" 1200 "January")
    ("sales" "bank" 3400 "invoice 17")
    ("bank" "anna" 2500 "wages")
    ("bank" "boris" 2300 "wages")
    ("boris" "anna" 4000 "a loan")
    ("boris" "anna" 400 "a smaller loan")
    ("bank" "tax" 100 "VAT")
    ("bank" "rent" -5 "a mistake")
    ("sales" "bank" 1600 "invoice 18")
    ("sales" "bank" 1 "too much")
    ("bank" "rent" 1200 "February")))

(for-each carry-out orders)
(close-port journal)
(await-commit)

(let* ((read-back (balances-of "ledger.journal")) (balances (cdr read-back)))
  (display (car read-back))
  (display " entries in the journal")
  (newline)
  (hash-table-walk accounts
    (lambda (name account)
      (let ((balance (account-balance account)))
        (display (string-pad-right name 8))
        (display (string-pad-left (number->string balance) 8))
        (if (not (= balance (hash-table-ref/default balances name 0)))
            (display "  the journal says something else"))
        (newline))))
  (display "the sum is ")
  (display (apply + (map account-balance (hash-table-values accounts))))
  (newline))
