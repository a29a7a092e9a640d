(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Takeuchi's function where each result leaves through a continuation taken with call/cc.
;; Exercises the capture of continuations that are only used to escape.

(define (takeuchi x y z)
  (call-with-current-continuation
   (lambda (return)
     (unless (< y x) (return z))
     (return (takeuchi (takeuchi (- x 1) y z)
                       (takeuchi (- y 1) z x)
                       (takeuchi (- z 1) x y))))))

(define (run-benchmark)
  (let* ((count (read))
         (x (read))
         (y (read))
         (z (read))
         (expected (read)))
    (run-r7rs-benchmark
     "takeuchi-callcc"
     count
     (lambda () (takeuchi (hide count x) (hide count y) (hide count z)))
     (lambda (result) (= result expected)))))
