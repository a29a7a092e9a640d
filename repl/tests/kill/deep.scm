; Deep recursions, each reported with one line.
(define out (open-output-file "script.out"))
(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(do ((i 1 (+ i 1))) ((> i 120))
  (write (list i (deep (* i 2000)) (fib 25)) out)
  (newline out)
  (if (= 0 (remainder i 5)) (flush-output-port out)))
(close-port out)
