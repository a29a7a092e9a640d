; R7RS 6.2: exact integers and flonums. Ratios and complex numbers have their cases in
; stdlib/tests/cases/numbers.scm.
(map number? '(1 -1 1.5 +inf.0 +nan.0 a "1" #\1)) ;=> (#t #t #t #t #t #f #f #f)
(map integer? '(1 1.0 1.5 +inf.0 +nan.0 100000000000000000000)) ;=> (#t #t #f #f #f #t)
(map rational? '(1 1.5 +inf.0 -inf.0 +nan.0)) ;=> (#t #t #f #f #f)
(map real? '(1 1.5 +inf.0 +nan.0)) ;=> (#t #t #t #t)
(map complex? '(1 1.5 +inf.0)) ;=> (#t #t #t)
(map exact? '(1 1.0 100000000000000000000 -0.0)) ;=> (#t #f #t #f)
(map inexact? '(1 1.0 +nan.0 +inf.0)) ;=> (#f #t #t #t)
(map exact-integer? '(32 32.0 100000000000000000000)) ;=> (#t #f #t)
(map finite? '(3 3.0 +inf.0 -inf.0 +nan.0)) ;=> (#t #t #f #f #f)
(map infinite? '(3 +inf.0 -inf.0 +nan.0)) ;=> (#f #t #t #f)
(map nan? '(+nan.0 32 1.5 +inf.0)) ;=> (#t #f #f #f)
(= 1 1.0) ;=> #t
(= 1 1 1.0 1) ;=> #t
(= 1 2) ;=> #f
(= 1) ;=> #t
(< 1 2 3) ;=> #t
(< 1 3 2) ;=> #f
(< 1 2 2) ;=> #f
(<= 1 2 2) ;=> #t
(> 3 2 1) ;=> #t
(>= 3 3 1) ;=> #t
(= 0.0 -0.0) ;=> #t
(= +nan.0 +nan.0) ;=> #f
(< +nan.0 1) ;=> #f
(< 1 +inf.0) ;=> #t
(< -inf.0 -1e308) ;=> #t
(= 9007199254740993 9007199254740992.0) ;=> #f
(< 9007199254740992.0 9007199254740993) ;=> #t
(> 100000000000000000000 1e19) ;=> #t
(map zero? '(0 0.0 -0.0 1)) ;=> (#t #t #t #f)
(map positive? '(1 0 -1 0.5 +inf.0)) ;=> (#t #f #f #t #t)
(map negative? '(-1 0 1 -0.5 -0.0)) ;=> (#t #f #f #t #f)
(map odd? '(1 2 -1 3.0 0)) ;=> (#t #f #t #t #f)
(map even? '(1 2 -2 4.0 0)) ;=> (#f #t #t #t #t)
(max 3 4) ;=> 4
(max 3.9 4) ;=> 4.0
(max 1) ;=> 1
(min 3 4.5) ;=> 3.0
(min 1 2 0) ;=> 0
(+ 3 4) ;=> 7
(+ 3) ;=> 3
(+) ;=> 0
(+ 1 1.5) ;=> 2.5
(* 4) ;=> 4
(*) ;=> 1
(* 2 3 4) ;=> 24
(* 1.5 2) ;=> 3.0
(- 3 4) ;=> -1
(- 3 4 5) ;=> -6
(- 3) ;=> -3
(- 0.0) ;=> -0.0
(/ 6 3) ;=> 2
(/ 12 2 3) ;=> 2
(/ 1.0 4) ;=> 0.25
(/ 0.5) ;=> 2.0
(/ 0.0 0.0) ;=> +nan.0
(guard (e (#t 'by-zero)) (/ 1 0)) ;=> by-zero
(map abs '(-7 7 0 -7.5 -inf.0)) ;=> (7 7 0 7.5 +inf.0)
(abs -100000000000000000000) ;=> 100000000000000000000
(call-with-values (lambda () (floor/ 5 2)) list) ;=> (2 1)
(call-with-values (lambda () (floor/ -5 2)) list) ;=> (-3 1)
(call-with-values (lambda () (floor/ 5 -2)) list) ;=> (-3 -1)
(call-with-values (lambda () (floor/ -5 -2)) list) ;=> (2 -1)
(call-with-values (lambda () (truncate/ 5 2)) list) ;=> (2 1)
(call-with-values (lambda () (truncate/ -5 2)) list) ;=> (-2 -1)
(call-with-values (lambda () (truncate/ 5 -2)) list) ;=> (-2 1)
(call-with-values (lambda () (truncate/ -5 -2)) list) ;=> (2 -1)
(call-with-values (lambda () (truncate/ -5.0 2)) list) ;=> (-2.0 -1.0)
(map (lambda (f) (f 7 -2)) (list floor-quotient floor-remainder truncate-quotient truncate-remainder)) ;=> (-4 -1 -3 1)
(list (quotient 17 5) (remainder 17 5) (modulo 17 5)) ;=> (3 2 2)
(list (quotient -17 5) (remainder -17 5) (modulo -17 5)) ;=> (-3 -2 3)
(list (quotient 17 -5) (remainder 17 -5) (modulo 17 -5)) ;=> (-3 2 -3)
(modulo -13 4.0) ;=> 3.0
(quotient 100000000000000000000 3) ;=> 33333333333333333333
(modulo -100000000000000000000 7) ;=> 5
(gcd 32 -36) ;=> 4
(gcd) ;=> 0
(gcd 0 5) ;=> 5
(gcd 12 18 27) ;=> 3
(lcm 32 -36) ;=> 288
(lcm 32.0 -36) ;=> 288.0
(lcm) ;=> 1
(floor -4.3) ;=> -5.0
(ceiling -4.3) ;=> -4.0
(truncate -4.3) ;=> -4.0
(round -4.3) ;=> -4.0
(floor 3.5) ;=> 3.0
(ceiling 3.5) ;=> 4.0
(truncate 3.5) ;=> 3.0
(round 3.5) ;=> 4.0
(round 2.5) ;=> 2.0
(round -2.5) ;=> -2.0
(round 7) ;=> 7
(map floor '(3 -3 0)) ;=> (3 -3 0)
(= (exp 0) 1) ;=> #t
; The flonums nearest to the values.
(list (exp 1) (exp 2) (exp -1) (exp 0.1)) ;=> (2.718281828459045 7.38905609893065 0.36787944117144233 1.1051709180756477)
(list (log 2) (log 3) (log 10) (log 0.1)) ;=> (0.6931471805599453 1.0986122886681098 2.302585092994046 -2.3025850929940455)
(list (sin 1) (cos 1) (tan 1) (sin 1e22)) ;=> (0.8414709848078965 0.5403023058681398 1.5574077246549023 -0.8522008497671888)
(list (asin 1/2) (acos 1/2) (atan 1/2) (atan 1 2)) ;=> (0.5235987755982989 1.0471975511965979 0.4636476090008061 0.4636476090008061)
(let ((near (lambda (base exponent) (inexact (expt (exact base) exponent)))))
  (map (lambda (base exponent) (= (expt base (inexact exponent)) (near base exponent)))
       '(1.1 0.1 10. 3.7 1.0000001 -2.3) '(10 7 -3 21 300 5))) ;=> (#t #t #t #t #t #t)
(= (log 1) 0) ;=> #t
(= (sin 0) 0) ;=> #t
(= (cos 0) 1) ;=> #t
(atan 1 1) ;=> 0.7853981633974483
(exact->inexact 1) ;=> 1.0
(square 42) ;=> 1764
(square 2.0) ;=> 4.0
(sqrt 9) ;=> 3
(sqrt 16.0) ;=> 4.0
(sqrt 0) ;=> 0
(call-with-values (lambda () (exact-integer-sqrt 4)) list) ;=> (2 0)
(call-with-values (lambda () (exact-integer-sqrt 5)) list) ;=> (2 1)
(call-with-values (lambda () (exact-integer-sqrt 0)) list) ;=> (0 0)
(call-with-values (lambda () (exact-integer-sqrt (+ 1 (expt 10 40)))) list) ;=> (100000000000000000000 1)
(expt 2 10) ;=> 1024
(expt 2 0) ;=> 1
(expt 0 0) ;=> 1
(expt 0 5) ;=> 0
(expt 2.0 3) ;=> 8.0
(expt -2 3) ;=> -8
(expt 2 100) ;=> 1267650600228229401496703205376
(exact 5.0) ;=> 5
(inexact 5) ;=> 5.0
(exact 1e20) ;=> 100000000000000000000
(number->string 255 16) ;=> "ff"
(number->string -255 2) ;=> "-11111111"
(number->string 1.5) ;=> "1.5"
(number->string 100) ;=> "100"
(number->string 1e21) ;=> "1e21"
(string->number "100") ;=> 100
(string->number "100" 16) ;=> 256
(string->number "1e2") ;=> 100.0
(string->number "abc") ;=> #f
(string->number "") ;=> #f
(string->number "-") ;=> #f
(string->number "+") ;=> #f
(string->number ".") ;=> #f
(string->number "1 2") ;=> #f
(string->number "#xff") ;=> 255
(string->number "ff" 16) ;=> 255
(string->number "FF" 16) ;=> 255
(string->number "-.5") ;=> -0.5
(string->number "1_000") ;=> #f
(string->number "+inf.0") ;=> +inf.0
(string->number "-inf.0") ;=> -inf.0
(string->number "12" 2) ;=> #f
(string->number "#b12") ;=> #f
(string->number "15##") ;=> #f
'(1e3 1.e3 .5e1 1E3 -1e-3) ;=> (1000.0 1000.0 5.0 1000.0 -0.001)
'(5e-324 1.7976931348623157e308 -0.0 0.1 123456789.125) ;=> (5e-324 1.7976931348623157e308 -0.0 0.1 123456789.125)
(* 99999999999 99999999999) ;=> 9999999999800000000001
(- (expt 2 62) 1) ;=> 4611686018427387903
(+ 1152921504606846975 1) ;=> 1152921504606846976
(- -1152921504606846976 1) ;=> -1152921504606846977
(boolean=? (exact? 1) #t) ;=> #t
(numerator 6) ;=> 6
(denominator 6) ;=> 1
(denominator 0) ;=> 1
(denominator 0.5) ;=> 2.0
