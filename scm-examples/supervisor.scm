; A supervisor: starts workers, is told when one ends, and starts those anew that failed, but not
; more often than a limit allows. The workers fetch readings from a sensor that now and then gives
; nonsense; nothing that was counted is lost when one of them fails.

(import (scheme base) (scheme cxr) (scheme process-context) (scheme write) (pscheme process))

(define (say . items)
  (for-each display items)
  (newline))

; The totals live in a process of their own, which no worker can take down.
(define (totals table)
  (recv
    (`(add ,name ,amount)
      (let ((entry (assq name table)))
        (totals
          (if entry
              (map (lambda (e) (if (eq? e entry) (cons name (+ (cdr e) amount)) e)) table)
              (append table (list (cons name amount)))))))
    (`(report ,from)
      (! from (list 'totals table))
      (totals table))))

; Readings: every fifth of the north sensor is no number, and the west one gives nothing else.
(define (reading name step)
  (cond ((eq? name 'west) "noise")
        ((and (eq? name 'north) (= 4 (modulo step 5))) 'broken)
        (else (* 10 step))))

; Where a worker got to is kept by the clerk, so that its successor goes on behind the bad reading.
(define (clerk steps)
  (recv
    (`(next ,name ,from)
      (let* ((entry (assq name steps)) (step (if entry (cdr entry) 0)))
        (! from (list 'step step))
        (clerk (cons (cons name (+ step 1)) steps))))))

(define (worker name last)
  (lambda ()
    (let loop ()
      (! 'clerk (list 'next name (self)))
      (let ((step (recv (`(step ,n) n))))
        (if (< step last)
            (begin
              (! 'totals (list 'add name (+ 1 (reading name step))))
              (sleep 1)
              (loop))
            (list name 'complete))))))

; A child: name, thunk, restarts left, number, monitor.
(define (start name thunk left)
  (let-values (((number monitor) (spawn-monitor thunk)))
    (list name thunk left number monitor)))

(define (without child children)
  (let loop ((rest children))
    (cond ((null? rest) '())
          ((eq? (car rest) child) (cdr rest))
          (else (cons (car rest) (loop (cdr rest)))))))

(define (supervise children)
  (if (null? children)
      'all-done
      (recv
        (`(down ,monitor ,number ,reason)
          (let find ((rest children))
            (if (eq? (list-ref (car rest) 4) monitor)
                (after-end (car rest) (without (car rest) children) number reason)
                (find (cdr rest))))))))

(define (after-end child others number reason)
  (let ((name (car child)) (thunk (cadr child)) (left (list-ref child 2)))
    (cond ((eq? (car reason) 'finished)
           (say name " has finished: " (cadr reason))
           (supervise others))
          ((= left 0)
           (say name " failed for the last time: " (error-object-message (cadr reason)))
           (say name " is kept, " (cdr (assq 'state (process-info number))))
           (discard! number)
           (supervise others))
          (else
           (say name " failed, " left " restarts left")
           (discard! number)
           (supervise (cons (start name thunk (- left 1)) others))))))

(register! 'totals (spawn (lambda () (totals '()))))
(register! 'clerk (spawn (lambda () (clerk '()))))

(say (supervise
       (map (lambda (name) (start name (worker name 12) 2))
            '(north east west))))
(! 'totals (list 'report (self)))
(recv (`(totals ,table) (for-each (lambda (entry) (say (car entry) ": " (cdr entry))) table)))
(exit 0)
