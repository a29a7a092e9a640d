; R7RS 6.6: characters. Facts of Unicode: the Unicode Character Database.
(list #\a #\A #\( #\space) ;=> (#\a #\A #\( #\space)
(map char->integer '(#\alarm #\backspace #\delete #\escape #\newline #\null #\return #\space #\tab)) ;=> (7 8 127 27 10 0 13 32 9)
(map integer->char '(7 8 127 27 10 0 13 32 9)) ;=> (#\alarm #\backspace #\delete #\escape #\newline #\null #\return #\space #\tab)
(char->integer #\x03BB) ;=> 955
(char->integer #\x) ;=> 120
(char->integer #\X) ;=> 88
(char->integer #\x0) ;=> 0
(char->integer #\x10ffff) ;=> 1114111
(char->integer #\xD7FF) ;=> 55295
(char->integer #\xe000) ;=> 57344
(eqv? #\x41 #\A) ;=> #t
(list #\' #\" #\; #\| #\# #\\ #\, #\` #\. #\@) ;=> (#\' #\" #\; #\| #\# #\\ #\, #\` #\. #\@)
'(#\a) ;=> (#\a)
'(#\() ;=> (#\()
'(#\)) ;=> (#\))
'(#\a"b") ;=> (#\a "b")
'(#\a(b)) ;=> (#\a (b))
'(#\ ) ;=> (#\space)
(char? #\a) ;=> #t
(char? "a") ;=> #f
(char? 97) ;=> #f
(char? 'a) ;=> #f
(char=? #\a #\a) ;=> #t
(char=? #\a #\b) ;=> #f
(char=? #\a #\A) ;=> #f
(char=? #\a #\a #\a) ;=> #t
(char=? #\a #\a #\b) ;=> #f
(char<? #\a #\b) ;=> #t
(char<? #\b #\a) ;=> #f
(char<? #\a #\a) ;=> #f
(char<? #\a #\b #\c) ;=> #t
(char<? #\a #\c #\b) ;=> #f
(char<? #\Z #\a) ;=> #t
(char<? #\z #\λ) ;=> #t
(char>? #\c #\b #\a) ;=> #t
(char>? #\b #\b) ;=> #f
(char<=? #\a #\a #\b) ;=> #t
(char<=? #\b #\a) ;=> #f
(char>=? #\b #\b #\a) ;=> #t
(char>=? #\a #\b) ;=> #f
(guard (e (#t 'wrong-type)) (char<? #\a 98)) ;=> wrong-type
(guard (e (#t 'wrong-type)) (char=? #\a #\b 5)) ;=> wrong-type
(char-ci=? #\a #\A) ;=> #t
(char-ci=? #\a #\A #\a) ;=> #t
(char-ci=? #\a #\b) ;=> #f
(char-ci=? #\ß #\ẞ) ;=> #t
(char-ci=? #\σ #\ς) ;=> #t
(char-ci=? #\Σ #\ς) ;=> #t
(char-ci=? #\k #\x212a) ;=> #t
(char-ci=? #\å #\x212b) ;=> #t
(char-ci=? #\x3b9 #\x345) ;=> #t
(char-ci=? #\i #\x131) ;=> #f
(char-ci<? #\a #\B) ;=> #t
(char-ci<? #\A #\b #\C) ;=> #t
(char-ci>? #\B #\a) ;=> #t
(char-ci<=? #\a #\A #\b) ;=> #t
(char-ci>=? #\b #\B #\a) ;=> #t
(char-alphabetic? #\a) ;=> #t
(char-alphabetic? #\A) ;=> #t
(char-alphabetic? #\λ) ;=> #t
(char-alphabetic? #\猫) ;=> #t
(char-alphabetic? #\1) ;=> #f
(char-alphabetic? #\space) ;=> #f
(char-alphabetic? #\_) ;=> #f
(char-alphabetic? #\x2160) ;=> #t
(char-alphabetic? #\xaa) ;=> #t
(char-alphabetic? #\x345) ;=> #t
(char-alphabetic? #\x301) ;=> #f
(char-numeric? #\0) ;=> #t
(char-numeric? #\9) ;=> #t
(char-numeric? #\a) ;=> #f
(char-numeric? #\x0664) ;=> #t
(char-numeric? #\x0AE6) ;=> #t
(char-numeric? #\x0EA6) ;=> #f
(char-numeric? #\xb2) ;=> #f
(char-numeric? #\x2160) ;=> #f
(char-numeric? #\xbd) ;=> #f
(char-numeric? #\x2460) ;=> #f
(char-numeric? #\一) ;=> #f
(map char-whitespace? '(#\space #\newline #\tab #\return #\xa #\xb #\xc)) ;=> (#t #t #t #t #t #t #t)
(char-whitespace? #\xa0) ;=> #t
(char-whitespace? #\x1680) ;=> #t
(char-whitespace? #\x2003) ;=> #t
(char-whitespace? #\x2028) ;=> #t
(char-whitespace? #\x3000) ;=> #t
(char-whitespace? #\x85) ;=> #t
(char-whitespace? #\x200b) ;=> #f
(char-whitespace? #\xfeff) ;=> #f
(char-whitespace? #\a) ;=> #f
(char-whitespace? #\_) ;=> #f
(char-upper-case? #\A) ;=> #t
(char-upper-case? #\a) ;=> #f
(char-upper-case? #\Σ) ;=> #t
(char-upper-case? #\3) ;=> #f
(char-upper-case? #\x1c5) ;=> #f
(char-upper-case? #\x2160) ;=> #t
(char-upper-case? #\x24b6) ;=> #t
(char-lower-case? #\a) ;=> #t
(char-lower-case? #\A) ;=> #f
(char-lower-case? #\ß) ;=> #t
(char-lower-case? #\ς) ;=> #t
(char-lower-case? #\xaa) ;=> #t
(char-lower-case? #\x1c5) ;=> #f
(char-lower-case? #\x345) ;=> #t
(char-lower-case? #\x2170) ;=> #t
(char-lower-case? #\猫) ;=> #f
(digit-value #\3) ;=> 3
(digit-value #\0) ;=> 0
(digit-value #\9) ;=> 9
(digit-value #\x0664) ;=> 4
(digit-value #\x0AE6) ;=> 0
(digit-value #\x0EA6) ;=> #f
(digit-value #\x0966) ;=> 0
(digit-value #\xff19) ;=> 9
(digit-value #\x1d7ce) ;=> 0
(digit-value #\x1d7d7) ;=> 9
(digit-value #\x1d7d8) ;=> 0
(digit-value #\x1d7ff) ;=> 9
(digit-value #\x11de5) ;=> 5
(digit-value #\x1fbf9) ;=> 9
(digit-value #\a) ;=> #f
(digit-value #\xb2) ;=> #f
(digit-value #\x2460) ;=> #f
(digit-value #\一) ;=> #f
(guard (e (#t 'wrong-type)) (digit-value 5)) ;=> wrong-type
(char-upcase #\a) ;=> #\A
(char-upcase #\A) ;=> #\A
(char-upcase #\1) ;=> #\1
(char-upcase #\ß) ;=> #\ß
(char-upcase #\ÿ) ;=> #\Ÿ
(char-upcase #\λ) ;=> #\Λ
(char-upcase #\ς) ;=> #\Σ
(char-upcase #\ı) ;=> #\I
(char-upcase #\x1c6) ;=> #\Ǆ
(char-upcase #\x1c5) ;=> #\Ǆ
(char-upcase #\xfb00) ;=> #\ﬀ
(char-upcase #\x149) ;=> #\ŉ
(char-upcase #\x1f80) ;=> #\ᾈ
(char-upcase #\xb5) ;=> #\Μ
(char-upcase #\x10428) ;=> #\𐐀
(char-downcase #\A) ;=> #\a
(char-downcase #\a) ;=> #\a
(char-downcase #\Λ) ;=> #\λ
(char-downcase #\Σ) ;=> #\σ
(char-downcase #\İ) ;=> #\i
(char-downcase #\ẞ) ;=> #\ß
(char-downcase #\x1c4) ;=> #\ǆ
(char-downcase #\x1f88) ;=> #\ᾀ
(char-downcase #\x212a) ;=> #\k
(char-downcase #\x10400) ;=> #\𐐨
(char-foldcase #\A) ;=> #\a
(char-foldcase #\a) ;=> #\a
(char-foldcase #\Σ) ;=> #\σ
(char-foldcase #\ς) ;=> #\σ
(char-foldcase #\ß) ;=> #\ß
(char-foldcase #\ẞ) ;=> #\ß
(char-foldcase #\x17f) ;=> #\s
(char-foldcase #\xb5) ;=> #\μ
(char-foldcase #\İ) ;=> #\İ
(char-foldcase #\ı) ;=> #\ı
(char-foldcase #\x13a0) ;=> #\Ꭰ
(char-foldcase #\xab70) ;=> #\Ꭰ
(char-foldcase #\x1e9b) ;=> #\ṡ
(char-foldcase #\x1f88) ;=> #\ᾀ
(integer->char 65) ;=> #\A
(integer->char 955) ;=> #\λ
(char->integer (integer->char 1114111)) ;=> 1114111
(guard (e (#t 'no-character)) (integer->char 55296)) ;=> no-character
(guard (e (#t 'no-character)) (integer->char 57343)) ;=> no-character
(guard (e (#t 'no-character)) (integer->char 1114112)) ;=> no-character
(guard (e (#t 'no-character)) (integer->char -1)) ;=> no-character
(guard (e (#t 'wrong-type)) (integer->char #\a)) ;=> wrong-type
(let loop ((n 0)) (cond ((> n 55000) 'all) ((= n (char->integer (integer->char n))) (loop (+ n 111))) (else n))) ;=> all
