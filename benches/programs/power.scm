; A power of 1,584,963 bits by squaring, and its text of 477,122 digits, twice.
(define (run rounds)
  (let loop ((round 1) (digits ""))
    (if (> round rounds) digits (loop (+ round 1) (number->string (expt 3 1000000))))))
(define digits (run 2))
(display (string-length digits))
(display (substring digits 0 20))
(newline)
