; A bank of ten accounts and five clerks. Each clerk is a process that moves money between accounts
; drawn at random, as fast as it can; an auditor is a process that looks at all accounts between their
; turns and writes down what it finds.
;
; What survives a kill: the processes, each in the middle of its work, the accounts, and the sequence of
; the random numbers. A transfer is an atomic section, so neither a commit nor the auditor ever sees one
; half done. Whose turn it is depends on when commits happen; what all transfers come to does not, since
; accounts may go below zero and sums do not ask for the order.

(define account-count 10)
(define start-balance 1000)
(define accounts (make-vector account-count start-balance))

(define (balance number) (vector-ref accounts number))
(define (change! number amount)
  (vector-set! accounts number (+ (balance number) amount)))

(define (transfer! from to amount)
  (atomically
    (lambda ()
      (change! from (- amount))
      (change! to amount))))

(define (total) (apply + (vector->list accounts)))

; Random numbers of a clerk's own, so that nobody's depend on whose turn it is.
(define (make-random seed)
  (lambda (limit)
    (set! seed (remainder (+ (* seed 1103515245) 12345) 2147483648))
    (remainder (quotient seed 65536) limit)))

; What the clerks have done: a record each.
(define-record-type clerk
  (make-clerk name count moved)
  clerk?
  (name clerk-name)
  (count clerk-count set-clerk-count!)
  (moved clerk-moved set-clerk-moved!))

(define working 0)

(define (work! clerk random-below)
  (do ((i 1 (+ i 1)))
      ((> i 200))
    (let* ((from (random-below account-count))
           (to (random-below account-count))
           (amount (random-below 500)))
      (transfer! from to amount)
      (set-clerk-count! clerk (+ (clerk-count clerk) 1))
      (set-clerk-moved! clerk (+ (clerk-moved clerk) amount)))
    (if (= 0 (remainder i 25)) (yield))))

(define (hire! name seed)
  (let ((clerk (make-clerk name 0 0)))
    (set! working (+ working 1))
    (spawn
      (lambda ()
        (work! clerk (make-random seed))
        (set! working (- working 1))))
    clerk))

(define clerks (map hire! '("Ada" "Blaise" "Carl" "Daniel" "Emmy") '(1 2 3 4 5)))

; The auditor: as long as somebody works.
(define audits 0)
(define complaints '())
(define (audit!)
  (set! audits (+ audits 1))
  (if (not (= (total) (* account-count start-balance)))
      (set! complaints (cons (total) complaints))))

(let wait ()
  (audit!)
  (if (> working 0)
      (begin
        (yield)
        (wait))))
(await-commit)

(for-each
  (lambda (clerk)
    (display (clerk-name clerk))
    (display ": ")
    (write (clerk-count clerk))
    (display " transfers of ")
    (write (clerk-moved clerk))
    (display " in all")
    (newline))
  clerks)
(display "balances ")
(write accounts)
(newline)
(display (if (and (> audits 1) (null? complaints)) "every audit found " "an audit failed: "))
(write (if (null? complaints) (total) complaints))
(newline)
