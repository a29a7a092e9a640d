; Orders as procedures that are read from top to bottom: each runs until it has to wait for its
; customer, and what is left of it is a composable continuation in a table until the event comes.
; All that an order does to the world it asks the desk for, by going to the desk's prompt. So the
; same order can run for good, and be tried out: what is left of it is gone through once for each
; event that can come, on a copy of the stock, before the real event decides.
;
; What survives a kill: the table of what waits is data of the image. An order that waits for its
; payment goes on after a restart where it stood, in the middle of its procedure and its guards.

(define desk (make-prompt-tag 'desk))

; What an order can ask for.

(define (say . words) (abort-to-prompt desk 'say words))
(define (take! item) (abort-to-prompt desk 'take item))
(define (put-back! item) (abort-to-prompt desk 'put-back item))
(define (wait-for . events) (abort-to-prompt desk 'wait events))

; Calls thunk with an item taken out of the stock; it goes back if the order fails.
(define (with-item item thunk)
  (if (not (take! item)) (raise 'sold-out))
  (guard (reason (#t (put-back! item) (raise reason)))
    (thunk)))

(define (order customer item)
  (lambda ()
    (guard (reason ((symbol? reason)
                    (say customer "goes without:" reason)
                    reason))
      (with-item item
        (lambda ()
          (say "a" item "is kept for" customer)
          (if (eq? (wait-for 'paid 'cancelled) 'cancelled) (raise 'cancelled))
          (say customer "has paid")
          (let ((way (wait-for 'collected 'posted 'returned)))
            (if (eq? way 'returned) (raise 'returned))
            (say "the" item "was" way)
            way))))))

; Stock: an association list that is replaced and never changed.

(define (stock-of item stock) (cdr (assq item stock)))

(define (stock-with item change stock)
  (map (lambda (entry)
         (if (eq? (car entry) item) (cons item (+ (cdr entry) change)) entry))
       stock))

; For good.

(define stock '((teapot . 1) (kettle . 2)))
(define waiting (make-equal-hash-table)) ; number of the order -> (events . continuation)

(define (show . words)
  (for-each (lambda (word) (display word) (display " ")) words)
  (newline))

(define (run number thunk)
  (define (with value k) (run number (lambda () (k value))))
  (call-with-prompt
    desk
    thunk
    (lambda (k request argument)
      (case request
        ((say)
         (apply show number argument)
         (with #t k))
        ((take)
         (let ((there? (> (stock-of argument stock) 0)))
           (if there? (set! stock (stock-with argument -1 stock)))
           (with there? k)))
        ((put-back)
         (set! stock (stock-with argument 1 stock))
         (with #t k))
        ((wait)
         (hash-table-set! waiting number (cons argument k))
         'waiting)))))

(define (event! number event)
  (let ((entry (hash-table-ref waiting number)))
    (hash-table-delete! waiting number)
    (run number (lambda () ((cdr entry) event)))))

; As a trial: the ways a computation can go, each a list of events and of what it comes to.

(define (ways thunk stock)
  (define (follow thunk stock)
    (call-with-prompt
      desk
      thunk
      (lambda (k request argument)
        (define (with value stock) (follow (lambda () (k value)) stock))
        (case request
          ((say) (with #t stock))
          ((take)
           (if (> (stock-of argument stock) 0)
               (with #t (stock-with argument -1 stock))
               (with #f stock)))
          ((put-back) (with #t (stock-with argument 1 stock)))
          ((wait)
           (apply append
                  (map (lambda (event)
                         (map (lambda (way) (cons event way)) (with event stock)))
                       argument)))))))
  (follow (lambda () (list (list '=> (thunk)))) stock))

(define (show-ways number)
  (let ((entry (hash-table-ref waiting number)))
    (for-each
      (lambda (event)
        (for-each (lambda (way) (show number "could be" (cons event way)))
                  (ways (lambda () ((cdr entry) event)) stock)))
      (car entry))))

; A day at the desk.

(show "before the first:" (ways (order 'nobody 'teapot) '((teapot . 0))))
(for-each
  (lambda (number customer item)
    (show number "comes to" (run number (order customer item))))
  '(1 2 3 4)
  '(ada ben cleo dan)
  '(teapot kettle teapot kettle))
(show "stock" stock)
(show-ways 1)
(for-each
  (lambda (number event) (show number event "comes to" (event! number event)))
  '(1 2 4)
  '(paid paid cancelled))
(show-ways 2)
(await-commit)
(for-each
  (lambda (number event) (show number event "comes to" (event! number event)))
  '(2 1)
  '(posted returned))
(show "stock" stock "waiting" (hash-table-count waiting))
