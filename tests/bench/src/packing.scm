(import (scheme base) (scheme cxr) (scheme read) (scheme write) (scheme time))
;; Counts the ways to fill a small box with given bricks, always filling the first free cell next.
;; Exercises vectors of booleans and numbers, and depth-first search with an early way out of loops.

;; The box is a vector with one boolean for each cell; x varies fastest.
(define (make-box sides) (make-vector (apply * sides) #f))

;; The different ways to turn a brick, each as a list of its three sides.
(define (turned sides)
  (let ((a (car sides)) (b (cadr sides)) (c (caddr sides)))
    (let next ((all (list (list a b c) (list a c b) (list b a c) (list b c a) (list c a b) (list c b a)))
               (different '()))
      (cond ((null? all) (reverse different))
            ((member (car all) different) (next (cdr all) different))
            (else (next (cdr all) (cons (car all) different)))))))

;; For each cell, the placements of a turned brick whose first cell it is: vectors of cells.
(define (placements sides brick)
  (let* ((width (car sides))
         (depth (cadr sides))
         (height (caddr sides))
         (table (make-vector (* width depth height) #f)))
    (do ((z 0 (+ z 1)))
        ((> (+ z (caddr brick)) height) table)
      (do ((y 0 (+ y 1)))
          ((> (+ y (cadr brick)) depth))
        (do ((x 0 (+ x 1)))
            ((> (+ x (car brick)) width))
          (let ((cells '()))
            (do ((k 0 (+ k 1)))
                ((= k (caddr brick)))
              (do ((j 0 (+ j 1)))
                  ((= j (cadr brick)))
                (do ((i 0 (+ i 1)))
                    ((= i (car brick)))
                  (set! cells
                        (cons (+ x i (* width (+ y j (* depth (+ z k))))) cells)))))
            (vector-set! table
                         (+ x (* width (+ y (* depth z))))
                         (list->vector cells))))))))

(define (free? box cells)
  (let check ((i (- (vector-length cells) 1)))
    (or (< i 0)
        (and (not (vector-ref box (vector-ref cells i)))
             (check (- i 1))))))

(define (fill! box cells filled?)
  (do ((i (- (vector-length cells) 1) (- i 1)))
      ((< i 0))
    (vector-set! box (vector-ref cells i) filled?)))

;; `stock` has the number of bricks left of each kind, and `kinds` their tables of placements.
(define (count-fillings box kinds stock)
  (let ((cells (vector-length box))
        (tried 0))
    (define (first-free cell)
      (if (and (< cell cells) (vector-ref box cell))
          (first-free (+ cell 1))
          cell))
    (define (search from)
      (let ((cell (first-free from)))
        (if (= cell cells)
            1
            (let next-kind ((kind 0) (found 0))
              (cond ((= kind (vector-length kinds)) found)
                    ((= (vector-ref stock kind) 0) (next-kind (+ kind 1) found))
                    (else
                     (vector-set! stock kind (- (vector-ref stock kind) 1))
                     (let next-table ((tables (vector-ref kinds kind)) (found found))
                       (cond ((null? tables)
                              (vector-set! stock kind (+ (vector-ref stock kind) 1))
                              (next-kind (+ kind 1) found))
                             (else
                              (let ((placed (vector-ref (car tables) cell)))
                                (cond ((and placed (free? box placed))
                                       (set! tried (+ tried 1))
                                       (fill! box placed #t)
                                       (let ((more (search (+ cell 1))))
                                         (fill! box placed #f)
                                         (next-table (cdr tables) (+ found more))))
                                      (else (next-table (cdr tables) found)))))))))))))
    (let ((found (search 0)))
      (list found tried))))

;; A puzzle is the sides of the box and a list of bricks, each as a number and the three sides.
(define (solve puzzle)
  (let* ((sides (car puzzle))
         (bricks (cadr puzzle))
         (kinds (map (lambda (brick)
                       (map (lambda (sides-of-brick) (placements sides sides-of-brick))
                            (turned (cdr brick))))
                     bricks)))
    (count-fillings (make-box sides) (list->vector kinds) (list->vector (map car bricks)))))

(define (run-benchmark)
  (let* ((count (read))
         (puzzles (read))
         (expected (read)))
    (run-r7rs-benchmark
     "packing"
     count
     (lambda () (map solve (hide count puzzles)))
     (lambda (result) (equal? result expected)))))
