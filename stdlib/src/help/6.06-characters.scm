; Characters.

(section "R7RS 6.6")

(char?
  (list (char? #\a) (char? "a") (char? #\newline)) => (#t #f #t))

(char=?
  (char=? #\a #\a #\a) => #t
  (char=? #\a #\b) => #f
  (char=? #\a "a") fails "E0104 char=? expects a character as its second argument, found \"a\"")

(char<?
  "Characters are ordered by their Unicode scalar values."
  (char<? #\a #\b #\c) => #t
  (char<? #\a #\B) => #f)

(char>?
  "Characters are ordered by their Unicode scalar values."
  (char>? #\c #\b #\a) => #t
  (char>? #\a #\a) => #f)

(char<=?
  "Characters are ordered by their Unicode scalar values."
  (char<=? #\a #\a #\b) => #t
  (char<=? #\b #\a) => #f)

(char>=?
  "Characters are ordered by their Unicode scalar values."
  (char>=? #\b #\a #\a) => #t
  (char>=? #\a #\b) => #f)

(char-ci=?
  "Characters are compared as char-foldcase makes them."
  (char-ci=? #\a #\A) => #t
  (char-ci=? #\σ #\ς) => #t)

(char-ci<?
  "Characters are compared as char-foldcase makes them."
  (char-ci<? #\a #\B) => #t
  (char-ci<? #\a #\A) => #f)

(char-ci>?
  "Characters are compared as char-foldcase makes them."
  (char-ci>? #\B #\a) => #t)

(char-ci<=?
  "Characters are compared as char-foldcase makes them."
  (char-ci<=? #\a #\A #\b) => #t)

(char-ci>=?
  "Characters are compared as char-foldcase makes them."
  (char-ci>=? #\b #\A #\a) => #t)

(char-alphabetic?
  (map char-alphabetic? '(#\a #\λ #\5 #\space)) => (#t #t #f #f))

(char-numeric?
  (map char-numeric? '(#\5 #\٣ #\a)) => (#t #t #f))

(char-whitespace?
  (map char-whitespace? '(#\space #\newline #\a)) => (#t #t #f))

(char-upper-case?
  (map char-upper-case? '(#\A #\a #\5)) => (#t #f #f))

(char-lower-case?
  (map char-lower-case? '(#\A #\a #\5)) => (#f #t #f))

(digit-value
  (map digit-value '(#\3 #\٤ #\a)) => (3 4 #f))

(char->integer
  (char->integer #\A) => 65
  (char->integer #\λ) => 955)

(integer->char
  "The numbers are 0 to #xD7FF and #xE000 to #x10FFFF; any other is an error."
  (integer->char 955) => #\λ
  (integer->char #xD800) fails "E0106 integer->char expects a Unicode scalar value, found 55296")

(char-upcase
  "A character without one stays as it is."
  (char-upcase #\i) => #\I
  (char-upcase #\ß) => #\ß)

(char-downcase
  "A character without one stays as it is."
  (char-downcase #\I) => #\i
  (char-downcase #\5) => #\5)

(char-foldcase
  (char-foldcase #\A) => #\a
  (char-foldcase #\Σ) => #\σ)
