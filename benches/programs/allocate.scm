; Lists of a hundred pairs, each garbage when the next is made, beside a vector of lists that live.
(define (make-list-of n) (let loop ((i 0) (made '())) (if (= i n) made (loop (+ i 1) (cons i made)))))
(define (sum items) (let loop ((rest items) (total 0)) (if (null? rest) total (loop (cdr rest) (+ total (car rest))))))
(define kept (make-vector 1000 '()))
(define (run rounds)
  (let loop ((round 0) (total 0))
    (if (= round rounds)
        total
        (let ((made (make-list-of 100)))
          (if (= 0 (remainder round 10)) (vector-set! kept (remainder round 1000) made))
          (loop (+ round 1) (+ total (sum made)))))))
(display (run 300000))
(newline)
