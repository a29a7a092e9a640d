; Symbols.

(section "R7RS 6.5")

(symbol?
  (list (symbol? 'foo) (symbol? (car '(a b))) (symbol? "bar") (symbol? '())) => (#t #t #f #f))

(symbol=?
  "Anything but symbols is an error."
  (symbol=? 'a 'a (string->symbol "a")) => #t
  (symbol=? 'a 'b) => #f)

(symbol->string
  (symbol->string 'flying-fish) => "flying-fish"
  (symbol->string 5) fails "E0104 symbol->string expects a symbol as its first argument, found 5")

(string->symbol
  "Letters keep their case; a name that could be read as something else is written between bars."
  (string->symbol "mISSISSIppi") => mISSISSIppi
  (string->symbol "two words") => |two words|
  (eq? 'bitBlt (string->symbol "bitBlt")) => #t)
