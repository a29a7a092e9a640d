; Strings and symbols beyond R7RS.

(section "SRFI 13")

(string-null?
  "(string-null? string)"
  "Has it no characters?"
  (list (string-null? "") (string-null? "a")) => (#t #f))

(string-index
  "(string-index string wanted [start end])"
  "The index of the first character that is wanted, a character or what a predicate says of it, from start up to before end; #f if there is none."
  (string-index "hello" #\l) => 2
  (string-index "ab1c" char-numeric?) => 2
  (string-index "hello" #\x) => #f)

(string-rindex
  "(string-rindex string wanted)"
  "The index of the last character that is wanted, a character or what a predicate says of it; #f if there is none."
  (string-rindex "hello" #\l) => 3)

(string-contains
  "(string-contains string pattern)"
  "The index at which the pattern first begins in the string; #f if it does nowhere."
  (string-contains "eek, a pattern" "a pat") => 5
  (string-contains "abc" "x") => #f)

(string-prefix?
  "(string-prefix? prefix string)"
  "Does the string begin with the prefix?"
  (list (string-prefix? "ab" "abc") (string-prefix? "b" "abc")) => (#t #f))

(string-suffix?
  "(string-suffix? suffix string)"
  "Does the string end with the suffix?"
  (list (string-suffix? "bc" "abc") (string-suffix? "b" "abc")) => (#t #f))

(string-join
  "(string-join strings [delimiter])"
  "The strings of a list in one, with the delimiter, or a space, between them."
  (string-join '("a" "b" "c") ", ") => "a, b, c"
  (string-join '("a" "b")) => "a b")

(string-reverse
  "(string-reverse string)"
  "A new string of the characters in the opposite order."
  (string-reverse "abc") => "cba")

(string-count
  "(string-count string wanted [start end])"
  "The number of characters that are wanted, a character or what a predicate says of it, from start up to before end."
  (string-count "banana" #\a) => 3)

(section "pscheme")

(string-head
  "(string-head string end)"
  "A new string of the first end characters."
  (string-head "abcde" 2) => "ab")

(string-tail
  "(string-tail string start)"
  "A new string of the characters from index start on."
  (string-tail "abcde" 2) => "cde")

(string-search-forward
  "(string-search-forward pattern string [start])"
  "The index, from start on, at which the pattern first begins in the string; #f if it does nowhere."
  (string-search-forward "a" "banana" 2) => 3
  (string-search-forward "x" "banana") => #f)

(string-split
  "(string-split string delimiter)"
  "A list of the parts of a string between the characters that are the delimiter, a character or what a predicate says of it."
  (string-split "a,b,,c" #\,) => ("a" "b" "" "c")
  (string-split "one two" char-whitespace?) => ("one" "two"))

(string-pad-left
  "(string-pad-left string length [char])"
  "A string of this length: filled up in front with the character, or spaces, or without its first characters if it is longer."
  (string-pad-left "7" 3) => "  7"
  (string-pad-left "7" 3 #\0) => "007"
  (string-pad-left "12345" 3) => "345")

(string-pad-right
  "(string-pad-right string length [char])"
  "A string of this length: filled up behind with the character, or spaces, or without its last characters if it is longer."
  (string-pad-right "ab" 4 #\.) => "ab.."
  (string-pad-right "abcde" 3) => "abc")

(string-trim
  "(string-trim string)"
  "A new string without the white space at its beginning and its end."
  (string-trim "  a b\n") => "a b")

(string-trim-left
  "(string-trim-left string)"
  "A new string without the white space at its beginning."
  (string-trim-left "  a ") => "a ")

(string-trim-right
  "(string-trim-right string)"
  "A new string without the white space at its end."
  (string-trim-right " a  ") => " a")

(symbol<?
  "Names are ordered as string<? does."
  (symbol<? 'a 'b 'c) => #t
  (symbol<? 'b 'a) => #f)

(intern
  "The same as string->symbol."
  (intern "abc") => abc)

(call-with-output-string
  "(call-with-output-string procedure)"
  "Calls the procedure with a port of open-output-string and gives the text that was written to it."
  (call-with-output-string (lambda (port) (write '(1 "b") port))) => "(1 \"b\")")

(with-output-to-string
  "(with-output-to-string [thunk])"
  "Calls the thunk while current-output-port keeps what is written, and gives that text."
  (with-output-to-string (lambda () (display "abc"))) => "abc")

(with-input-from-string
  "(with-input-from-string string thunk)"
  "Calls the thunk while current-input-port reads the string, and gives its value."
  (with-input-from-string "1 2" (lambda () (+ (read) (read)))) => 3)

(write-line
  "(write-line value [port])"
  "Writes a datum as write does, and the end of a line."
  (write-line '(1 "b")) shows "(1 \"b\")\n")

(flush-output
  "(flush-output [port])"
  "The same as flush-output-port."
  (begin (display "now") (flush-output)) shows "now")
