; Program structure.

(section "R7RS 5.2")

(import
  "Makes the names that libraries export known. A program that begins with it sees only these, and one without it everything; at the prompt they are added. A set is a library's name, or (only set name ...), (except set name ...), (prefix set prefix), (rename set (old new) ...)."
  (import (scheme base) (only (scheme char) char-upcase) (prefix (scheme cxr) c:))
  (list (char-upcase #\a) (c:caddr '(1 2 3))) => (#\A 3)
  (import (no such library)) fails "E0309 there is no library (no such library)")

(section "R7RS 5.3.1")

(define
  "Binds a name: at the top level to a variable that stays, in a body to one of this body. The second form defines a procedure."
  (define size 3)
  (define (area side) (* side side))
  (area size) => 9
  (define (count first . others) (+ 1 (length others)))
  (count 'a 'b 'c) => 3)

(section "R7RS 5.3.3")

(define-values
  "(define-values formals expression)"
  "Defines the names in formals, written as those of lambda, as the values of the expression."
  (define-values (quotient rest) (floor/ 17 5))
  (list quotient rest) => (3 2)
  (let () (define-values (a . b) (values 1 2 3)) (list a b)) => (1 (2 3)))

(section "R7RS 5.4")

(define-syntax
  "Gives a name to a macro: at the top level or in a body. A transformer is syntax-rules, or an expression whose value is a procedure that makes a form of the form, or one of er-macro-transformer."
  (define-syntax while
    (syntax-rules () ((_ test body ...) (let loop () (when test body ... (loop))))))
  (let ((n 3)) (while (> n 0) (display n) (set! n (- n 1)))) shows "321")

(section "R7RS 5.5")

(define-record-type
  "Defines a new type of records and its procedures: the constructor takes the fields it lists, or all if only its name is there; the predicate is #t of records of this type alone; each accessor gives the value of its field and each modifier, which may be left out, assigns it. A constructor or predicate that is #f is not defined."
  (define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
  (let ((p (make-point 1 2)))
    (set-point-x! p 5)
    (list (point-x p) (point-y p) (point? p) (point? 5))) => (5 2 #t #f)
  (define-record-type <box> (box content) box? (content unbox))
  (unbox 5) fails "E0104 unbox expects a box as its first argument, found 5")

(section "R7RS 5.6.1")

(define-library
  "Defines a library. Declarations are (export name ...) with (rename inside outside) for a name, (import set ...), (begin form ...), (include file ...), (include-ci file ...), (include-library-declarations file ...) and (cond-expand clause ...). Libraries are also found in files: (my lib) in my/lib.sld."
  (define-library (counter)
    (export next!)
    (import (scheme base))
    (begin (define count 0) (define (next!) (set! count (+ count 1)) count)))
  (import (scheme base) (counter))
  (next!)
  (next!) => 2)
