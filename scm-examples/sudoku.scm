; A solver of sudokus by amb, an operator that chooses: (amb choices) gives one of them, and when the
; program finds later that it cannot go on, (fail) goes back and the same (amb choices) gives the next.
; On top of it: what was changed is undone on the way back.
;
; What survives a kill: the choices that are still open. Each of them is a continuation, a part of the
; search that can be entered again; after a restart the solver fails back into choices that another run
; of the command has made.

; The ways back, the last one first.
(define ways-back '())

(define (fail)
  (if (null? ways-back)
      (error "there is no solution")
      (let ((way (car ways-back)))
        (set! ways-back (cdr ways-back))
        (way))))

; Has something done on the way back.
(define (undo-by thunk)
  (set! ways-back (cons (lambda () (thunk) (fail)) ways-back)))

(define (amb choices)
  (call/cc
    (lambda (continue)
      (for-each
        (lambda (choice)
          (set! ways-back (cons (lambda () (continue choice)) ways-back)))
        (reverse choices))
      (fail))))

; The first result of a thunk that does not fail, and #f if all ways do.
(define (attempt thunk)
  (let ((before ways-back))
    (let ((result
            (call/cc
              (lambda (return)
                (set! ways-back (list (lambda () (return #f))))
                (thunk)))))
      (set! ways-back before)
      result)))

; A board has 81 cells, 0 where there is no digit. The digits of a row, column and box are bits.

(define cells (make-vector 81 0))
(define rows (make-vector 9 0))
(define columns (make-vector 9 0))
(define boxes (make-vector 9 0))

(define (row-of cell) (quotient cell 9))
(define (column-of cell) (remainder cell 9))
(define (box-of cell) (+ (* 3 (quotient cell 27)) (quotient (column-of cell) 3)))

(define (flip! digits group digit)
  (vector-set! digits group (bitwise-xor (vector-ref digits group) (arithmetic-shift 1 digit))))

(define (flip-cell! cell digit)
  (flip! rows (row-of cell) digit)
  (flip! columns (column-of cell) digit)
  (flip! boxes (box-of cell) digit))

(define choices-made 0)

(define (put! cell digit)
  (vector-set! cells cell digit)
  (flip-cell! cell digit))

(define (take-away! cell digit)
  (vector-set! cells cell 0)
  (flip-cell! cell digit))

(define (choose! cell digit)
  (put! cell digit)
  (set! choices-made (+ choices-made 1))
  (undo-by (lambda () (take-away! cell digit))))

; The digits that may stand in an empty cell.
(define (free-digits cell)
  (let ((taken (bitwise-or (vector-ref rows (row-of cell))
                           (vector-ref columns (column-of cell))
                           (vector-ref boxes (box-of cell)))))
    (let loop ((digit 9) (free '()))
      (cond ((= digit 0) free)
            ((= 0 (bitwise-and taken (arithmetic-shift 1 digit))) (loop (- digit 1) (cons digit free)))
            (else (loop (- digit 1) free))))))

; The empty cell with the fewest digits to choose from, in front of them; #f on a full board.
(define (tightest-cell)
  (let loop ((cell 0) (best #f) (fewest 10))
    (if (= cell 81)
        best
        (if (= 0 (vector-ref cells cell))
            (let* ((free (free-digits cell)) (count (length free)))
              (if (< count fewest)
                  (loop (+ cell 1) (cons cell free) count)
                  (loop (+ cell 1) best fewest)))
            (loop (+ cell 1) best fewest)))))

(define (solve)
  (let ((tightest (tightest-cell)))
    (if tightest
        (begin
          (choose! (car tightest) (amb (cdr tightest)))
          (solve))
        (vector->list cells))))

(define (show digits)
  (let loop ((rest digits) (column 1))
    (if (pair? rest)
        (begin
          (display (car rest))
          (display (if (= column 9) "\n" " "))
          (loop (cdr rest) (if (= column 9) 1 (+ column 1)))))))

; A board as text: a line for each row, a dot for an empty cell.
(define (set-up! lines)
  (vector-fill! cells 0)
  (for-each (lambda (digits) (vector-fill! digits 0)) (list rows columns boxes))
  (let loop ((cell 0) (rest (string->list (apply string-append lines))))
    (if (pair? rest)
        (begin
          (if (not (char=? (car rest) #\.)) (put! cell (digit-value (car rest))))
          (loop (+ cell 1) (cdr rest)))))
  (set! choices-made 0))

(define (report name lines)
  (set-up! lines)
  (display name)
  (let ((solution (attempt solve)))
    (display (if solution ": solved with " ": no solution, shown with "))
    (display choices-made)
    (display " digits placed")
    (newline)
    (if solution (show solution))))

(report "easy"
  '("53..7...." "6..195..." ".98....6." "8...6...3" "4..8.3..1" "7...2...6" ".6....28." "...419..5" "....8..79"))
(report "harder"
  '("..9748..." "7........" ".2.1.9..." "..7...24." ".64.1.59." ".98...3.." "...8.3.2." "........6" "...2759.."))
(report "impossible"
  '("53..7...." "6..195..." ".98....6." "8...6...3" "4..8.3..1" "7...2...6" ".6....28." "...419..5" "....8..97"))
