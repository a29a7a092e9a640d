;; What every benchmark program ends with. The names and the line that begins with +!CSVLINE!+ are those of the
;; r7rs-benchmarks, so that programs of either set run under either harness.

;; `value`, in a way that a compiler cannot see through.
(define (hide key value)
  ((vector-ref (vector (lambda (x) (list x)) (lambda (x) x)) (if (< key 0) 0 1)) value))

;; Calls `thunk` so many times and prints the seconds that it took, if `right?` holds for the last result.
(define (run-r7rs-benchmark name count thunk right?)
  (let ((start (current-jiffy)))
    (let again ((left count) (result #f))
      (cond ((> left 0) (again (- left 1) (thunk)))
            ((right? result)
             (let ((seconds (inexact (/ (- (current-jiffy) start) (jiffies-per-second)))))
               (display "+!CSVLINE!+")
               (display (this-scheme-implementation-name))
               (display ",")
               (display name)
               (display ",")
               (write seconds)
               (newline)))
            (else
             (display "ERROR: wrong result: ")
             (write result)
             (newline))))))
