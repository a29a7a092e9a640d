; R7RS 6.5: symbols.
(symbol? 'foo) ;=> #t
(symbol? (car '(a b))) ;=> #t
(symbol? "bar") ;=> #f
(symbol? 'nil) ;=> #t
(symbol? '()) ;=> #f
(symbol? #f) ;=> #f
(symbol? '||) ;=> #t
(symbol? #\a) ;=> #f
(symbol? 1) ;=> #f
(symbol=? 'a 'a) ;=> #t
(symbol=? 'a 'b) ;=> #f
(symbol=? 'a 'a 'a) ;=> #t
(symbol=? 'a 'a 'b) ;=> #f
(symbol=? 'a (string->symbol "a") 'a) ;=> #t
(guard (e (#t 'wrong-type)) (symbol=? 'a 5)) ;=> wrong-type
(guard (e (#t 'wrong-type)) (symbol=? 'a 'b 5)) ;=> wrong-type
(symbol->string 'flying-fish) ;=> "flying-fish"
(symbol->string 'Martin) ;=> "Martin"
(symbol->string (string->symbol "Malvina")) ;=> "Malvina"
(symbol->string 'λ) ;=> "λ"
(guard (e (#t 'wrong-type)) (symbol->string "a")) ;=> wrong-type
(string->symbol "mISSISSIppi") ;=> mISSISSIppi
(eqv? 'bitBlt (string->symbol "bitBlt")) ;=> #t
(eqv? 'LollyPop (string->symbol (symbol->string 'LollyPop))) ;=> #t
(string=? "K. Harper, M.D." (symbol->string (string->symbol "K. Harper, M.D."))) ;=> #t
(string->symbol "two words") ;=> |two words|
(string->symbol "") ;=> ||
(string->symbol "1") ;=> |1|
(string->symbol "|") ;=> |\||
(eq? (string->symbol "a") (string->symbol (string #\a))) ;=> #t
(let* ((s (string #\a #\b)) (y (string->symbol s))) (string-set! s 0 #\x) y) ;=> ab
(guard (e (#t 'wrong-type)) (string->symbol 'a)) ;=> wrong-type
(map symbol->string '(a B |c d|)) ;=> ("a" "B" "c d")
