; Queens on a board, none of which attacks another: all placements, those that differ by more than a
; turn or a mirror, and one board to look at. A placement is a list of rows, the last column first.
;
; What survives a kill: the search itself, which is a recursion with a loop at each level. Nothing is
; searched twice; the count so far is a global variable like any other.

(define (attacks? row distance placed)
  (and (pair? placed)
       (or (= (car placed) row)
           (= (abs (- (car placed) row)) distance)
           (attacks? row (+ distance 1) (cdr placed)))))

; Calls visit with each placement, depth first.
(define (for-each-placement size visit)
  (let place ((column 0) (placed '()))
    (if (= column size)
        (visit placed)
        (let try ((row 0))
          (if (< row size)
              (begin
                (if (not (attacks? row 1 placed))
                    (place (+ column 1) (cons row placed)))
                (try (+ row 1))))))))

(define (placements size)
  (let ((found '()))
    (for-each-placement size (lambda (placed) (set! found (cons placed found))))
    (reverse found)))

; The first placement leaves the search by an escape.
(define (first-placement size)
  (call/cc
    (lambda (return)
      (for-each-placement size return)
      #f)))

; Symmetries. A mirror swaps the columns; a quarter turn makes columns of rows.

(define (mirrored placed) (reverse placed))
(define (turned placed)
  (let* ((size (length placed)) (columns (make-vector size)))
    (let loop ((rest placed) (column 0))
      (if (null? rest)
          (vector->list columns)
          (begin
            (vector-set! columns (- size 1 (car rest)) column)
            (loop (cdr rest) (+ column 1)))))))

(define (symmetries placed)
  (let loop ((count 0) (now placed) (made '()))
    (if (= count 4)
        made
        (loop (+ count 1) (turned now) (cons now (cons (mirrored now) made))))))

; Placements are the same but for symmetry if they share the least of their symmetries.
(define (before? a b)
  (and (pair? a)
       (or (< (car a) (car b))
           (and (= (car a) (car b)) (before? (cdr a) (cdr b))))))

(define (least items)
  (fold-left (lambda (least item) (if (before? item least) item least)) (car items) (cdr items)))

(define (essentially-different all)
  (let ((seen (make-equal-hash-table)))
    (for-each (lambda (placed) (hash-table-set! seen (least (symmetries placed)) #t)) all)
    (hash-table-keys seen)))

(define (show-board placed)
  (for-each
    (lambda (row)
      (for-each
        (lambda (queen) (display (if (= queen row) " Q" " .")))
        (reverse placed))
      (newline))
    (iota (length placed))))

(for-each
  (lambda (size)
    (let ((all (placements size)))
      (display size)
      (display " queens: ")
      (display (length all))
      (display " placements, ")
      (display (length (essentially-different all)))
      (display " but for symmetry")
      (newline)))
  '(4 5 6 7))

(display "the first of 8 queens:")
(newline)
(show-board (first-placement 8))
