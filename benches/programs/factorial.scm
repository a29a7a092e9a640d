; Products of a bignum and a fixnum, and a bignum as text: 16,326 digits, two hundred times.
(define (factorial n)
  (let loop ((i 2) (product 1)) (if (> i n) product (loop (+ i 1) (* product i)))))
(define (run rounds)
  (let loop ((round 0) (digits 0))
    (if (= round rounds)
        digits
        (loop (+ round 1) (+ digits (string-length (number->string (factorial 5000))))))))
(display (run 200))
(newline)
