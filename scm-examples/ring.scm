; A token ring: a thousand processes elect a leader and then agree on a global order of requests, as
; machines on a shared line do. Each process knows only the next one.
;
; Chang and Roberts' election: everyone sends its priority on; a priority that meets a larger one is
; swallowed, and the one that comes home belongs to the leader. Then the leader lets a token go round;
; whoever has it may append one entry to the log, so that no two entries are made at once.

(import (scheme base) (scheme write) (pscheme process))

(define members 1000)
(define rounds 3)

; Priorities that are all different, in no particular order.
(define (priority index) (modulo (* (+ index 1) 7919) 10007))

(define main (self))

; Waits to be told its neighbour, then takes part in the election.
(define (member index)
  (recv (`(next ,next)
          (! next (list 'candidate (priority index)))
          (elect index next 0))))

(define (elect index next swallowed)
  (let ((mine (priority index)))
    (recv
      (`(candidate ,theirs) (where (> theirs mine))
        (! next (list 'candidate theirs))
        (elect index next swallowed))
      (`(candidate ,theirs) (where (< theirs mine))
        (elect index next (+ swallowed 1)))
      (`(candidate ,_)
        ; Its own priority came home: nobody has a larger one.
        (! main (list 'leader index mine))
        (! next (list 'elected index swallowed))
        (lead index next))
      (`(elected ,leader ,total)
        (! next (list 'elected leader (+ total swallowed)))
        (follow index next)))))

; The leader gets the sum of what was swallowed, and starts the token.
(define (lead index next)
  (recv (`(elected ,_ ,total)
          (! main (list 'swallowed total))
          (! next '(token 1 ()))
          (let loop ()
            (recv (`(token ,round ,log)
                    (let ((log (enter index round log)))
                      (if (= round rounds)
                          (begin (! next 'stop) (! main (list 'log (reverse log))))
                          (begin (! next (list 'token (+ round 1) log)) (loop))))))))))

(define (follow index next)
  (recv
    (`(token ,round ,log)
      (! next (list 'token round (enter index round log)))
      (follow index next))
    ('stop (! next 'stop))))

; A few processes have something to say in a round.
(define (enter index round log)
  (if (= 0 (modulo (+ index (* 37 round)) 211))
      (cons (list round index) log)
      log))

(define ring
  (let loop ((index 0) (made '()))
    (if (= index members)
        (reverse made)
        (loop (+ index 1) (cons (spawn (lambda () (member index))) made)))))

(for-each (lambda (process next) (! process (list 'next next)))
          ring
          (append (cdr ring) (list (car ring))))

(recv (`(leader ,index ,priority)
        (write `(leader ,index priority ,priority))
        (newline)))
(recv (`(swallowed ,total)
        (write `(swallowed ,total of ,(- members 1)))
        (newline)))
(recv (`(log ,entries)
        (for-each (lambda (entry) (write entry) (newline)) entries)))
