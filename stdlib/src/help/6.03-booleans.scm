; Booleans.

(section "R7RS 6.3")

(not
  (list (not #f) (not 0) (not '())) => (#t #f #f))

(boolean?
  (list (boolean? #f) (boolean? 0) (boolean? '())) => (#t #f #f))

(boolean=?
  "Anything but booleans is an error."
  (boolean=? #t #t #t) => #t
  (boolean=? #t #f) => #f
  (boolean=? #t 1) fails "E0104 boolean=? expects a boolean as its second argument, found 1")
