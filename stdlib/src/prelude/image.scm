; Atomic sections over the primitives of the session. A section is left by returning or by a
; continuation; one captured inside can be used only while the section is open.

(define (atomically thunk)
  (%procedure-check 'atomically 0 thunk)
  (let ((used #f))
    (dynamic-wind
      (lambda ()
        (if used (error "an atomic section cannot be entered again"))
        (set! used #t)
        (let wait ()
          (if (not (%atomic-enter)) (wait))))
      thunk
      (lambda () (%atomic-leave)))))
