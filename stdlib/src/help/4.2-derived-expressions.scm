; Derived expression types.

(section "R7RS 4.2.1")

(cond
  "Evaluates the tests in order; the first that is not #f has the expressions behind it evaluated, and the last gives the value. (test => receiver) calls the receiver with the test's value, and (test) alone gives that value."
  (cond ((> 1 2) 'greater) ((< 1 2) 'less) (else 'equal)) => less
  (cond ((assv 'b '((a 1) (b 2))) => cadr) (else #f)) => 2
  (cond (#f 1) (7)) => 7)

(case
  "Finds the clause one of whose data is the same as the key by eqv?, and evaluates its expressions. (else => receiver) and ((datum ...) => receiver) call the receiver with the key."
  (case (* 2 3) ((2 3 5 7) 'prime) ((1 4 6 8 9) 'composite)) => composite
  (case 'x ((a e i o u) 'vowel) (else => list)) => (x))

(and
  "Evaluates the expressions in order up to the first that gives #f, which is then the value; else the value is the last one's, or #t if there is none."
  (and (= 2 2) (> 2 1)) => #t
  (and 1 2 'c '(f g)) => (f g)
  (and #f (error "not reached")) => #f
  (and) => #t)

(or
  "Evaluates the expressions in order up to the first whose value is not #f, and gives that value; #f if there is none."
  (or (memq 'b '(a b c)) (/ 3 0)) => (b c)
  (or #f #f) => #f
  (or) => #f)

(when
  "Evaluates the expressions in order if the test is not #f."
  (let ((n 5)) (when (odd? n) (display "odd") (newline))) shows "odd\n")

(unless
  "Evaluates the expressions in order if the test is #f."
  (unless (odd? 4) (display "even") (newline)) shows "even\n")

(cond-expand
  "Becomes the forms of the first clause whose requirement holds when the program is compiled: a feature's name, (library name), or and, or, not of such."
  (cond-expand ((and r7rs (library (scheme write))) 'usable) (else 'old)) => usable
  (cond-expand ((library (no such)) 1) (else 2)) => 2)

(else
  "Begins the last clause of cond, case, guard and cond-expand, which is taken if no other is. By itself it is an error."
  (case 5 ((1 2) 'few) (else 'many)) => many
  (cond (else)) fails "E0301 the `else` clause has expressions and comes last")

(=>
  "Stands in a clause of cond, case or guard between a test and a procedure that is called with the test's value. By itself it is an error."
  (cond ((member "b" '("a" "b" "c")) => length) (else 0)) => 2)

(section "R7RS 4.2.2")

(let
  "(let name ((variable init) ...) body ...)"
  "Evaluates the expressions, binds the names to their values, and evaluates the body with them. With a name in front the body is a procedure of that name, called with the values: a loop."
  (let ((x 2) (y 3)) (* x y)) => 6
  (let loop ((n 5) (product 1))
    (if (= n 0) product (loop (- n 1) (* product n)))) => 120)

(let*
  "As let, but each expression sees the names before it."
  (let* ((x 7) (z (+ x 1))) (* z x)) => 56)

(letrec
  "As let, but all expressions see all names; for procedures that call each other. An expression that needs the value of a name before it has one is an error."
  (letrec ((even? (lambda (n) (or (= n 0) (odd? (- n 1)))))
           (odd? (lambda (n) (and (> n 0) (even? (- n 1))))))
    (even? 88)) => #t
  (letrec ((a b) (b 1)) a) fails "E0112 a variable is used before its definition")

(letrec*
  "As letrec, but the expressions are evaluated in order and may use the values of the names before them."
  (letrec* ((p (lambda (x) (+ x 1))) (q (p 2))) q) => 3)

(let-values
  "(let-values ((formals expression) ...) body ...)"
  "Binds formals, written as those of lambda, to the several values of each expression. No expression sees the names."
  (let-values (((root rest) (exact-integer-sqrt 32))) (* root rest)) => 35
  (let-values (((a . b) (values 1 2 3)) (c (values 4 5))) (list a b c)) => (1 (2 3) (4 5)))

(let*-values
  "(let*-values ((formals expression) ...) body ...)"
  "As let-values, but each expression sees the names before it."
  (let*-values (((a b) (values 1 2)) ((c) (values (+ a b)))) c) => 3)

(section "R7RS 4.2.3")

(begin
  "Evaluates the expressions in order and gives the value of the last. At the top level and at the start of a body it may hold definitions, which count as if they stood there without it."
  (begin (display "4 plus 1 equals ") (display (+ 4 1))) shows "4 plus 1 equals 5"
  (begin (define a 1) (define b 2)) (+ a b) => 3)

(section "R7RS 4.2.4")

(do
  "A loop: binds the names to the values of their inits; then, until the test is not #f, evaluates the commands and binds the names anew to their steps. In the end the expressions behind the test are evaluated, and the last is the value."
  (do ((i 0 (+ i 1)) (sum 0 (+ sum i))) ((= i 5) sum)) => 10
  (do ((v (make-vector 3)) (i 0 (+ i 1))) ((= i 3) v) (vector-set! v i i)) => #(0 1 2))

(section "R7RS 4.2.5")

(delay
  "(delay expression)"
  "A promise, whose expression is evaluated when it is forced first; later its value is known."
  (let* ((count 0) (p (delay (begin (set! count (+ count 1)) count)))) (list (force p) (force p))) => (1 1))

(delay-force
  "(delay-force expression)"
  "A promise whose expression gives a promise that is forced in turn. A chain of any length is forced without growing memory, which (delay (force expression)) would not be."
  (define (count n) (if (= n 0) (delay 'done) (delay-force (count (- n 1)))))
  (force (count 10000)) => done)

(force
  "(force promise)"
  "The value of a promise, which is computed if it was not yet. What is no promise is its own value."
  (force (delay (+ 1 2))) => 3
  (force 5) => 5)

(make-promise
  "(make-promise value)"
  "A promise that has this value already; a promise is given back as it is."
  (force (make-promise 'ready)) => ready)

(promise?
  "(promise? value)"
  "Is it a promise?"
  (list (promise? (delay 1)) (promise? 1)) => (#t #f))

(section "R7RS 4.2.6")

(make-parameter
  "(make-parameter value [converter])"
  "A parameter: a procedure without arguments that gives its value, at first the one given here, which parameterize changes for a while. The converter is applied to every value it gets."
  (define radix (make-parameter 10 (lambda (x) (if (integer? x) x (error "no integer:" x)))))
  (radix) => 10
  (define level (make-parameter 1 abs))
  (parameterize ((level -3)) (level)) => 3)

(parameterize
  "(parameterize ((parameter value) ...) body ...)"
  "Evaluates the body while the parameters have these values. They have the old ones again when it is left, and these when a continuation enters it again."
  (define level (make-parameter 1))
  (list (parameterize ((level 2)) (level)) (level)) => (2 1)
  (let ((port (open-output-string)))
    (parameterize ((current-output-port port)) (display "kept"))
    (get-output-string port)) => "kept")

(section "R7RS 4.2.7")

(guard
  "(guard (variable clause ...) body ...)"
  "Evaluates the body. If it raises an object, the variable is bound to it and the clauses, written as those of cond, are tried; the value of the one that fits is that of the form. If none does, the object is raised again where it was."
  (guard (e ((symbol? e) (list 'symbol e)) ((string? e) 'string)) (raise 'boom)) => (symbol boom)
  (guard (e ((error-object? e) (error-object-message e))) (error "no luck" 13)) => "no luck"
  (guard (e ((string? e) 'string)) (raise 'boom)) fails "E0108 the value boom was raised")

(section "R7RS 4.2.8")

(quasiquote
  "As quote, but what is unquoted in it is evaluated; `template is the same. Quasiquotations nest."
  `(list ,(+ 1 2) 4) => (list 3 4)
  `(1 ,@(map abs '(4 -5)) 6) => (1 4 5 6)
  `#(a ,(* 2 3)) => #(a 6))

(unquote
  "Inside a quasiquotation: the value of the expression; ,expression is the same. Elsewhere it is an error."
  (let ((name 'a)) `(list ,name ',name)) => (list a 'a))

(unquote-splicing
  "Inside a quasiquotation: the elements of the list that the expression gives; ,@expression is the same. Elsewhere it is an error."
  `((foo ,(- 10 3)) ,@(cdr '(c d e)) . tail) => ((foo 7) d e . tail))

(section "R7RS 4.2.9")

(case-lambda
  "(case-lambda (formals body ...) ...)"
  "A procedure with a body for each number of arguments: the first whose formals, written as those of lambda, take them all is evaluated. No such body is an error."
  (define range
    (case-lambda
      ((end) (range 0 end))
      ((start end) (if (< start end) (cons start (range (+ start 1) end)) '()))))
  (list (range 3) (range 3 5)) => ((0 1 2) (3 4))
  ((case-lambda ((a) a) ((a b) b))) fails "E0103 anonymous procedure has no clause for 0 arguments")

(section "SRFI 8")

(receive
  "(receive formals expression body ...)"
  "Binds formals, written as those of lambda, to the values of the expression and evaluates the body."
  (receive (quotient rest) (floor/ 17 5) (list quotient rest)) => (3 2)
  (receive all (values 1 2 3) all) => (1 2 3))
