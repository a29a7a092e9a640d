; Conway's game of life on a board without edges, played by a script: each line of it is a command, read
; from a port as a player would type it.
;
;   put PATTERN COLUMN ROW    puts a pattern on the board
;   step COUNT                lets generations pass
;   show                      draws the board
;   until-still LIMIT         steps until the board is one that was there before
;   clear                     takes everything away
;
; What survives a kill: the board in the middle of a generation, the port with the commands to come, and
; the boards seen so far. The game has no command to save or to load.

(define width 16)
(define height 10)

(define board (make-vector (* width height) #f))
(define generation 0)

(define (place column row) (+ (* (modulo row height) width) (modulo column width)))
(define (alive? column row) (vector-ref board (place column row)))

(define (neighbours column row)
  (let loop ((offsets '((-1 . -1) (0 . -1) (1 . -1) (-1 . 0) (1 . 0) (-1 . 1) (0 . 1) (1 . 1))) (count 0))
    (if (null? offsets)
        count
        (loop (cdr offsets)
              (if (alive? (+ column (car (car offsets))) (+ row (cdr (car offsets))))
                  (+ count 1)
                  count)))))

(define (lives-on? column row)
  (let ((count (neighbours column row)))
    (or (= count 3)
        (and (= count 2) (alive? column row)))))

(define (for-each-place visit)
  (do ((row 0 (+ row 1)))
      ((= row height))
    (do ((column 0 (+ column 1)))
        ((= column width))
      (visit column row))))

(define (step!)
  (let ((next (make-vector (* width height) #f)))
    (for-each-place
      (lambda (column row)
        (if (lives-on? column row) (vector-set! next (place column row) #t))))
    (set! board next)
    (set! generation (+ generation 1))))

(define (population)
  (let loop ((index 0) (count 0))
    (if (= index (vector-length board))
        count
        (loop (+ index 1) (if (vector-ref board index) (+ count 1) count)))))

; Commands.

(define patterns
  '(("glider" "010" "001" "111")
    ("blinker" "111")
    ("block" "11" "11")
    ("r-pentomino" "011" "110" "010")))

(define (put! name column row)
  (let ((pattern (assoc name patterns)))
    (if (not pattern) (error "there is no pattern" name))
    (let next-line ((lines (cdr pattern)) (row row))
      (if (pair? lines)
          (let next-cell ((cells (string->list (car lines))) (column column))
            (if (null? cells)
                (next-line (cdr lines) (+ row 1))
                (begin
                  (if (char=? (car cells) #\1) (vector-set! board (place column row) #t))
                  (next-cell (cdr cells) (+ column 1)))))))))

(define (show)
  (do ((row 0 (+ row 1)))
      ((= row height))
    (do ((column 0 (+ column 1)))
        ((= column width))
      (display (if (alive? column row) "#" ".")))
    (newline)))

(define (until-still limit)
  (let ((seen (make-equal-hash-table)))
    (let loop ((left limit))
      (let ((before (hash-table-ref/default seen board #f)))
        (cond (before
                (display "as in generation ")
                (display before)
                (newline))
              ((= left 0)
               (display "nothing has come back")
               (newline))
              (else
                (hash-table-set! seen board generation)
                (step!)
                (loop (- left 1))))))))

(define (carry-out command)
  (let* ((words (string-split command #\space))
         (argument (lambda (number)
                     (or (and (< number (length words)) (string->number (list-ref words number)))
                         (error "a number is missing behind" (car words))))))
    (case (string->symbol (car words))
      ((put) (put! (cadr words) (argument 2) (argument 3)))
      ((step) (do ((left (argument 1) (- left 1))) ((= left 0)) (step!)))
      ((show) (show))
      ((until-still) (until-still (argument 1)))
      ((clear) (vector-fill! board #f))
      (else (error "there is no command" (car words))))))

(define (play port)
  (let ((command (read-line port)))
    (if (not (eof-object? command))
        (begin
          (display "> ")
          (display command)
          (newline)
          (guard (e ((error-object? e)
                     (display (error-object-message e))
                     (display " ")
                     (display (car (error-object-irritants e)))
                     (newline)))
            (carry-out command))
          (display "generation ")
          (display generation)
          (display ", ")
          (display (population))
          (display " alive")
          (newline)
          (play port)))))

(play
  (open-input-string
    "put glider 1 1
put blinker 10 4
show
step 4
show
jump 3
put spaceship 1 1
step many
clear
put r-pentomino 6 4
step 12
show
clear
put blinker 2 2
put block 8 5
until-still 10"))
