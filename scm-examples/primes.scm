; Prime numbers into a file, a line for each hundredth, without a word about storage.
;   pscheme run scm-examples/primes.scm

(define (prime? n)
  (let try ((d 3))
    (cond ((> (* d d) n) #t)
          ((= 0 (remainder n d)) #f)
          (else (try (+ d 2))))))

(define out (open-output-file "primes.out"))

(let loop ((n 3) (count 1))
  (if (< count 2000)
      (if (prime? n)
          (begin
            (if (= 0 (remainder (+ count 1) 100))
                (begin
                  (write (+ count 1) out)
                  (display ": " out)
                  (write n out)
                  (newline out)))
            (loop (+ n 2) (+ count 1)))
          (loop (+ n 2) count))))

(close-port out)
(display "2000 primes") (newline)
