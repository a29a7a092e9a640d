(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Takeuchi's function in continuation-passing style.
;; Every call is a tail call, and every pending result is a closure made and applied once.

(define (takeuchi x y z continue)
  (if (< y x)
      (takeuchi (- x 1) y z
                (lambda (first)
                  (takeuchi (- y 1) z x
                            (lambda (second)
                              (takeuchi (- z 1) x y
                                        (lambda (third)
                                          (takeuchi first second third continue)))))))
      (continue z)))

(define (run-benchmark)
  (let* ((count (read))
         (x (read))
         (y (read))
         (z (read))
         (expected (read)))
    (run-r7rs-benchmark
     "takeuchi-cps"
     count
     (lambda () (takeuchi (hide count x) (hide count y) (hide count z) (lambda (result) result)))
     (lambda (result) (= result expected)))))
