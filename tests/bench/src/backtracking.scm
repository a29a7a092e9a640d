(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Solves cryptarithms, in which each letter stands for another digit, by nondeterministic choice.
;; A choice is a continuation taken with call/cc that is entered again for each of the values to try.

(define alternatives '())

(define (fail)
  (let ((next (car alternatives)))
    (set! alternatives (cdr alternatives))
    (next)))

(define (choose values)
  (call/cc
   (lambda (return)
     (let try ((values values))
       (cond ((null? values) (fail))
             (else
              (set! alternatives (cons (lambda () (try (cdr values))) alternatives))
              (return (car values))))))))

(define (require condition)
  (unless condition (fail)))

;; All the values that the thunk can return.
(define (all-values thunk)
  (let ((found '()))
    (call/cc
     (lambda (done)
       (set! alternatives (list (lambda () (done #f))))
       (set! found (cons (thunk) found))
       (fail)))
    (reverse found)))

(define digits '(0 1 2 3 4 5 6 7 8 9))

;; `known` is an association list from letters to digits; the result is that list with the letter in it.
(define (assign letter leaders known)
  (if (assv letter known)
      known
      (let ((digit (choose digits)))
        (require (not (and (= digit 0) (memv letter leaders))))
        (for-each (lambda (entry) (require (not (= (cdr entry) digit)))) known)
        (cons (cons letter digit) known))))

;; Works through the columns from the right; the words are reversed lists of letters.
(define (solve summands total leaders)
  (let next-column ((summands summands) (total total) (carry 0) (known '()))
    (cond ((null? total)
           (require (= carry 0))
           known)
          (else
           (let next-word ((words summands) (sum carry) (known known))
             (cond ((null? words)
                    (let ((known (assign (car total) leaders known)))
                      (require (= (modulo sum 10) (cdr (assv (car total) known))))
                      (next-column (map (lambda (word) (if (null? word) '() (cdr word))) summands)
                                   (cdr total)
                                   (quotient sum 10)
                                   known)))
                   ((null? (car words))
                    (next-word (cdr words) sum known))
                   (else
                    (let* ((letter (caar words))
                           (known (assign letter leaders known)))
                      (next-word (cdr words) (+ sum (cdr (assv letter known))) known)))))))))

(define (word-value word known)
  (let add ((letters word) (value 0))
    (if (null? letters)
        value
        (add (cdr letters) (+ (* 10 value) (cdr (assv (car letters) known)))))))

;; The values that the last word of the puzzle can have.
(define (totals puzzle)
  (let* ((words (map (lambda (word) (string->list (symbol->string word))) puzzle))
         (leaders (map car words))
         (reversed (reverse words)))
    (map (lambda (known) (word-value (car reversed) known))
         (all-values
          (lambda ()
            (solve (map reverse (cdr reversed)) (reverse (car reversed)) leaders))))))

(define (run-benchmark)
  (let* ((count (read))
         (puzzles (read))
         (expected (read)))
    (run-r7rs-benchmark
     "backtracking"
     count
     (lambda () (map totals (hide count puzzles)))
     (lambda (result) (equal? result expected)))))
