; Primitive expression types.

(section "R7RS 4.1.2")

(quote
  "Gives the datum itself, which is not evaluated; 'datum is the same. What is quoted is constant: a program must not change it, and where it is a string, a vector or a bytevector it cannot."
  (quote (+ 1 2)) => (+ 1 2)
  (cadr '(a b c)) => b
  (vector-fill! '#(1 2) 3) fails "E0114 vector-fill! cannot change a literal vector")

(section "R7RS 4.1.4")

(lambda
  "A procedure that remembers the variables around it. Formals are (a b) for that many arguments, (a b . rest) for more, which rest has as a list, or one name for a list of all."
  ((lambda (x y) (* x y)) 6 7) => 42
  ((lambda (first . rest) (list first rest)) 1 2 3) => (1 (2 3))
  ((lambda all all) 1 2) => (1 2)
  ((lambda (x) x)) fails "E0103 anonymous procedure expects 1 argument, found 0: (lambda (x) …)")

(section "R7RS 4.1.5")

(if
  "Evaluates the test; everything but #f counts as true. Then the consequent or the alternative is evaluated and its value is that of the form. Without an alternative the value of a test that is #f is unspecified."
  (if (> 3 2) 'yes 'no) => yes
  (if '() 'true 'false) => true)

(section "R7RS 4.1.6")

(set!
  "Assigns the value of the expression to a variable that exists already. A variable that was imported cannot be assigned."
  (let ((x 1)) (set! x (+ x 1)) x) => 2
  (set! never-defined 1) fails "E0101 the variable never-defined has no value")

(section "R7RS 4.1.7")

(include
  "Stands for the forms in the files, which are read when the program is compiled. A relative name is looked for beside the file that says it."
  (with-output-to-file "area.scm" (lambda () (write '(define (area r) (* r r)))))
  (file-exists? "area.scm")
  (include "area.scm")
  (area 3) => 9)

(include-ci
  "As include, but the files are read as if they began with #!fold-case: letters in names count as small ones."
  (with-output-to-file "loud.scm" (lambda () (display "(DEFINE Loud 5)")))
  (file-exists? "loud.scm")
  (include-ci "loud.scm")
  loud => 5)
