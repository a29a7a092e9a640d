; Numbers.

(section "R7RS 6.2.6")

(number? (list (number? 3) (number? 1/2) (number? 1.5e10) (number? "3")) => (#t #t #t #f))

(complex? (list (complex? 3+4i) (complex? 3) (complex? 'a)) => (#t #t #f))

(real? (list (real? 3) (real? -2.5+0i) (real? 1+2i)) => (#t #t #f))

(rational? (list (rational? 6/10) (rational? 1.5) (rational? +inf.0)) => (#t #t #f))

(integer? (list (integer? 3) (integer? 3.0) (integer? 8/4) (integer? 3.5)) => (#t #t #t #f))

(exact?
  "What is no number is an error."
  (list (exact? 3) (exact? 1/3) (exact? 3.0)) => (#t #t #f)
  (exact? 'a) fails "E0104 exact? expects a number as its first argument, found a")

(inexact?
  "What is no number is an error."
  (list (inexact? 3.) (inexact? 3) (inexact? +nan.0)) => (#t #f #t))

(exact-integer? (list (exact-integer? 32) (exact-integer? 32.0) (exact-integer? 32/5)) => (#t #f #f))

(finite? (list (finite? 3) (finite? +inf.0) (finite? 3.0+inf.0i) (finite? +nan.0)) => (#t #f #f #f))

(infinite? (list (infinite? 3) (infinite? -inf.0) (infinite? +nan.0+inf.0i)) => (#f #t #t))

(nan? (list (nan? +nan.0) (nan? 32) (nan? 1+nan.0i)) => (#t #f #t))

(=
  "Exact and inexact numbers are compared by their exact values, so that the relation is transitive."
  (= 1 1.0 2/2) => #t
  (= 1 2) => #f
  (= 1 'a) fails "E0104 = expects a number as its second argument, found a")

(<
  "The numbers are real."
  (< 1 2 3) => #t
  (< 1 1) => #f
  (< 1 2 1) => #f)

(>
  "The numbers are real."
  (> 3 2 1) => #t
  (> 1 +nan.0) => #f)

(<=
  "The numbers are real."
  (<= 1 1 2) => #t
  (<= 2 1) => #f)

(>=
  "The numbers are real."
  (>= 2 1 1) => #t
  (>= 1 2) => #f)

(zero? (list (zero? 0) (zero? -0.0) (zero? 1)) => (#t #t #f))

(positive? (list (positive? 1) (positive? 0) (positive? -1.5)) => (#t #f #f))

(negative? (list (negative? -1) (negative? 0) (negative? 1.5)) => (#t #f #f))

(odd? (list (odd? 3) (odd? 4) (odd? -1)) => (#t #f #t) (odd? 1.5) fails "E0104 odd? expects an integer as its first argument, found 1.5")

(even? (list (even? 4) (even? 0) (even? 3)) => (#t #t #f) (even? 1/2) fails "E0104 even? expects an integer as its first argument, found 1/2")

(max
  (max 3 4) => 4
  (max 3.9 4) => 4.0
  (max 1 2+i) fails "E0104 max expects a real number as its second argument, found 2+i")

(min
  (min 3 4) => 3
  (min 3 4.5) => 3.0)

(+
  "Exact unless a number is inexact; without numbers 0."
  (+ 3 4 5) => 12
  (+ 1/2 1/3) => 5/6
  (+ 1 0.5) => 1.5
  (+) => 0
  (+ 'two 1) fails "E0104 + expects a number as its first argument, found two")

(*
  "Exact unless a number is inexact; without numbers 1."
  (* 2 3 4) => 24
  (* 99999999999 99999999999) => 9999999999800000000001
  (*) => 1)

(-
  (- 3 4 5) => -6
  (- 3) => -3)

(/
  "Exact numbers give an exact ratio. Dividing by an exact zero is an error."
  (/ 3 4 5) => 3/20
  (/ 3) => 1/3
  (/ 1 0.0) => +inf.0
  (/ 1 0) fails "E0105 / by zero")

(abs
  (abs -7) => 7
  (abs -1/2) => 1/2)

(floor/
  "(floor/ n m)"
  "Two values, floor-quotient and floor-remainder: the rest has the sign of m."
  (call-with-values (lambda () (floor/ -5 2)) list) => (-3 1)
  (call-with-values (lambda () (floor/ 5 -2)) list) => (-3 -1))

(floor-quotient
  "Dividing by zero is an error."
  (floor-quotient -5 2) => -3
  (floor-quotient 5 0) fails "E0105 floor-quotient by zero")

(floor-remainder
  "Dividing by zero is an error."
  (floor-remainder -5 2) => 1
  (floor-remainder 5 -2) => -1)

(truncate/
  "(truncate/ n m)"
  "Two values, truncate-quotient and truncate-remainder: the rest has the sign of n."
  (call-with-values (lambda () (truncate/ -5 2)) list) => (-2 -1))

(truncate-quotient
  "Dividing by zero is an error."
  (truncate-quotient -5 2) => -2)

(truncate-remainder
  "Dividing by zero is an error."
  (truncate-remainder -5 2) => -1
  (truncate-remainder 5.0 2) => 1.0)

(quotient
  "The same as truncate-quotient."
  (quotient -13 4) => -3
  (quotient 13 0) fails "E0105 quotient by zero")

(remainder
  "The same as truncate-remainder."
  (remainder -13 4) => -1)

(modulo
  "The same as floor-remainder."
  (modulo -13 4) => 3)

(gcd
  (gcd 32 -36) => 4
  (gcd) => 0)

(lcm
  (lcm 32 -36) => 288
  (lcm) => 1)

(numerator
  (numerator 6/4) => 3
  (numerator 0.5) => 1.0)

(denominator
  "That of an integer is 1."
  (denominator 6/4) => 2
  (denominator 0) => 1)

(floor
  (floor -4.3) => -5.0
  (floor 7/2) => 3)

(ceiling
  (ceiling -4.3) => -4.0
  (ceiling 7/2) => 4)

(truncate
  (truncate -4.3) => -4.0
  (truncate 7/2) => 3)

(round
  (round 7/2) => 4
  (round 2.5) => 2.0
  (round -4.3) => -4.0)

(rationalize
  (rationalize 3/10 1/10) => 1/3
  (rationalize .3 1/10) => 0.3333333333333333)

(exp (exp 0) => 1 (exp 0.5) => 1.6487212707001282)

(log
  (log 1) => 0
  (log 8 2) => 3.0
  (log 0) => -inf.0)

(sin (sin 0) => 0 (sin 1.0) => 0.8414709848078965)

(cos (cos 0) => 1 (cos 1.0) => 0.5403023058681398)

(tan (tan 0) => 0 (tan 1.0) => 1.5574077246549023)

(asin (asin 0) => 0 (asin 1.0) => 1.5707963267948966)

(acos (acos 1) => 0 (acos 0.0) => 1.5707963267948966)

(atan
  "An angle is above -pi and not above pi."
  (atan 1.0) => 0.7853981633974483
  (atan -1 0) => -1.5707963267948966)

(square
  (square 42) => 1764
  (square 2.0) => 4.0)

(sqrt
  (sqrt 9) => 3
  (sqrt 1/4) => 1/2
  (sqrt 2) => 1.4142135623730951
  (sqrt -1) => +i)

(exact-integer-sqrt
  "(exact-integer-sqrt n)"
  "Two values: the greatest integer whose square is not above n, and what n has more than this square. A negative n is an error."
  (call-with-values (lambda () (exact-integer-sqrt 17)) list) => (4 1)
  (exact-integer-sqrt -1) fails "E0104 exact-integer-sqrt expects an exact integer of at least 0 as its first argument, found -1")

(expt
  (expt 2 100) => 1267650600228229401496703205376
  (expt 2 -2) => 1/4
  (expt 2.0 0.5) => 1.4142135623730951
  (expt 0 0) => 1)

(make-rectangular
  (make-rectangular 3 4) => 3+4i
  (make-rectangular 3 0) => 3)

(make-polar
  (make-polar 2 0) => 2
  (magnitude (make-polar 5 1)) => 5.0)

(real-part (real-part 3+4i) => 3 (real-part 1.5) => 1.5)

(imag-part (imag-part 3+4i) => 4 (imag-part 1.5) => 0)

(magnitude (magnitude 3+4i) => 5 (magnitude -5) => 5)

(angle
  (angle 1) => 0
  (angle -1.0) => 3.141592653589793
  (angle +i) => 1.5707963267948966)

(inexact
  (inexact 1/3) => 0.3333333333333333
  (inexact 5) => 5.0)

(exact
  "An infinity or a NaN has none, which is an error."
  (exact 0.5) => 1/2
  (exact 3.0) => 3
  (exact +inf.0) fails "E0104 exact expects a finite number as its first argument, found +inf.0")

(exact->inexact
  "The older name of inexact."
  (exact->inexact 1/4) => 0.25)

(inexact->exact
  "The older name of exact."
  (inexact->exact 0.25) => 1/4)

(section "R7RS 6.2.7")

(number->string
  "Without a radix it is 10. In it inexact numbers are written with as few digits as read back the same."
  (number->string 255 16) => "ff"
  (number->string 1/3) => "1/3"
  (number->string 0.1) => "0.1")

(string->number
  "A prefix as #x counts for more than the radix."
  (string->number "100" 16) => 256
  (string->number "1e2") => 100.0
  (string->number "#b101") => 5
  (string->number "ten") => #f)
