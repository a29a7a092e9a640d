; Processes over the primitives of the session: receiving, what there is, monitors.

; What recv becomes. fits gives the thunk of the first clause that fits a message, or #f; late is the
; thunk of the clause for the deadline, which is in microseconds, or #f with none. A process that waits
; in here is its record, its mailbox and its sealed frames, so it goes on here after a restart.
(define (%receive deadline fits late)
  (let look ((message (%mailbox-first deadline)))
    (if (eq? message #t)
        (late)
        (let ((body (and message (fits (%message-content message)))))
          (if body
              (begin (%mailbox-take! message) (body))
              (look (%mailbox-next message deadline)))))))

; What the patterns of recv ask about anything but pairs.
(define (%equal? a b) (equal? a b))
(define (%vector? value) (vector? value))

(define (spawn-monitor thunk)
  (let ((both (%spawn-monitor thunk)))
    (values (car both) (cdr both))))

; The numbers of all processes that have not finished, in order.
(define (processes)
  (let loop ((number (%next-process 0)) (found '()))
    (if number
        (loop (%next-process number) (cons number found))
        (reverse found))))

; What is known of a process, as an association list, or #f if it has ended and is not kept. due is
; in seconds since 1970.
(define (process-info process)
  (let ((parts (%process-snapshot process)))
    (and parts
         (let ((part (lambda (index) (vector-ref parts index))))
           (list (cons 'number (part 1))
                 (cons 'state (string->symbol (part 0)))
                 (cons 'name (part 2))
                 (cons 'messages (part 3))
                 (cons 'work (part 4))
                 (cons 'due (and (exact-integer? (part 5)) (/ (exact->inexact (part 5)) 1e6)))
                 (cons 'monitors (part 6))
                 (cons 'raised (part 7)))))))

; Cells whose value is not of the image: it is computed on first use, again after each opening. Where
; two processes compute it at once, the value of the first to end stands.
(define (transient thunk)
  (%procedure-check 'transient 0 thunk)
  (let ((number (%next-transient)))
    (lambda ()
      (car (or (%transient number)
               (let ((value (thunk)))
                 (or (%transient number)
                     (let ((cell (list value)))
                       (%set-transient! number cell)
                       cell))))))))
