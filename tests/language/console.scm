; A machine that adds: each line is a command, the standard input of a program that waits for it. What is
; typed stands in console.in. Another process counts meanwhile, and is asked at the end.

(define total 0)
(define (show . parts) (for-each display parts) (newline))

(define counter
  (spawn (lambda ()
           (let loop ((lines 0))
             (recv
               ('line (loop (+ lines 1)))
               (`(how-many ,who) (! who lines)))))))

; The words of a line.
(define (words line)
  (let ((port (open-input-string line)))
    (let loop ((found '()))
      (let ((word (read port)))
        (if (eof-object? word) (reverse found) (loop (cons word found)))))))

(define (add! numbers)
  (set! total (apply + total numbers))
  (show "= " total))

; (read) goes on over as many lines as the datum has.
(define (table)
  (let ((rows (read)))
    (read-line)
    (for-each (lambda (row) (show (car row) ": " (apply + (cdr row)))) rows)))

(define (command line)
  (let ((found (words line)))
    (cond ((null? found) #t)
          ((eq? (car found) 'add) (add! (cdr found)))
          ((eq? (car found) 'table) (table))
          ((eq? (car found) 'say) (show (string-upcase (substring line 4 (string-length line)))))
          ((eq? (car found) 'letters)
           (let ((letters (read-string (cadr found))))
             (show (list->string (reverse (string->list letters))))
             (read-line)))
          (else (show "what is " (car found) "?")))))

(let loop ((line (read-line)))
  (if (not (eof-object? line))
      (begin
        (! counter 'line)
        (guard (problem (#t (show "no: " (error-object-message problem)))) (command line))
        (loop (read-line)))))

(! counter (list 'how-many (self)))
(show (recv (lines lines)) " lines, " total " in all")
