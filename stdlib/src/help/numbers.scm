; Numbers beyond R7RS. Integers count as two's complement with endless signs.

(section "SRFI 60")

(bitwise-and
  "Without numbers it is -1."
  (bitwise-and 12 10) => 8
  (bitwise-and) => -1)

(bitwise-xor
  "Without numbers it is 0."
  (bitwise-xor 12 10) => 6)

(bitwise-not
  (bitwise-not 5) => -6)

(arithmetic-shift
  (arithmetic-shift 5 3) => 40
  (arithmetic-shift -5 -1) => -3)

(bit-count
  (bit-count 7) => 3)

(integer-length
  (integer-length 255) => 8
  (integer-length -256) => 8)

(section "pscheme")

(bitwise-or
  "Without numbers it is 0."
  (bitwise-or 12 10) => 14)

(shift-left
  (shift-left 5 3) => 40)

(shift-right
  (shift-right 40 3) => 5)

(1+ (1+ 5) => 6)

(-1+ (-1+ 5) => 4)

(cube
  "(cube x)"
  "The third power."
  (cube 3) => 27)

(exact-rational?
  (list (exact-rational? 1/2) (exact-rational? 0.5)) => (#t #f))

(exact-nonnegative-integer?
  (list (exact-nonnegative-integer? 0) (exact-nonnegative-integer? -1)) => (#t #f))

(floor->exact
  "(floor->exact x)"
  "The greatest integer that is not above, exact."
  (floor->exact 2.5) => 2)

(ceiling->exact
  "(ceiling->exact x)"
  "The least integer that is not below, exact."
  (ceiling->exact 2.5) => 3)

(round->exact
  "(round->exact x)"
  "The nearest integer, the even one of two, exact."
  (round->exact 2.5) => 2)

(truncate->exact
  "(truncate->exact x)"
  "The integer part, exact."
  (truncate->exact -2.5) => -2)

(random
  "What is no number above 0 is an error."
  (let ((n (random 10))) (and (exact-integer? n) (<= 0 n 9))) => #t
  (< 0.0 (+ 0.1 (random 1.0)) 1.1) => #t
  (random 0) fails "E0104 random expects a number above 0 as its first argument, found 0")
