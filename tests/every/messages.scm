; Messages, timers, names and monitors.
(define (show x) (write x) (newline))
(define main (self))
(define echo
  (spawn
    (lambda ()
      (let loop ()
        (recv
          (`(echo ,n ,from) (where (< n 2)) (! from (list 'echoed n)) (loop))
          ('stop (sleep 0.5) (! main '(stopped))))))))
(! echo 'unwanted)
(! echo (list 'echo 1 main))
(show (recv ((what n) (list what n))))
(register! 'echo echo)
(! 'echo 'stop)
(show (recv (('stopped) 'stopped) (after 0.25 'late)))
(show (recv (('stopped) 'stopped) (after 60 'late)))
(define-values (child watch) (spawn-monitor (lambda () (sleep-until 30) 'done)))
(show (recv (`(down ,m ,p ,reason) (list (eq? m watch) (eqv? p child) reason))))
(spawn (lambda () (on-commit (lambda () (! main 'committed)))))
(show (recv ('committed 'committed)))
