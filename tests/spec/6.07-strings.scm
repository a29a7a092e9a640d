; R7RS 6.7: strings.
; Escapes.
(string-length "\a\b\t\n\r\"\\\|") ;=> 8
(map char->integer (string->list "\a\b\t\n\r\"\\\|")) ;=> (7 8 9 10 13 34 92 124)
(string->list "\x41;\x3bb;\x0;") ;=> (#\A #\λ #\null)
(string->list "\X41;") ;=> (#\A)
(string-length "\x1F600;") ;=> 1
"one\
   two" ;=> "onetwo"
"one\   
   two" ;=> "onetwo"
"one \
two\
	three" ;=> "one twothree"
"a\

b" ;=> "a\nb"
"two
lines" ;=> "two\nlines"
(string-length "a
b") ;=> 3
"The word \"recursion\" has many meanings." ;=> "The word \"recursion\" has many meanings."
(string-length "\x03bb; is lambda") ;=> 11
"" ;=> ""
(read (open-input-string "\"a\\\n   b\"")) ;=> "ab"
(read (open-input-string "\"a\\  \n   b\"")) ;=> "ab"
(read (open-input-string "\"a\\\r\n  b\"")) ;=> "ab"
(read (open-input-string "\"a\\\r  b\"")) ;=> "ab"
(read (open-input-string "\"a\rb\r\nc\nd\"")) ;=> "a\nb\nc\nd"
(read (open-input-string "\"\\x41;\\x3bb;\"")) ;=> "Aλ"
(map (lambda (text) (guard (e ((read-error? e) 'read-error)) (read (open-input-string text)))) '("\"\\q\"" "\"\\x\"" "\"\\x;\"" "\"\\xzz;\"" "\"\\xd800;\"" "\"\\x110000;\"" "\"\\ x\"" "\"abc" "\"abc\\" "\"\\x41")) ;=> (read-error read-error read-error read-error read-error read-error read-error read-error read-error read-error)

; Making and taking apart.
(string? "a") ;=> #t
(string? 'a) ;=> #f
(string? #\a) ;=> #f
(string? "") ;=> #t
(make-string 3 #\x) ;=> "xxx"
(string-length (make-string 4)) ;=> 4
(make-string 0 #\x) ;=> ""
(make-string 2 #\λ) ;=> "λλ"
(string) ;=> ""
(string #\a #\b #\c) ;=> "abc"
(string #\λ) ;=> "λ"
(string-length "abc") ;=> 3
(string-length "") ;=> 0
(string-length "λμν") ;=> 3
(string-length "😀") ;=> 1
(string-ref "abc" 0) ;=> #\a
(string-ref "abc" 2) ;=> #\c
(string-ref "aλb" 1) ;=> #\λ
(string-ref "aλb" 2) ;=> #\b
(guard (e (#t 'error)) (string-ref "abc" 3)) ;=> error
(guard (e (#t 'error)) (string-ref "abc" -1)) ;=> error
(guard (e (#t 'error)) (string-ref "abc" 1.0)) ;=> error
(guard (e (#t 'error)) (string-ref "" 0)) ;=> error
(let ((s (make-string 3 #\*))) (string-set! s 0 #\?) s) ;=> "?**"
(let ((s (string-copy "abc"))) (string-set! s 1 #\λ) s) ;=> "aλc"
(let ((s (string-copy "aλc"))) (string-set! s 1 #\b) (list s (string=? s "abc"))) ;=> ("abc" #t)
(let ((s (string #\a))) (string-set! s 0 #\😀) (string-length s)) ;=> 1
(guard (e ((error-object? e) 'literal)) (string-set! "abc" 0 #\x)) ;=> literal
(guard (e ((error-object? e) 'literal)) (string-set! (symbol->string 'immutable) 0 #\x) 'may-be-changed) ;=> may-be-changed
(guard (e (#t 'error)) (string-set! (make-string 1 #\a) 1 #\x)) ;=> error
(guard (e (#t 'error)) (string-set! (make-string 1 #\a) 0 "x")) ;=> error
(guard (e (#t 'error)) (make-string -1 #\a)) ;=> error
(guard (e (#t 'error)) (make-string 2 "a")) ;=> error
(guard (e (#t 'error)) (string #\a "b")) ;=> error

; Comparing.
(string=? "abc" "abc") ;=> #t
(string=? "abc" "abd") ;=> #f
(string=? "abc" "ABC") ;=> #f
(string=? "a" "a" "a") ;=> #t
(string=? "a" "a" "b") ;=> #f
(string=? "" "") ;=> #t
(string=? "abc" "ab") ;=> #f
(string<? "abc" "abd") ;=> #t
(string<? "abc" "abc") ;=> #f
(string<? "ab" "abc") ;=> #t
(string<? "abc" "ab") ;=> #f
(string<? "" "a") ;=> #t
(string<? "a" "b" "c") ;=> #t
(string<? "a" "c" "b") ;=> #f
(string<? "Z" "a") ;=> #t
(string<? "z" "λ") ;=> #t
(string<? "\xffff;" "\x10000;") ;=> #t
(string>? "b" "a") ;=> #t
(string>? "abc" "ab") ;=> #t
(string>? "c" "b" "a") ;=> #t
(string>? "a" "a") ;=> #f
(string<=? "a" "a" "b") ;=> #t
(string<=? "b" "a") ;=> #f
(string>=? "b" "b" "a") ;=> #t
(string>=? "a" "b") ;=> #f
(guard (e (#t 'wrong-type)) (string=? "a" 'a)) ;=> wrong-type
(guard (e (#t 'wrong-type)) (string=? "a" "b" 5)) ;=> wrong-type
(string-ci=? "abc" "ABC") ;=> #t
(string-ci=? "abc" "ABD") ;=> #f
(string-ci=? "a" "A" "a") ;=> #t
(string-ci=? "Straße" "STRASSE") ;=> #t
(string-ci=? "Straße" "Strasse") ;=> #t
(string-ci=? "STRAẞE" "strasse") ;=> #t
(string-ci=? "ΧΑΟΣ" "χαος") ;=> #t
(string-ci=? "ΧΑΟΣ" "χαοσ") ;=> #t
(string-ci=? "ﬀ" "FF") ;=> #t
(string-ci=? "ŉ" "ʼN") ;=> #t
(string-ci=? "Σ" "ς") ;=> #t
(string-ci=? "I" "ı") ;=> #f
(string-ci=? "İ" "i̇") ;=> #t
(string-ci=? "ss" "s") ;=> #f
(string-ci<? "a" "B") ;=> #t
(string-ci<? "A" "b" "C") ;=> #t
(string-ci<? "abc" "ABC") ;=> #f
(string-ci<? "Strasse" "straßf") ;=> #t
(string-ci>? "B" "a") ;=> #t
(string-ci<=? "a" "A") ;=> #t
(string-ci<=? "ß" "SS" "st") ;=> #t
(string-ci>=? "A" "a") ;=> #t
(string-ci>=? "a" "B") ;=> #f

; Case.
(string-upcase "abc") ;=> "ABC"
(string-upcase "Straße") ;=> "STRASSE"
(string-upcase "straße") ;=> "STRASSE"
(string-upcase "ﬀi") ;=> "FFI"
(string-upcase "ŉ") ;=> "ʼN"
(string-upcase "ǰ") ;=> "J̌"
(map char->integer (string->list (string-upcase "\x390;"))) ;=> (921 776 769)
(string-upcase "ᾳ") ;=> "ΑΙ"
(string-upcase "λόγος") ;=> "ΛΌΓΟΣ"
(string-upcase "ıi") ;=> "II"
(string-upcase "ÿ") ;=> "Ÿ"
(string-upcase "և") ;=> "ԵՒ"
(string-upcase "") ;=> ""
(string-upcase "123 !") ;=> "123 !"
(string-downcase "ABC") ;=> "abc"
(string-downcase "ΧΑΟΣ") ;=> "χαος"
(string-downcase "ΧΑΟΣΣ") ;=> "χαοσς"
(string-downcase "ΧΑΟΣ Σ") ;=> "χαος σ"
(string-downcase "Σ") ;=> "σ"
(string-downcase "ΑΣ.") ;=> "ας."
(string-downcase "ΑΣ.Α") ;=> "ασ.α"
(string-downcase "ΑΣ Α") ;=> "ας α"
(string-downcase "1Σ") ;=> "1σ"
(string-downcase "ΣΣ") ;=> "σς"
(string-downcase "ΑΣ'") ;=> "ας'"
(string-downcase "Α'Σ") ;=> "α'ς"
(string-downcase "İ") ;=> "i̇"
(string-downcase "STRASSE") ;=> "strasse"
(string-downcase "ẞ") ;=> "ß"
(string-downcase "Ǆ") ;=> "ǆ"
(string-foldcase "ABC") ;=> "abc"
(string-foldcase "Straße") ;=> "strasse"
(string-foldcase "ΧΑΟΣ") ;=> "χαοσ"
(string-foldcase "χαος") ;=> "χαοσ"
(string-foldcase "ﬁ") ;=> "fi"
(string-foldcase "İ") ;=> "i̇"
(string-foldcase "ı") ;=> "ı"
(string-foldcase "ẞ") ;=> "ss"
(string-foldcase "ᾳ") ;=> "αι"
(string-foldcase "ꭰ") ;=> "Ꭰ"
(string-foldcase "ſ") ;=> "s"
(let ((s "ΧΑΟΣ")) (string=? (string-foldcase s) (string-foldcase (string-downcase s)) (string-foldcase (string-upcase s)))) ;=> #t
(let* ((s "abc") (u (string-upcase s))) (list s u)) ;=> ("abc" "ABC")
(guard (e (#t 'wrong-type)) (string-upcase 'a)) ;=> wrong-type
; Long texts are converted in pieces: what is around a sigma counts across them.
(let ((s (string-downcase (string-append (make-string 16383 #\Α) "ΣΑ")))) (string-ref s 16383)) ;=> #\σ
(let ((s (string-downcase (string-append (make-string 16384 #\Α) "Σ")))) (string-ref s 16384)) ;=> #\ς
(let ((s (string-downcase (string-append (make-string 16383 #\Α) "Σ.")))) (string-ref s 16383)) ;=> #\ς
(let ((s (string-downcase (string-append (make-string 16383 #\Α) "Σ" (make-string 20000 #\.) "Α")))) (string-ref s 16383)) ;=> #\σ
(let ((s (string-downcase (string-append "Α" (make-string 40000 #\.) "Σ")))) (string-ref s 40001)) ;=> #\ς
(string-length (string-upcase (make-string 20000 #\ß))) ;=> 40000
(string-length (string-foldcase (make-string 20000 #\ẞ))) ;=> 40000

; Parts and copies.
(substring "abcde" 1 3) ;=> "bc"
(substring "abc" 0 3) ;=> "abc"
(substring "abc" 3 3) ;=> ""
(substring "aλbμ" 1 4) ;=> "λbμ"
(guard (e (#t 'error)) (substring "abc" 2 1)) ;=> error
(guard (e (#t 'error)) (substring "abc" 0 4)) ;=> error
(string-append) ;=> ""
(string-append "abc") ;=> "abc"
(string-append "abc" "" "def") ;=> "abcdef"
(string-append "a" "λ") ;=> "aλ"
(let* ((s (string #\a)) (t (string-append s))) (eq? s t)) ;=> #f
(guard (e (#t 'wrong-type)) (string-append "a" 'b)) ;=> wrong-type
(string-copy "hello") ;=> "hello"
(string-copy "hello" 1) ;=> "ello"
(string-copy "hello" 1 3) ;=> "el"
(string-copy "hello" 5) ;=> ""
(let* ((s (string #\a)) (t (string-copy s))) (string-set! t 0 #\b) (list s t)) ;=> ("a" "b")
(guard (e (#t 'error)) (string-copy "hello" 6)) ;=> error
(guard (e (#t 'error)) (string-copy "hello" 3 2)) ;=> error
(let ((a "12345") (b (string-copy "abcde"))) (string-copy! b 1 a 0 2) b) ;=> "a12de"
(let ((b (string-copy "abcde"))) (string-copy! b 0 "xyz") b) ;=> "xyzde"
(let ((b (string-copy "abcde"))) (string-copy! b 2 "xyz" 1) b) ;=> "abyze"
(let ((b (string-copy "abcde"))) (string-copy! b 1 b 0 3) b) ;=> "aabce"
(let ((b (string-copy "abcde"))) (string-copy! b 0 b 2) b) ;=> "cdede"
(let ((b (string-copy "abcde"))) (string-copy! b 5 "") b) ;=> "abcde"
(let ((b (string-copy "abc"))) (string-copy! b 1 "λμ") b) ;=> "aλμ"
(guard (e (#t 'error)) (string-copy! (string-copy "abc") 2 "xy")) ;=> error
(guard (e (#t 'error)) (string-copy! (string-copy "abc") 4 "")) ;=> error
(guard (e (#t 'error)) (string-copy! (string-copy "abc") 0 "abcd" 3 2)) ;=> error
(let ((s (make-string 4 #\a))) (string-fill! s #\b) s) ;=> "bbbb"
(let ((s (string-copy "abcde"))) (string-fill! s #\x 1) s) ;=> "axxxx"
(let ((s (string-copy "abcde"))) (string-fill! s #\x 1 3) s) ;=> "axxde"
(let ((s (string-copy "abc"))) (string-fill! s #\λ 1 2) s) ;=> "aλc"
(guard (e (#t 'error)) (string-fill! (string-copy "abc") #\x 4)) ;=> error
(guard (e (#t 'error)) (string-fill! (string-copy "abc") #\x 2 1)) ;=> error

; Lists and strings.
(string->list "apple") ;=> (#\a #\p #\p #\l #\e)
(string->list "apple" 2) ;=> (#\p #\l #\e)
(string->list "apple" 1 3) ;=> (#\p #\p)
(string->list "") ;=> ()
(string->list "aλ") ;=> (#\a #\λ)
(guard (e (#t 'error)) (string->list "abc" 4)) ;=> error
(list->string '(#\a #\b)) ;=> "ab"
(list->string '()) ;=> ""
(list->string (string->list "λx")) ;=> "λx"
(guard (e (#t 'error)) (list->string '(#\a "b"))) ;=> error
(guard (e (#t 'error)) (list->string '(#\a . #\b))) ;=> error
