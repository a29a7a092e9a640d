(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Cuts, joins, reverses, sorts and interleaves lists in place.
;; Exercises set-car! and set-cdr! on lists that are already old.

(define (numbers n)
  (let grow ((i n) (list '()))
    (if (= i 0)
        list
        (grow (- i 1) (cons i list)))))

(define (end-of list)
  (if (null? (cdr list))
      list
      (end-of (cdr list))))

(define (join! front back)
  (cond ((null? front) back)
        (else (set-cdr! (end-of front) back)
              front)))

(define (turn! list)
  (let next ((list list) (turned '()))
    (if (null? list)
        turned
        (let ((rest (cdr list)))
          (set-cdr! list turned)
          (next rest list)))))

;; Cuts a list after `n` pairs, and returns the part behind the cut.
(define (cut! list n)
  (let* ((end (list-tail list (- n 1)))
         (rest (cdr end)))
    (set-cdr! end '())
    rest))

;; Takes each other pair out of the list; what remains keeps its order, and so do the pairs taken out.
(define (unzip! list)
  (let ((others (cdr list)))
    (let relink ((pair list))
      (let ((next (cdr pair)))
        (unless (null? next)
          (set-cdr! pair (cdr next))
          (relink next))))
    others))

(define (zip! a b)
  (let relink ((a a) (b b))
    (unless (null? b)
      (let ((rest (cdr a)))
        (set-cdr! a b)
        (relink b rest))))
  a)

;; Merges two ordered lists by relinking their pairs behind a fresh head.
(define (interleave-ordered! a b)
  (let ((head (list #f)))
    (let next ((end head) (a a) (b b))
      (cond ((null? a) (set-cdr! end b))
            ((null? b) (set-cdr! end a))
            ((< (car b) (car a)) (set-cdr! end b) (next b a (cdr b)))
            (else (set-cdr! end a) (next a (cdr a) b))))
    (cdr head)))

(define (order! list)
  (if (or (null? list) (null? (cdr list)))
      list
      (let ((others (unzip! list)))
        (interleave-ordered! (order! list) (order! others)))))

;; Changes the numbers without changing the links.
(define (stir! list factor)
  (let next ((pair list) (x 1))
    (unless (null? pair)
      (set-car! pair (modulo (+ (* factor (car pair)) x) 10007))
      (next (cdr pair) (car pair)))))

(define (checksum list)
  (let next ((list list) (sum 0))
    (if (null? list)
        sum
        (next (cdr list) (modulo (+ (* 7 sum) (car list)) 1000003)))))

(define (operate! size rounds)
  (let next-round ((round 1) (numbers (numbers size)) (sums '()))
    (if (> round rounds)
        (list (length numbers) (checksum sums))
        (let* ((rest (cut! numbers (+ 1 (modulo (* round 37) (- size 1)))))
               (joined (join! (turn! rest) numbers)))
          (stir! joined (+ round 2))
          (let* ((others (unzip! joined))
                 (zipped (if (even? size) (zip! others joined) (zip! joined others)))
                 (sum (checksum zipped))
                 (ordered (if (= (modulo round 4) 0) (order! zipped) zipped)))
            (next-round (+ round 1) ordered (cons sum sums)))))))

(define (run-benchmark)
  (let* ((count (read))
         (size (read))
         (rounds (read))
         (expected (read)))
    (run-r7rs-benchmark
     "destructive"
     count
     (lambda () (operate! (hide count size) (hide count rounds)))
     (lambda (result) (equal? result expected)))))
