(import (scheme base) (scheme read) (scheme write) (scheme time))
;; The game of life on a grid whose edges are joined: vectors of vectors of booleans, a new one for each
;; generation. The result is how many cells live after the last, and a checksum of their places.

(define (make-grid size alive?)
  (let ((grid (make-vector size #f)))
    (do ((y 0 (+ y 1))) ((= y size) grid)
      (let ((row (make-vector size #f)))
        (do ((x 0 (+ x 1))) ((= x size))
          (vector-set! row x (alive? x y)))
        (vector-set! grid y row)))))

(define (alive-in? row x) (vector-ref row x))

(define (count-row row left x right)
  (+ (if (alive-in? row left) 1 0)
     (if (alive-in? row x) 1 0)
     (if (alive-in? row right) 1 0)))

(define (next-generation grid)
  (let* ((size (vector-length grid)) (last (- size 1)))
    (define (before k) (if (= k 0) last (- k 1)))
    (define (after k) (if (= k last) 0 (+ k 1)))
    (make-grid
     size
     (lambda (x y)
       (let* ((left (before x))
              (right (after x))
              (row (vector-ref grid y))
              (alive? (alive-in? row x))
              (around (+ (count-row (vector-ref grid (before y)) left x right)
                         (count-row row left x right)
                         (count-row (vector-ref grid (after y)) left x right))))
         ;; The cell itself is counted as well.
         (or (= around 3) (and alive? (= around 4))))))))

(define (summary grid)
  (let ((size (vector-length grid)))
    (let rows ((y 0) (population 0) (sum 0))
      (if (= y size)
          (list population sum)
          (let columns ((x 0) (population population) (sum sum))
            (cond ((= x size) (rows (+ y 1) population sum))
                  ((alive-in? (vector-ref grid y) x)
                   (columns (+ x 1) (+ population 1) (modulo (+ (* 7 sum) (* x y)) 1000003)))
                  (else (columns (+ x 1) population sum))))))))

;; Begins with five cells around the middle that go on changing for long.
(define (play size generations)
  (let ((middle (quotient size 2)))
    (let loop ((k 0)
               (grid (make-grid size
                                (lambda (x y)
                                  (member (list (- x middle) (- y middle))
                                          '((0 -1) (1 -1) (-1 0) (0 0) (0 1)))))))
      (if (= k generations)
          (summary grid)
          (loop (+ k 1) (next-generation grid))))))

(define (run-benchmark)
  (let* ((count (read)) (size (read)) (generations (read)) (expected (read)))
    (run-r7rs-benchmark
     "game-of-life"
     count
     (lambda () (play (hide count size) (hide count generations)))
     (lambda (result) (equal? result expected)))))
