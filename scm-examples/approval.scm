; Approvals that wait for days. Each request is a process: it asks an approver, reminds him every day,
; asks his deputy after three days, and gives up after a week. Nothing here mentions storage: in an
; image the requests wait through restarts, and their deadlines are times of the wall clock.

(import (scheme base) (rename (scheme time) (current-second now)) (scheme write)
        (pscheme process) (pscheme image))

(define hour 3600)
(define day (* 24 hour))
(define start (now))

(define (hours) (quotient (exact (round (- (now) start))) hour))

(define (say . items)
  (display "hour ")
  (display (hours))
  (display ": ")
  (for-each display items)
  (newline))

; An approver answers after a while: what he says, and after how many hours, depends on the amount.
; Who is on holiday leaves everything unanswered.
(define (approver name answer)
  (lambda ()
    (let loop ()
      (recv
        (`(please ,amount ,from)
          (let ((found (answer amount)))
            (if found
                (spawn
                  (lambda ()
                    (sleep (* hour (cdr found)))
                    (! from (list (car found) name)))))
            (loop)))
        (`(reminder ,amount)
          (say name " is reminded of " amount)
          (loop))))))

; Waits for the decision until the day is over, reminds, and tries again.
(define (decide amount approvers deadline)
  (! (car approvers) (list 'please amount (self)))
  (let wait ((days 1))
    (recv
      (`(approved ,name) (list 'approved 'by name))
      (`(rejected ,name) (list 'rejected 'by name))
      (after (min day (max 0 (- deadline (now))))
        (cond ((>= (now) deadline) '(expired))
              ((and (= days 3) (pair? (cdr approvers)))
               (say amount " goes to " (cadr approvers))
               (decide amount (cdr approvers) deadline))
              (else
               (! (car approvers) (list 'reminder amount))
               (wait (+ days 1))))))))

(define (request amount ledger)
  (lambda ()
    (let ((decision (decide amount '(anna bert) (+ (now) (* 7 day)))))
      ; The decision is on disk before anybody hears of it.
      (await-commit)
      (! ledger (list 'decided amount decision)))))

(register! 'anna
  (spawn (approver 'anna
           (lambda (amount)
             (cond ((< amount 100) '(approved . 1))
                   ((< amount 1000) '(approved . 50))
                   (else #f))))))
(register! 'bert
  (spawn (approver 'bert
           (lambda (amount)
             (cond ((< amount 5000) '(rejected . 20))
                   (else #f))))))

(define amounts '(40 700 2500 90000))
(for-each (lambda (amount) (spawn (request amount (self)))) amounts)
(for-each
  (lambda (_)
    (recv (`(decided ,amount ,decision) (say amount " is " decision))))
  amounts)
