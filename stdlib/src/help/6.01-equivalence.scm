; Equivalence predicates.

(section "R7RS 6.1")

(eq?
  "Numbers and characters that are eqv? need not be eq?."
  (eq? 'a 'a) => #t
  (eq? (list 1) (list 1)) => #f
  (let ((x (list 1))) (eq? x x)) => #t
  (eq? '() '()) => #t)

(eqv?
  "Strings, pairs, vectors and procedures are the same only if they are one object."
  (eqv? 100000000000000000000 100000000000000000000) => #t
  (eqv? 2 2.0) => #f
  (eqv? "a" (string #\a)) => #f
  (eqv? 0.0 -0.0) => #f)

(equal?
  "(equal? a b)"
  "Are they eqv?, or pairs, vectors, strings or bytevectors with equal parts? It ends on data that contain themselves, too."
  (equal? '(a (b) #(1 "c")) (list 'a '(b) (vector 1 "c"))) => #t
  (equal? "abc" "abd") => #f
  (equal? 2 2.0) => #f
  (equal? '#0=(1 . #0#) '#1=(1 1 . #1#)) => #t)
