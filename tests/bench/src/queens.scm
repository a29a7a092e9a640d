(import (scheme base) (scheme read) (scheme write) (scheme time))
;; All the ways to set queens on a square board so that none attacks another, each kept as a list of columns.
;; Exercises list building and short loops over lists.

(define (safe? column placed)
  (let check ((others placed) (distance 1))
    (or (null? others)
        (and (not (= (car others) column))
             (not (= (abs (- (car others) column)) distance))
             (check (cdr others) (+ distance 1))))))

;; The solutions that extend `placed` by `rows` more queens, in front of the `solutions` found already.
(define (extend placed rows size solutions)
  (if (= rows 0)
      (cons placed solutions)
      (let try ((column size) (solutions solutions))
        (cond ((= column 0) solutions)
              ((safe? column placed)
               (try (- column 1) (extend (cons column placed) (- rows 1) size solutions)))
              (else (try (- column 1) solutions))))))

(define (all-solutions size) (extend '() size size '()))

(define (checksum solutions)
  (let next ((solutions solutions) (sum 0))
    (if (null? solutions)
        sum
        (next (cdr solutions)
              (let digits ((columns (car solutions)) (sum sum))
                (if (null? columns)
                    sum
                    (digits (cdr columns) (modulo (+ (* 31 sum) (car columns)) 1000003))))))))

(define (run-benchmark)
  (let* ((count (read))
         (size (read))
         (expected (read)))
    (run-r7rs-benchmark
     (string-append "queens:" (number->string size))
     count
     (lambda ()
       (let ((solutions (all-solutions (hide count size))))
         (list (length solutions) (car solutions) (checksum solutions))))
     (lambda (result) (equal? result expected)))))
