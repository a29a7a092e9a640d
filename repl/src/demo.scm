; Counts the ways to place queens on three boards, again and again, at the bottom of a
; recursion 10000 calls deep. Each answer is a line of demo.out.

(define (safe? row distance placed)
  (or (null? placed)
      (and (not (= (car placed) row))
           (not (= (car placed) (+ row distance)))
           (not (= (car placed) (- row distance)))
           (safe? row (+ distance 1) (cdr placed)))))

(define (queens size placed count)
  (if (= count size)
      1
      (let try ((row 1) (found 0))
        (if (> row size)
            found
            (try (+ row 1)
                 (if (safe? row 1 placed)
                     (+ found (queens size (cons row placed) (+ count 1)))
                     found))))))

(define (deep n thunk)
  (if (= n 0)
      (thunk)
      (+ 1 (deep (- n 1) thunk))))

(define out (open-output-file "demo.out"))

(define (report round size)
  (display "round " out)
  (write round out)
  (display ": " out)
  (write size out)
  (display " queens in " out)
  (write (- (deep 10000 (lambda () (queens size '() 0))) 10000) out)
  (display " ways" out)
  (newline out)
  (flush-output-port out))

(do ((round 1 (+ round 1)))
    ((> round 40))
  (for-each (lambda (size) (report round size)) '(8 9 10)))

(close-port out)
(display "all rounds done")
(newline)
