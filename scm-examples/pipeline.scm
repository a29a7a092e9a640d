; A pipeline of generators on call/cc: the logs of three machines are read line by line, parsed,
; merged by time, filtered, joined with the gap to the line before, and cut off after a while. Nothing
; is computed before somebody asks for it, and no stage knows another one.
;
; What survives a kill: every generator is a continuation, suspended in the middle of its loop. After a
; restart each of them goes on from there, wherever in the pipeline the process was.

; A generator is a procedure of no arguments that gives the next value, or the end-of-file object.
; (make-generator body) makes one of a procedure that calls its argument with value after value.
(define (make-generator body)
  (define consumer #f)
  (define (yield-value value)
    (call/cc
      (lambda (rest)
        (set! resume (lambda () (rest #f)))
        (consumer value))))
  (define (finish)
    (set! resume finish)
    (consumer (eof-object)))
  (define resume
    (lambda ()
      (body yield-value)
      (finish)))
  (lambda ()
    (call/cc
      (lambda (k)
        (set! consumer k)
        (resume)))))

(define (each use generator)
  (let loop ((value (generator)))
    (if (not (eof-object? value))
        (begin
          (use value)
          (loop (generator))))))

; Sources.

(define (lines-of text)
  (make-generator
    (lambda (yield-value)
      (let ((port (open-input-string text)))
        (each yield-value (lambda () (read-line port)))))))

(define (numbers-from n)
  (make-generator
    (lambda (yield-value)
      (let loop ((n n))
        (yield-value n)
        (loop (+ n 1))))))

; Stages.

(define (mapped change generator)
  (make-generator
    (lambda (yield-value)
      (each (lambda (value) (yield-value (change value))) generator))))

(define (filtered keep? generator)
  (make-generator
    (lambda (yield-value)
      (each (lambda (value) (if (keep? value) (yield-value value))) generator))))

(define (taken count generator)
  (make-generator
    (lambda (yield-value)
      (let loop ((left count))
        (if (> left 0)
            (let ((value (generator)))
              (if (not (eof-object? value))
                  (begin
                    (yield-value value)
                    (loop (- left 1))))))))))

; Two ordered generators as one.
(define (merged before? left right)
  (make-generator
    (lambda (yield-value)
      (let loop ((x (left)) (y (right)))
        (cond ((and (eof-object? x) (eof-object? y)) 'done)
              ((or (eof-object? y) (and (not (eof-object? x)) (not (before? y x))))
               (yield-value x)
               (loop (left) y))
              (else
                (yield-value y)
                (loop x (right))))))))

; Pairs of the values of two generators, as long as both have some.
(define (zipped left right)
  (make-generator
    (lambda (yield-value)
      (let loop ()
        (let* ((x (left)) (y (right)))
          (if (not (or (eof-object? x) (eof-object? y)))
              (begin
                (yield-value (cons x y))
                (loop))))))))

; Each value with the one before; the first has itself.
(define (with-previous generator)
  (make-generator
    (lambda (yield-value)
      (let loop ((previous #f) (value (generator)))
        (if (not (eof-object? value))
            (begin
              (yield-value (cons (or previous value) value))
              (loop value (generator))))))))

; The logs: seconds, level, message.

(define web "3 info GET /\n7 warn slow answer\n12 info GET /news\n13 error out of sockets\n40 error gone")
(define database "1 info started\n5 info checkpoint\n11 warn lock waits\n12 error deadlock\n30 info checkpoint")
(define mail "2 warn queue is long\n9 error no route\n14 info sent\n22 warn queue is long\n41 info sent")

(define-record-type entry
  (make-entry seconds machine level message)
  entry?
  (seconds entry-seconds)
  (machine entry-machine)
  (level entry-level)
  (message entry-message))

(define (parse machine)
  (lambda (line)
    (let ((words (string-split line #\space)))
      (make-entry (string->number (car words))
                  machine
                  (string->symbol (cadr words))
                  (string-join (cddr words) " ")))))

(define (earlier? a b) (< (entry-seconds a) (entry-seconds b)))

(define everything
  (merged earlier?
          (mapped (parse "web") (lines-of web))
          (merged earlier?
                  (mapped (parse "database") (lines-of database))
                  (mapped (parse "mail") (lines-of mail)))))

(define trouble (filtered (lambda (entry) (memq (entry-level entry) '(warn error))) everything))

(define (show numbered)
  (let* ((number (car numbered))
         (entry (cddr numbered))
         (gap (- (entry-seconds entry) (entry-seconds (cadr numbered)))))
    (display (string-pad-left (number->string number) 2))
    (display (string-pad-left (number->string (entry-seconds entry)) 4))
    (display (string-pad-left (string-append "+" (number->string gap)) 5))
    (display (string-append " " (string-pad-right (entry-machine entry) 9)))
    (display (string-append (string-pad-right (symbol->string (entry-level entry)) 6)
                            (entry-message entry)))
    (newline)))

(each show (taken 7 (zipped (numbers-from 1) (with-previous trouble))))
(display "still in the logs: ")
(write (let count ((n 0)) (if (eof-object? (trouble)) n (count (+ n 1)))))
(newline)
