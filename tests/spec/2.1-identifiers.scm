; R7RS 2.1: what is an identifier, case, and vertical bars.
(define (names text) (let ((port (open-input-string text))) (let loop ((found '())) (let ((datum (read port))) (if (eof-object? datum) (map (lambda (d) (if (symbol? d) (symbol->string d) (list 'no d))) (reverse found)) (loop (cons datum found)))))))

; Each kind of sign that may begin or go on an identifier.
(names "... + +soup+ <=? ->string a34kTMNs lambda list->vector q V17a") ;=> ("..." "+" "+soup+" "<=?" "->string" "a34kTMNs" "lambda" "list->vector" "q" "V17a")
(names "! $ % & * / : < = > ? ^ _ ~") ;=> ("!" "$" "%" "&" "*" "/" ":" "<" "=" ">" "?" "^" "_" "~")
(names "a! a$ a% a& a* a/ a: a< a= a> a? a^ a_ a~ a+ a- a. a@ a0") ;=> ("a!" "a$" "a%" "a&" "a*" "a/" "a:" "a<" "a=" "a>" "a?" "a^" "a_" "a~" "a+" "a-" "a." "a@" "a0")
(names "- -a -- -@ -> +a ++ +@ +.a -.a") ;=> ("-" "-a" "--" "-@" "->" "+a" "++" "+@" "+.a" "-.a")
(names "+.. -.. +.+ -.- .. .a .+ .- .@ .!") ;=> ("+.." "-.." "+.+" "-.-" ".." ".a" ".+" ".-" ".@" ".!")
(names "+a0 -x9 ..0 +-") ;=> ("+a0" "-x9" "..0" "+-")
(names "+inf -inf +nan inf.0 nan.0 +inf.00x") ;=> ("+inf" "-inf" "+nan" "inf.0" "nan.0" "+inf.00x")
(names "e e1 1+ 1- 1e 1e1e 1.2.3 1/x") ;=> ("e" "e1" "1+" "1-" "1e" "1e1e" "1.2.3" "1/x")
(names "λ été Ärger 猫 ñ_1") ;=> ("λ" "été" "Ärger" "猫" "ñ_1")
(let ((λ 1) (été 2)) (+ λ été)) ;=> 3
(let ((+ *)) (+ 3 4)) ;=> 12
(let ((->x 1) (... 2) (<=? 3)) (list ->x ... <=?)) ;=> (1 2 3)
(let ((.. 4) (+.a 5) (-> 6)) (list .. +.a ->)) ;=> (4 5 6)

; Case is significant.
(eq? 'abc 'ABC) ;=> #f
(let ((x 1) (X 2)) (list x X)) ;=> (1 2)
(symbol->string 'MixedCase) ;=> "MixedCase"
'ABC ;=> ABC
(eq? 'λ 'Λ) ;=> #f

; #!fold-case and #!no-fold-case.
'(#!fold-case ABC Def #!no-fold-case ABC) ;=> (abc def ABC)
#!fold-case
(LIST 'ABC 'Abc 'abc)
#!no-fold-case ;=> (abc abc abc)
#!fold-case
(LET ((Straße 1)) STRASSE)
#!no-fold-case ;=> 1
'(#!fold-case |ABC| |Abc| ABC) ;=> (ABC Abc abc)
'(#!fold-case "ABC" #\A #\ALARM #\X41) ;=> ("ABC" #\A #\alarm #\A)
'(#!fold-case ΣΑΣ ΛΟΓΟΣ) ;=> (σασ λογοσ)
'(#!fold-case #T #F #TRUE #FALSE) ;=> (#t #f #t #f)
'(#!fold-case #E1.0 1E3 #XFF #U8(1)) ;=> (1 1000.0 255 #u8(1))
'(#!fold-case(A)#!no-fold-case(A)) ;=> ((a) (A))
(read (open-input-string "#!fold-case STRASSE")) ;=> strasse
(read (open-input-string "#!fold-case Straße")) ;=> strasse
(read (open-input-string "#!fold-case ΣΑΣ")) ;=> σασ
(read (open-input-string "#!fold-case |ABC|")) ;=> ABC
(read (open-input-string "#!fold-case #!no-fold-case ABC")) ;=> ABC
(let ((port (open-input-string "ABC #!fold-case ABC #!no-fold-case ABC"))) (let* ((a (read port)) (b (read port)) (c (read port))) (list a b c))) ;=> (ABC abc ABC)

; Vertical bars.
(eq? '|abc| 'abc) ;=> #t
(symbol->string '|two words|) ;=> "two words"
(symbol->string '|H\x65;llo|) ;=> "Hello"
(eq? '|H\x65;llo| 'Hello) ;=> #t
(eq? '|\x3BB;| 'λ) ;=> #t
(string-length (symbol->string '|\t\t|)) ;=> 2
(eq? '|\t\t| '|\x9;\x9;|) ;=> #t
(symbol->string '||) ;=> ""
(eq? '|| (string->symbol "")) ;=> #t
(symbol->string '|a\|b|) ;=> "a|b"
(symbol->string '|a"b|) ;=> "a\"b"
(symbol->string '|\a\b\t\n\r|) ;=> "\a\b\t\n\r"
(symbol->string '|a;b #\|c|) ;=> "a;b #|c"
(symbol? '|1|) ;=> #t
(symbol? '|.|) ;=> #t
(symbol->string '|(|) ;=> "("
(let ((|a b| 1) (|1| 2)) (list |a b| |1|)) ;=> (1 2)
(let ((|x| 1)) x) ;=> 1
'(|a b| |c d|) ;=> (|a b| |c d|)
'(|| |1| |.| |#t| |a(|) ;=> (|| |1| |.| |#t| |a(|)
(list (string->symbol "a|b") (string->symbol "A") (string->symbol "+i") (string->symbol "1/2") (string->symbol "-1.5e3")) ;=> (|a\|b| A |+i| |1/2| |-1.5e3|)
(string->symbol "#") ;=> |#|
(string->symbol "a\\b") ;=> |a\\b|
(string->symbol "\x7f;") ;=> |\x7f;|
(string->symbol "new\nline") ;=> |new\nline|

; A token ends at a delimiter.
'(a"b"c) ;=> (a "b" c)
'(a(b)c) ;=> (a (b) c)
'(a;comment
b) ;=> (a b)
(names "a;b") ;=> ("a")
(names "a\tb\nc\rd") ;=> ("a" "b" "c" "d")
