; Prompts beside processes, atomic sections and whatever waits.
(define (show x) (write x) (newline))
(define tag (make-prompt-tag 'tag))
(define main (self))
(define p (make-parameter 'outside))

; One process does not see the prompts of another.
(show
  (call-with-prompt
    tag
    (lambda ()
      (spawn
        (lambda ()
          (! main (guard (e ((continuation-violation? e) 'not-seen)) (abort-to-prompt tag 1)))))
      (let ((answer (recv (x x))))
        (list answer (continuation-prompt-available? tag))))
    (lambda (k . values) 'aborted)))

; What was captured in one can go on in another.
(define part
  (call-with-prompt
    tag
    (lambda () (parameterize ((p 'inside)) (list (p) (eq? (abort-to-prompt tag) main))))
    (lambda (k) k)))
(spawn (lambda () (! main (part (self)))))
(show (recv (x x)))
(show (part main))

; An abort leaves an atomic section, which cannot be entered again.
(define section
  (call-with-prompt
    tag
    (lambda () (atomically (lambda () (abort-to-prompt tag) 'end)))
    (lambda (k) k)))
(show (guard (e (#t (error-object-message e))) (section 1)))
(show (atomically (lambda () 'another)))

; Tasks that take turns: a queue of what is left of each.
(define queue '())
(define (later! thunk) (set! queue (append queue (list thunk))))
(define (turn) (abort-to-prompt 'turn))
(define (run-tasks)
  (if (pair? queue)
      (let ((next (car queue)))
        (set! queue (cdr queue))
        (call-with-prompt 'turn next (lambda (k) (later! (lambda () (k #t)))))
        (run-tasks))))
(define (task name count)
  (lambda ()
    (dynamic-wind
      (lambda () (show (list name 'begins)))
      (lambda ()
        (let loop ((n 0))
          (if (< n count)
              (begin
                (if (= n 1) (sleep 0.001))
                (show (list name n))
                (turn)
                (loop (+ n 1))))))
      (lambda () (show (list name 'ends))))))
(later! (task 'a 2))
(later! (task 'b 3))
(run-tasks)

; Waiting and committing in front of a prompt, and going on after both.
(show
  (call-with-prompt
    tag
    (lambda () (sleep 0.001) (await-commit) (list 'slept (abort-to-prompt tag 'x)))
    (lambda (k x) (sleep 0.001) (list (k x) (k x)))))
