(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Ackermann's function: deep recursion on two fixnums that is partly not in tail position.

(define (ackermann level argument)
  (cond ((= level 0) (+ argument 1))
        ((= argument 0) (ackermann (- level 1) 1))
        (else (ackermann (- level 1) (ackermann level (- argument 1))))))

(define (run-benchmark)
  (let* ((count (read))
         (level (read))
         (argument (read))
         (expected (read)))
    (run-r7rs-benchmark
     (string-append "ackermann:" (number->string level) ":" (number->string argument))
     count
     (lambda () (ackermann (hide count level) (hide count argument)))
     (lambda (result) (= result expected)))))
