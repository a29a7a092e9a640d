(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Carves random mazes by joining cells of a grid with union-find, then measures paths breadth first.
;; Exercises vectors of fixnums, a shuffle and a queue in a vector.

(define seed 0)

;; A random number below `limit`.
(define (random-below limit)
  (set! seed (modulo (+ (* seed 1664525) 1013904223) 4294967296))
  (modulo (quotient seed 4096) limit))

(define (shuffle! v)
  (do ((i (- (vector-length v) 1) (- i 1)))
      ((< i 1) v)
    (let* ((j (random-below (+ i 1)))
           (x (vector-ref v i)))
      (vector-set! v i (vector-ref v j))
      (vector-set! v j x))))

;; The forest of union-find: a vector of parents, where a root has minus the size of its tree.
(define (find-root! forest cell)
  (let ((parent (vector-ref forest cell)))
    (if (< parent 0)
        cell
        (let ((root (find-root! forest parent)))
          (vector-set! forest cell root)
          root))))

;; Joins the trees of two cells; #f if they are one already.
(define (join! forest a b)
  (let ((a (find-root! forest a)) (b (find-root! forest b)))
    (cond ((= a b) #f)
          ((< (vector-ref forest b) (vector-ref forest a)) (link! forest b a))
          (else (link! forest a b)))))

(define (link! forest root other)
  (vector-set! forest root (+ (vector-ref forest root) (vector-ref forest other)))
  (vector-set! forest other root)
  #t)

;; Walls are numbered: 2 * cell is the one to the east, 2 * cell + 1 the one to the south.
;; The result has #t for each wall that is open.
(define (carve width height)
  (let* ((cells (* width height))
         (forest (make-vector cells -1))
         (open (make-vector (* 2 cells) #f))
         (order (make-vector (* 2 cells) 0)))
    (do ((i 0 (+ i 1))) ((= i (* 2 cells))) (vector-set! order i i))
    (shuffle! order)
    (let next ((i 0) (left (- cells 1)))
      (if (= left 0)
          open
          (let* ((wall (vector-ref order i))
                 (cell (quotient wall 2))
                 (east? (even? wall))
                 (inside? (if east?
                              (< (modulo cell width) (- width 1))
                              (< (+ cell width) cells))))
            (cond ((and inside? (join! forest cell (+ cell (if east? 1 width))))
                   (vector-set! open wall #t)
                   (next (+ i 1) (- left 1)))
                  (else (next (+ i 1) left))))))))

;; The distances of all cells from the first.
(define (distances open width height)
  (let* ((cells (* width height))
         (distance (make-vector cells -1))
         (queue (make-vector cells 0)))
    (vector-set! distance 0 0)
    (let next ((first 0) (end 1))
      (if (= first end)
          distance
          (let* ((cell (vector-ref queue first))
                 (further (+ (vector-ref distance cell) 1)))
            (define (reach neighbour open? end)
              (cond ((and open? (< (vector-ref distance neighbour) 0))
                     (vector-set! distance neighbour further)
                     (vector-set! queue end neighbour)
                     (+ end 1))
                    (else end)))
            (let* ((end (reach (+ cell 1) (vector-ref open (* 2 cell)) end))
                   (end (reach (+ cell width) (vector-ref open (+ (* 2 cell) 1)) end))
                   (end (reach (- cell 1)
                               (and (> cell 0) (vector-ref open (* 2 (- cell 1))))
                               end))
                   (end (reach (- cell width)
                               (and (>= cell width) (vector-ref open (+ (* 2 (- cell width)) 1)))
                               end)))
              (next (+ first 1) end)))))))

;; The number of cells on the way back from the last cell to the first where the way turns.
(define (turns distance open width height)
  (let walk ((cell (- (* width height) 1)) (direction 0) (number 0))
    (define (step? to wall)
      (and (>= to 0)
           (< to (* width height))
           (vector-ref open wall)
           (< (vector-ref distance to) (vector-ref distance cell))))
    (define (go to by)
      (walk to by (if (= by direction) number (+ number 1))))
    (cond ((= cell 0) number)
          ((step? (+ cell 1) (* 2 cell)) (go (+ cell 1) 1))
          ((step? (+ cell width) (+ (* 2 cell) 1)) (go (+ cell width) width))
          ((step? (- cell 1) (* 2 (- cell 1))) (go (- cell 1) -1))
          (else (go (- cell width) (- width))))))

(define (largest v)
  (let next ((i 0) (best 0))
    (cond ((= i (vector-length v)) best)
          ((> (vector-ref v i) best) (next (+ i 1) (vector-ref v i)))
          (else (next (+ i 1) best)))))

;; For each of the mazes: the distance of the last cell, the turns on the way, and the largest distance.
(define (measure-mazes number width height)
  (set! seed 2024)
  (let next ((left number) (measured '()))
    (if (= left 0)
        (reverse measured)
        (let* ((open (carve width height))
               (distance (distances open width height)))
          (next (- left 1)
                (cons (list (vector-ref distance (- (* width height) 1))
                            (turns distance open width height)
                            (largest distance))
                      measured))))))

(define (run-benchmark)
  (let* ((count (read))
         (number (read))
         (width (read))
         (height (read))
         (expected (read)))
    (run-r7rs-benchmark
     "maze"
     count
     (lambda () (measure-mazes (hide count number) (hide count width) (hide count height)))
     (lambda (result) (equal? result expected)))))
