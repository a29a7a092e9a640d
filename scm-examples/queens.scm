; All placements of queens on a board, depth first.

(define (attacks? row distance placed)
  (and (pair? placed)
       (or (= (car placed) row)
           (= (abs (- (car placed) row)) distance)
           (attacks? row (+ distance 1) (cdr placed)))))

(define (queens size)
  (let place ((column 0) (placed '()))
    (if (= column size)
        (list placed)
        (let try ((row 0) (found '()))
          (if (= row size)
              found
              (try (+ row 1)
                   (if (attacks? row 1 placed)
                       found
                       (append (place (+ column 1) (cons row placed)) found))))))))

(write (length (queens 6))) (newline)
(write (car (queens 8))) (newline)
