; A loop with two variables.
(define (count n)
  (let loop ((i 0) (sum 0))
    (if (= i n) sum (loop (+ i 1) (+ sum (remainder i 8))))))
(display (count 100000000))
(newline)
