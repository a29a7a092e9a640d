; Prime numbers into a file, a line for each hundredth, without a word about storage.
;   pscheme run scm-examples/primes.scm
;
; The file is built up range by range: a sieve strikes out the multiples of the primes found so far, and
; what is left over is counted. Press Ctrl-C, or kill the command, and enter it again.
;
; What survives a kill: the range that is being sieved, the primes so far, the port and how far it has
; been written. Each line is in the file exactly once; it is read back at the end.

(define range-length 2000)
(define wanted 2000)

; The primes below 500 are enough to sieve ranges up to 250,000.
(define small-prime-limit 500)
(define small-primes '())

(define (strike-out! sieve start prime)
  (let ((end (+ start (vector-length sieve))))
    (let loop ((n (max (* prime prime) (* prime (quotient (+ start prime -1) prime)))))
      (if (< n end)
          (begin
            (vector-set! sieve (- n start) #f)
            (loop (+ n prime)))))))

; Calls visit with each prime of the range that begins at start.
(define (for-each-prime-in-range start visit)
  (let ((sieve (make-vector range-length #t)) (end (+ start range-length)))
    (for-each (lambda (prime) (strike-out! sieve start prime)) small-primes)
    (let loop ((n start))
      (if (< n end)
          (begin
            (if (vector-ref sieve (- n start))
                (begin
                  (if (< (* n n) end) (strike-out! sieve start n))
                  (visit n)))
            (loop (+ n 1)))))))

(define out (open-output-file "primes.out"))
(define count 0)
(define last-prime 2)
(define widest-gap 0)

(define (note-prime prime)
  (set! count (+ count 1))
  (set! widest-gap (max widest-gap (- prime last-prime)))
  (set! last-prime prime)
  (if (< prime small-prime-limit)
      (set! small-primes (append small-primes (list prime))))
  (if (= 0 (remainder count 100))
      (begin
        (write count out)
        (display ": " out)
        (write prime out)
        (newline out))))

(call/cc
  (lambda (stop)
    (let next-range ((start 2))
      (for-each-prime-in-range start
        (lambda (prime)
          (note-prime prime)
          (if (= count wanted) (stop 'enough))))
      (next-range (+ start range-length)))))

(close-port out)
(display count)
(display " primes, the last of them ")
(display last-prime)
(display ", at most ")
(display widest-gap)
(display " apart")
(newline)

(call-with-input-file "primes.out"
  (lambda (in)
    (let loop ((lines 0) (line (read-line in)) (last ""))
      (if (eof-object? line)
          (begin
            (display lines)
            (display " lines in the file, the last is ")
            (display last)
            (newline))
          (loop (+ lines 1) (read-line in) line)))))
