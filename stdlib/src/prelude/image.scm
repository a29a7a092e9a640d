; Atomic sections and the list of kept commits over the primitives of the session. A section is left by returning or by a
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

(define (%commit-entry row)
  (let ((part (lambda (index) (vector-ref row index))))
    (list (cons 'commit (part 0))
          (cons 'time (/ (part 1) 1000000.))
          (cons 'cause (if (string=? (part 2) "") 'unknown (string->symbol (part 2))))
          (cons 'rewound-to (part 3))
          (cons 'pages (part 4))
          (cons 'bytes (part 5))
          (cons 'tags (part 6)))))

; The list comes in pieces, each below the number of the last commit that is there already. Whoever gets
; #f instead of one has waited for the list and asks again.
(define (image-log . most)
  (let ((most (if (pair? most) (%count-check (car most) 'image-log) #f)))
    (let more ((before #f) (found '()) (count 0))
      (let ((piece (if (eqv? count most) '() (%kept-commits before))))
        (cond ((not piece) (more (or before #t) found count))
              ((null? piece)
               (if (eqv? count most) (%kept-commits 0))
               (reverse found))
              (else
               (let take ((piece piece) (before before) (found found) (count count))
                 (if (or (null? piece) (eqv? count most))
                     (more before found count)
                     (take (cdr piece)
                           (vector-ref (car piece) 0)
                           (cons (%commit-entry (car piece)) found)
                           (+ count 1))))))))))
