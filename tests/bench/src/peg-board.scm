(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Plays all games of peg solitaire on a triangular board, and counts those that end with a single peg.
;; Exercises vector reads and writes and backtracking by recursion.

;; The holes are numbered row by row, from the top.
(define (hole row column) (+ (quotient (* row (+ row 1)) 2) column))

;; The jumps on a board of so many rows, as a list of vectors: from, over, to.
(define (all-jumps rows)
  (define (inside? row column) (and (>= column 0) (<= column row) (< row rows)))
  (let ((jumps '()))
    (do ((row 0 (+ row 1)))
        ((= row rows))
      (do ((column 0 (+ column 1)))
          ((> column row))
        (for-each
         (lambda (direction)
           (let* ((down (car direction))
                  (right (cdr direction))
                  (end-row (+ row down down))
                  (end-column (+ column right right)))
             (when (inside? end-row end-column)
               (let ((a (hole row column))
                     (b (hole (+ row down) (+ column right)))
                     (c (hole end-row end-column)))
                 (set! jumps (cons (vector a b c) (cons (vector c b a) jumps)))))))
         '((0 . 1) (1 . 0) (1 . 1)))))
    (list->vector jumps)))

;; The number of all games from the position, added to `games`; a game that ends well calls `record`.
(define (play board jumps pegs record games)
  (let ((number (vector-length jumps)))
    (let try ((i 0) (played games) (stuck? #t))
      (if (= i number)
          (cond (stuck?
                 (when (= pegs 1) (record board))
                 (+ played 1))
                (else played))
          (let* ((jump (vector-ref jumps i))
                 (from (vector-ref jump 0))
                 (over (vector-ref jump 1))
                 (to (vector-ref jump 2)))
            (cond ((and (vector-ref board from) (vector-ref board over) (not (vector-ref board to)))
                   (vector-set! board from #f)
                   (vector-set! board over #f)
                   (vector-set! board to #t)
                   (let ((played (play board jumps (- pegs 1) record played)))
                     (vector-set! board from #t)
                     (vector-set! board over #t)
                     (vector-set! board to #f)
                     (try (+ i 1) played #f)))
                  (else (try (+ i 1) played stuck?))))))))

;; The number of games, and how many of them leave one peg in each of the holes.
(define (play-all rows empty)
  (let* ((size (hole rows 0))
         (board (make-vector size #t))
         (ends (make-vector size 0)))
    (define (record board)
      (do ((i 0 (+ i 1)))
          ((vector-ref board i)
           (vector-set! ends i (+ (vector-ref ends i) 1)))))
    (vector-set! board empty #f)
    (let ((games (play board (all-jumps rows) (- size 1) record 0)))
      (cons games (vector->list ends)))))

(define (run-benchmark)
  (let* ((count (read))
         (rows (read))
         (empty (read))
         (expected (read)))
    (run-r7rs-benchmark
     "peg-board"
     count
     (lambda () (play-all (hide count rows) (hide count empty)))
     (lambda (result) (equal? result expected)))))
