; Strings.

(section "R7RS 6.7")

(string?
  (list (string? "a") (string? #\a) (string? 'a)) => (#t #f #f))

(make-string
  "(make-string length [char])"
  "A new string of so many characters, all the same one; spaces if none is given."
  (make-string 3 #\*) => "***"
  (string-length (make-string 5)) => 5
  (make-string -1) fails "E0106 make-string expects a count from 0 to 4294967296 as its first argument, found -1")

(string
  (string #\a #\λ) => "aλ"
  (string) => ""
  (string "a") fails "E0104 string expects a character as its first argument, found \"a\"")

(string-length
  (string-length "naïve") => 5
  (string-length "") => 0)

(string-ref
  "Indices begin at 0; one that is not below the length is an error."
  (string-ref "abc" 1) => #\b
  (string-ref "abc" 3) fails "E0107 string-ref expects an index below 3, found 3")

(string-set!
  "Strings written in a program are constants, which cannot be changed."
  (let ((s (make-string 3 #\*))) (string-set! s 0 #\?) s) => "?**"
  (string-set! "abc" 0 #\x) fails "E0114 string-set! cannot change a literal string")

(string=?
  "Anything but strings is an error."
  (string=? "ab" "ab" (string #\a #\b)) => #t
  (string=? "ab" "AB") => #f)

(string<?
  "Strings are ordered as words are, by the Unicode scalar values of their characters."
  (string<? "a" "ab" "b") => #t
  (string<? "b" "ab") => #f)

(string>?
  "Strings are ordered as words are, by the Unicode scalar values of their characters."
  (string>? "b" "ab" "a") => #t
  (string>? "a" "a") => #f)

(string<=?
  "Strings are ordered as words are, by the Unicode scalar values of their characters."
  (string<=? "a" "a" "b") => #t
  (string<=? "b" "a") => #f)

(string>=?
  "Strings are ordered as words are, by the Unicode scalar values of their characters."
  (string>=? "b" "a" "a") => #t
  (string>=? "a" "b") => #f)

(string-ci=?
  "Strings are compared as string-foldcase makes them."
  (string-ci=? "Straße" "STRASSE") => #t
  (string-ci=? "a" "b") => #f)

(string-ci<?
  "Strings are compared as string-foldcase makes them."
  (string-ci<? "a" "B") => #t
  (string-ci<? "a" "A") => #f)

(string-ci>?
  "Strings are compared as string-foldcase makes them."
  (string-ci>? "B" "a") => #t)

(string-ci<=?
  "Strings are compared as string-foldcase makes them."
  (string-ci<=? "a" "A" "b") => #t)

(string-ci>=?
  "Strings are compared as string-foldcase makes them."
  (string-ci>=? "b" "A" "a") => #t)

(string-upcase
  "(string-upcase string)"
  "A new string in upper case, by Unicode's full mapping, which can be longer."
  (string-upcase "Hallo") => "HALLO"
  (string-upcase "straße") => "STRASSE")

(string-downcase
  "(string-downcase string)"
  "A new string in lower case, by Unicode's full mapping; a sigma at the end of a word has its own form."
  (string-downcase "Hallo") => "hallo"
  (string-downcase "ΧΑΟΣ") => "χαος")

(string-foldcase
  "(string-foldcase string)"
  "A new string without differences of case, by Unicode's full case folding: what string-ci=? compares."
  (string-foldcase "Straße") => "strasse")

(substring
  "(substring string start [end])"
  "A new string of the characters from start up to before end, or to the last one."
  (substring "abcde" 1 3) => "bc"
  (substring "abcde" 3) => "de"
  (substring "abc" 2 5) fails "E0107 substring expects an index up to 3 from 2 on, found 5")

(string-append
  "(string-append string …)"
  "A new string of the characters of all the strings in order."
  (string-append "foo" "bar" "!") => "foobar!"
  (string-append) => ""
  (string-append "a" 'b) fails "E0104 string-append expects a string as its second argument, found b")

(string->list
  "(string->list string [start end])"
  "A new list of the characters, of those from start up to before end if these are given."
  (string->list "apple") => (#\a #\p #\p #\l #\e)
  (string->list "apple" 3) => (#\l #\e))

(list->string
  "(list->string list)"
  "A new string of the characters in the list."
  (list->string '(#\a #\b)) => "ab"
  (list->string 5) fails "E0104 list->string expects a list as its first argument, found 5")

(string-copy
  "(string-copy string [start end])"
  "A new string of the characters from start, or the first, up to before end, or to the last."
  (string-copy "abcde" 1 4) => "bcd"
  (let* ((a "abc") (b (string-copy a))) (string-set! b 0 #\x) (list a b)) => ("abc" "xbc"))

(string-copy!
  "(string-copy! to at from [start end])"
  "Copies the characters of from, from start up to before end, into to, beginning at its index at. The two may be one string, whose parts may overlap. Too little room is an error."
  (let ((s (string-copy "12345"))) (string-copy! s 1 "abcde" 0 2) s) => "1ab45"
  (string-copy! (make-string 2) 1 "abc") fails "E0107 string-copy! has room for 1 elements, found 3")

(string-fill!
  "(string-fill! string char [start end])"
  "Stores the character at every index from start up to before end."
  (let ((s (string-copy "12345"))) (string-fill! s #\- 1 3) s) => "1--45")
