; Accounts that processes transfer between; no commit ever shows a transfer half done.

(define accounts (make-vector 10 1000))

(define (transfer! from to amount)
  (atomically
    (lambda ()
      (vector-set! accounts from (- (vector-ref accounts from) amount))
      (vector-set! accounts to (+ (vector-ref accounts to) amount)))))

(define (total) (let loop ((i 0) (sum 0))
  (if (= i 10) sum (loop (+ i 1) (+ sum (vector-ref accounts i))))))

(define finished 0)

(define (clerk seed)
  (lambda ()
    (let loop ((i 0) (x seed))
      (if (< i 200)
          (let ((next (remainder (+ (* x 1103515245) 12345) 2147483648)))
            (transfer! (remainder (quotient next 65536) 10)
                       (remainder (quotient next 1048576) 10)
                       (remainder next 50))
            (if (= 0 (remainder i 50)) (yield))
            (loop (+ i 1) next))
          (set! finished (+ finished 1))))))

(for-each (lambda (seed) (spawn (clerk seed))) '(1 2 3 4 5))
(let wait () (if (< finished 5) (begin (yield) (wait))))
(write (total)) (newline)
