(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Makes all permutations of a list, which share their ends, and keeps the last few generations of them alive.
;; Exercises allocation, and the garbage collector with much data that lives for a while.

;; The permutations of `items` in front of `end`, added to `found`.
(define (permute items end found)
  (if (null? items)
      (cons end found)
      (let choose ((before '()) (after items) (found found))
        (if (null? after)
            found
            (choose (cons (car after) before)
                    (cdr after)
                    (permute (put-back before (cdr after))
                             (cons (car after) end)
                             found))))))

;; The items of `before` in front of those of `after`.
(define (put-back before after)
  (if (null? before)
      after
      (put-back (cdr before) (cons (car before) after))))

;; The value of a permutation of numbers as a polynomial, modulo a prime.
(define (value permutation)
  (let next ((left permutation) (sum 0))
    (if (null? left)
        sum
        (next (cdr left) (modulo (+ (* 17 sum) (car left)) 65521)))))

(define (checksum permutations)
  (let next ((left permutations) (sum 0))
    (if (null? left)
        sum
        (next (cdr left) (modulo (+ (* 3 sum) (value (car left))) 1000003)))))

;; Each generation permutes a permutation taken from the one before. The queue is a vector of the last ones.
(define (run-generations size generations kept)
  (let ((queue (make-vector kept '())))
    (let next ((generation 0) (items (iota-from 1 size)))
      (if (= generation generations)
          (map checksum (vector->list queue))
          (let ((permutations (permute items '() '())))
            (vector-set! queue (modulo generation kept) permutations)
            (next (+ generation 1)
                  (list-ref permutations (+ 1 (* 7 generation)))))))))

(define (iota-from first last)
  (if (> first last)
      '()
      (cons first (iota-from (+ first 1) last))))

(define (run-benchmark)
  (let* ((count (read))
         (size (read))
         (generations (read))
         (kept (read))
         (expected (read)))
    (run-r7rs-benchmark
     (string-append "permutations:" (number->string size) ":" (number->string generations))
     count
     (lambda () (run-generations (hide count size) (hide count generations) (hide count kept)))
     (lambda (result) (equal? result expected)))))
