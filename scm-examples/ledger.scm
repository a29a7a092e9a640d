; A durable ledger with a prompt: accounts in double entry, and a journal file that only grows.
;
;   open NAME LIMIT              opens an account that may go below zero as far as LIMIT
;   transfer FROM TO AMOUNT FOR  moves money, and says so once that is durable
;   balance NAME                 shows what there is
;
; A transfer books both sides in one atomic section, together with its line of the journal: no commit
; shows money that has left one account and not reached the other. The program says that a transfer is
; done only after (await-commit): whoever reads that may rely on it, whatever happens to the machine.
;
; What survives a kill: the accounts, the number of the next entry, and the port with the commands to
; come. The journal has each line exactly once, however often the program was killed. At the end it is
; read back, and the balances it gives are compared with those in memory.

(define-record-type account
  (make-account name balance limit)
  account?
  (name account-name)
  (balance account-balance set-account-balance!)
  (limit account-limit))

(define accounts (make-equal-hash-table))

(define (open-account! name limit)
  (if (hash-table-contains? accounts name) (error "there is an account already:" name))
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

; Transfers.

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

; The prompt. A command is a line of words; what is wrong with one is shown, and the next one goes on.

(define (carry-out command words)
  (define (word number)
    (if (< number (length words)) (list-ref words number) (error "a word is missing in" command)))
  (define (amount number)
    (or (string->number (word number)) (error "this is no amount:" (word number))))
  (case (string->symbol (word 0))
    ((open)
     (open-account! (word 1) (amount 2)))
    ((transfer)
     (let ((number (transfer! (word 1) (word 2) (amount 3) (string-join (list-tail words 4)))))
       (await-commit)
       (display "done, entry ")
       (display number)
       (newline)))
    ((balance)
     (display (account-balance (account (word 1))))
     (newline))
    (else (error "there is no command" (word 0)))))

(define (show-error e)
  (display (error-object-message e))
  (for-each
    (lambda (irritant)
      (display " ")
      (display irritant))
    (error-object-irritants e))
  (newline))

(define (prompt port)
  (let ((command (read-line port)))
    (if (not (eof-object? command))
        (begin
          (display "> ")
          (display command)
          (newline)
          (guard (e ((error-object? e) (show-error e)))
            (carry-out command (string-split command #\space)))
          (prompt port)))))

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

(prompt
  (open-input-string
    "open capital 100000
open bank 0
open rent 0
open sales 5000
open anna 0
open boris 0
open bank 500
transfer capital bank 20000 opening
transfer bank rent 1200 January
transfer sales bank 3400 invoice 17
transfer bank anna 2500 wages
transfer bank boris 2300 wages
transfer boris anna 4000 a loan
balance boris
transfer boris anna 400 a smaller loan
transfer bank tax 100 VAT
transfer bank rent -5 a mistake
transfer bank rent ten a slip
transfer sales bank 1600 invoice 18
transfer sales bank 1 too much
steal bank 100
transfer bank
transfer bank rent 1200 February"))

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
