; Numbers of every kind: ratios, complex numbers, and what turns one kind into another.

; Ratios: results in lowest terms, integers where the denominator is 1.
(/ 1 3) ;=> 1/3
(/ -6 4) ;=> -3/2
(/ 6 -4) ;=> -3/2
(/ 4 2) ;=> 2
(/ 3) ;=> 1/3
(/ -3) ;=> -1/3
(/ 2/3) ;=> 3/2
(/ 1 2 3) ;=> 1/6
(+ 1/2 1/3) ;=> 5/6
(+ 1/2 1/2) ;=> 1
(+ 1/6 1/3) ;=> 1/2
(- 1/2 1/3) ;=> 1/6
(- 1/2 1/2) ;=> 0
(- 1/2) ;=> -1/2
(* 2/3 3/2) ;=> 1
(* 2/3 3/4) ;=> 1/2
(* 2 1/2) ;=> 1
(* 0 1/2) ;=> 0
(+ 1/2 1) ;=> 3/2
(- 1 1/3) ;=> 2/3
(/ 1/2 1/4) ;=> 2
(/ 0 1/2) ;=> 0
(+ 1/2 0.5) ;=> 1.0
(list (+ 0 -0.0) (+ -0.0 0) (- -0.0 0) (+ 0.0 -0.0)) ;=> (-0.0 -0.0 -0.0 0.0)
(* 1/3 3.0) ;=> 1.0
(apply + '(1/2 1/3 1/6)) ;=> 1
(let loop ((i 1) (sum 0)) (if (> i 20) sum (loop (+ i 1) (+ sum (/ i))))) ;=> 55835135/15519504
(+ 1152921504606846975/2 1/2) ;=> 576460752303423488
(* 100000000000000000000/3 3) ;=> 100000000000000000000
(- 1/100000000000000000000 1/100000000000000000001) ;=> 1/10000000000000000000100000000000000000000
(1+ 1/2) ;=> 3/2
(-1+ 1/2) ;=> -1/2
(square 2/3) ;=> 4/9
(exact-integer? 4/2) ;=> #t
(abs -1/2) ;=> 1/2
(magnitude -1/2) ;=> 1/2

; Fractions and their parts.
(numerator 6/4) ;=> 3
(denominator 6/4) ;=> 2
(denominator (inexact 6/4)) ;=> 2.0
(numerator -1/2) ;=> -1
(numerator 0) ;=> 0
(denominator 0) ;=> 1
(numerator 5e-324) ;=> 1.0
(numerator 2.5) ;=> 5.0

; Rounding.
(map round '(7/2 5/2 -5/2 -7/2 1/3 2/3)) ;=> (4 2 -2 -4 0 1)
(map floor '(7/2 -7/2 1/3)) ;=> (3 -4 0)
(map ceiling '(7/2 -7/2 1/3)) ;=> (4 -3 1)
(map truncate '(7/2 -7/2 -1/3)) ;=> (3 -3 0)
(round 7) ;=> 7
(round 3.5) ;=> 4.0
(round -4.3) ;=> -4.0
(floor -4.3) ;=> -5.0
(floor->exact 7/2) ;=> 3
(round->exact 5/2) ;=> 2

; Exact and inexact.
(exact 0.1) ;=> 3602879701896397/36028797018963968
(exact 0.5) ;=> 1/2
(exact -1.25) ;=> -5/4
(exact 1e18) ;=> 1000000000000000000
(inexact 1/3) ;=> 0.3333333333333333
(inexact -1/3) ;=> -0.3333333333333333
(exact->inexact 2/3) ;=> 0.6666666666666666
(inexact->exact .25) ;=> 1/4
(= (inexact (exact 5e-324)) 5e-324) ;=> #t
(inexact (/ (expt 10 400) (+ (expt 10 399) 1))) ;=> 10.0
(inexact (/ (expt 10 308) (expt 10 400))) ;=> 1e-92
(inexact (/ 1 (expt 10 400))) ;=> 0.0
(inexact (/ (expt 10 400) 3)) ;=> +inf.0
(inexact (- (/ (expt 10 400) 3))) ;=> -inf.0
(inexact (/ 1 (expt 2 1075))) ;=> 0.0
(inexact (/ 3 (expt 2 1076))) ;=> 5e-324
(inexact (/ 3 (expt 2 1075))) ;=> 1e-323
(inexact (/ (+ (expt 2 54) 1) (expt 2 54))) ;=> 1.0
(inexact (/ (+ (expt 2 54) 3) (expt 2 54))) ;=> 1.0000000000000002
(inexact (+ (expt 2 53) 1)) ;=> 9007199254740992.0
(inexact (+ (expt 2 53) 3)) ;=> 9007199254740996.0
(map exact? '(1/2 0.5 1 1+2i 1.0+2i)) ;=> (#t #f #t #t #f)
(map inexact? '(1/2 0.5 1 1+2i 1.0+2i)) ;=> (#f #t #f #f #t)

; Comparisons do not round.
(= 1/2 0.5) ;=> #t
(= 1/3 .3333333333333333) ;=> #f
(< 1/3 .3333333333333333) ;=> #f
(> 1/3 .3333333333333333) ;=> #t
(< 1/3 1/2 2/3) ;=> #t
(<= 1/2 1/2 0.5) ;=> #t
(> 1/2 1/3 0) ;=> #t
(= 9007199254740992 9007199254740992.0) ;=> #t
(= 9007199254740993 9007199254740992.0) ;=> #f
(< 9007199254740992.0 9007199254740993) ;=> #t
(= 9007199254740992.0 9007199254740993.0) ;=> #t
(let ((a 9007199254740992) (b 9007199254740992.0) (c 9007199254740993)) (list (= a b) (= b c) (= a c))) ;=> (#t #f #f)
(< 1/2 +inf.0) ;=> #t
(> 1/2 -inf.0) ;=> #t
(< 1/2 +nan.0) ;=> #f
(= 1/2 +nan.0) ;=> #f
(= 1/2 2/4 3/6) ;=> #t
(max 1/2 1/3) ;=> 1/2
(max 1/2 0.25) ;=> 0.5
(min 1/2 1/3) ;=> 1/3
(min 1/3 1.0) ;=> 0.3333333333333333
(list (positive? 1/2) (negative? -1/2) (zero? 1/2)) ;=> (#t #t #f)
(< (/ (expt 10 400) 3) (/ (expt 10 400) 2)) ;=> #t
(< 1e308 (/ (expt 10 400) 3) +inf.0) ;=> #t

; Equivalence and keys of tables.
(eqv? 1/2 2/4) ;=> #t
(eqv? 1/2 0.5) ;=> #f
(equal? '(1/2 (1+2i)) (list (/ 2 4) (list (make-rectangular 1 2)))) ;=> #t
(eqv? 1+2i 1+2i) ;=> #t
(eqv? 1+2i 1.0+2.0i) ;=> #f
(eqv? 0.0+1.0i -0.0+1.0i) ;=> #f
(eqv? (/ 1 3) (/ 1 (+ 3 (expt 10 30)))) ;=> #f
(memv 1/2 '(1 2/4 3)) ;=> (1/2 3)
(assv 1+i '((1 a) (1+i b))) ;=> (1+i b)
(case 1/2 ((1/3) 'third) ((1/2) 'half) (else 'other)) ;=> half
(let ((table (make-equal-hash-table))) (hash-table-set! table (/ 1 3) 'third) (hash-table-set! table '(1+2i) 'z) (list (hash-table-ref/default table 2/6 #f) (hash-table-ref/default table (list (+ 1 +2i)) #f) (hash-table-ref/default table 1/2 #f))) ;=> (third z #f)
(let ((table (make-eqv-hash-table))) (hash-table-set! table 1e100+1i 1) (hash-table-set! table (/ (expt 3 50) (expt 2 100)) 2) (list (hash-table-ref/default table 1e100+1i #f) (hash-table-ref/default table (expt 3/4 50) #f))) ;=> (1 2)

; Classes.
(map number? '(1/2 1+i)) ;=> (#t #t)
(map complex? '(1/2 1+i 1.5 a)) ;=> (#t #t #t #f)
(map real? '(1/2 1+i 1.5 1.5+0.0i -2.5+0i +inf.0)) ;=> (#t #f #t #f #t #t)
(map rational? '(1/2 1+i 1.5 +inf.0 +nan.0 6/10 6/3)) ;=> (#t #f #t #f #f #t #t)
(map integer? '(1/2 3+0i 3.0 8/4 1+i +inf.0)) ;=> (#f #t #t #t #f #f)
(map exact-rational? '(1/2 1 0.5 1+i)) ;=> (#t #t #f #f)
(map exact-integer? '(1/2 4/2 2.0)) ;=> (#f #t #f)
(map exact-nonnegative-integer? '(1/2 4/2 -1)) ;=> (#f #t #f)
(map nan? '(1/2 +nan.0 1+2i +nan.0+i 1.0+nan.0i)) ;=> (#f #t #f #t #t)
(map finite? '(1/2 +inf.0 1+2i +inf.0+i 1.0+nan.0i 3.0+4.0i)) ;=> (#t #f #t #f #f #t)
(map infinite? '(1/2 -inf.0 1+2i 1.0-inf.0i +nan.0)) ;=> (#f #t #f #t #f)

; Complex numbers.
(make-rectangular 1 2) ;=> 1+2i
(make-rectangular 1 -2) ;=> 1-2i
(make-rectangular 0 1) ;=> +i
(make-rectangular 0 -1) ;=> -i
(make-rectangular 1 0) ;=> 1
(make-rectangular 1.5 0) ;=> 1.5
(make-rectangular 1.5 0.0) ;=> 1.5+0.0i
(make-rectangular 1 2.0) ;=> 1.0+2.0i
(make-rectangular 1/2 3/4) ;=> 1/2+3/4i
(make-rectangular 0 +inf.0) ;=> 0.0+inf.0i
(make-polar 2 0) ;=> 2
(make-polar 0 1) ;=> 0
(make-polar 1.5 0) ;=> 1.5
(make-polar 1 2) ;=> -0.4161468365471424+0.9092974268256817i
(real-part 1+2i) ;=> 1
(imag-part 1+2i) ;=> 2
(real-part 1.5) ;=> 1.5
(imag-part 1.5) ;=> 0
(imag-part 1.5+2i) ;=> 2.0
(real-part 1/2) ;=> 1/2
(magnitude 3+4i) ;=> 5
(magnitude 3.0+4.0i) ;=> 5.0
(magnitude 1+i) ;=> 1.4142135623730951
(magnitude 3/5+4/5i) ;=> 1
(< 4.9999e200 (magnitude 3e200+4e200i) 5.0001e200) ;=> #t
(magnitude -5) ;=> 5
(angle 1) ;=> 0
(angle -1) ;=> 3.141592653589793
(angle -1.0) ;=> 3.141592653589793
(angle 1.0) ;=> 0.0
(angle +i) ;=> 1.5707963267948966
(angle -i) ;=> -1.5707963267948966
(angle 1+i) ;=> 0.7853981633974483
(angle (make-rectangular (expt 10 400) (expt 10 400))) ;=> 0.7853981633974483
(+ 1+2i 3+4i) ;=> 4+6i
(+ 1+2i 3-2i) ;=> 4
(- 1+2i 1) ;=> +2i
(- 1+2i) ;=> -1-2i
(- 0.0+1.0i) ;=> -0.0-1.0i
(* 1+2i 3+4i) ;=> -5+10i
(* +i +i) ;=> -1
(* 2 1+2i) ;=> 2+4i
(* 1/2 1+2i) ;=> 1/2+i
(* 2.0 1+2i) ;=> 2.0+4.0i
(* +inf.0 +i) ;=> 0.0+inf.0i
(/ -i 0.0) ;=> 0.0-inf.0i
(/ 1+2i 3+4i) ;=> 11/25+2/25i
(/ 1+2i 2) ;=> 1/2+i
(/ +i) ;=> -i
(/ 2 1+i) ;=> 1-i
(/ 1.0+2.0i 3+4i) ;=> 0.44+0.08i
(/ 1+2i 0.0) ;=> +inf.0+inf.0i
(+ 1+2i 0.5) ;=> 1.5+2.0i
(+ 1/2+i 1/2-i) ;=> 1
(square +i) ;=> -1
(square 1+i) ;=> +2i
(= 1+2i 1.0+2.0i) ;=> #t
(= 1+2i 1+3i) ;=> #f
(= 1 1.0+0.0i) ;=> #t
(= 1+2i 1) ;=> #f
(= 1+i 1+i 1+i) ;=> #t
(zero? 0.0+0.0i) ;=> #t
(zero? +i) ;=> #f
(exact 1.5+2.5i) ;=> 3/2+5/2i
(exact 1.5+0.0i) ;=> 3/2
(inexact 1/2+3/4i) ;=> 0.5+0.75i
(inexact +i) ;=> 0.0+1.0i
(1+ +i) ;=> 1+i

; Division of integers.
(map (lambda (n d) (list (floor-quotient n d) (floor-remainder n d))) '(5 -5 5 -5) '(2 2 -2 -2)) ;=> ((2 1) (-3 1) (-3 -1) (2 -1))
(map (lambda (n d) (list (truncate-quotient n d) (truncate-remainder n d))) '(5 -5 5 -5) '(2 2 -2 -2)) ;=> ((2 1) (-2 -1) (-2 1) (2 -1))
(floor-remainder -5.0 2) ;=> 1.0
(truncate-quotient -5.0 2) ;=> -2.0
(quotient -4.0 7) ;=> -0.0
(remainder (expt 3 60) -4.0) ;=> 1.0
(modulo (expt 10 30) 7.0) ;=> 1.0
(remainder 1e300 7) ;=> 1.0
(quotient (expt 10 30) 3.0) ;=> 3.333333333333333e29
(call-with-values (lambda () (exact-integer-sqrt (expt 10 41))) list) ;=> (316227766016837933199 562477137586013626399)
(exact-integer-sqrt 1/2) ;!> E0104 exact-integer-sqrt expects an exact integer as its first argument, found 1/2
(gcd 32 -36.0) ;=> 4.0
(lcm 1e3 7) ;=> 7000.0

; Rationalize.
(rationalize (exact .3) 1/10) ;=> 1/3
(rationalize .3 1/10) ;=> 0.3333333333333333
(rationalize 3/10 1/10) ;=> 1/3
(rationalize -3/10 1/10) ;=> -1/3
(rationalize 1/10 3/10) ;=> 0
(rationalize 5 1/2) ;=> 5
(rationalize 7/2 0) ;=> 7/2
(rationalize 314/100 -1/100) ;=> 22/7
(rationalize +inf.0 3) ;=> +inf.0
(rationalize 3 +inf.0) ;=> 0.0
(rationalize +inf.0 +inf.0) ;=> +nan.0
(rationalize +nan.0 1) ;=> +nan.0

; Roots.
(sqrt 1/4) ;=> 1/2
(sqrt 4/9) ;=> 2/3
(sqrt 1/2) ;=> 0.7071067811865476
(sqrt 0) ;=> 0
(sqrt 16) ;=> 4
(sqrt 15) ;=> 3.872983346207417
(sqrt -4) ;=> +2i
(sqrt -1) ;=> +i
(sqrt -1/4) ;=> +1/2i
(sqrt -2) ;=> 0.0+1.4142135623730951i
(sqrt -1.0) ;=> 0.0+1.0i
(sqrt -0.0) ;=> -0.0
(sqrt -3+4i) ;=> 1+2i
(sqrt -3-4i) ;=> 1-2i
(sqrt +2i) ;=> 1+i
(sqrt +1/2i) ;=> 1/2+1/2i
(sqrt -3.0+4.0i) ;=> 1.0+2.0i
(sqrt -1.0-0.0i) ;=> 0.0-1.0i
(sqrt +inf.0) ;=> +inf.0
(sqrt 1e300+1e300i) ;=> 1.09868411346781e150+4.550898605622274e149i
(sqrt (expt 10 400)) ;=> 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
(sqrt (expt 10 401)) ;=> 3.1622776601683794e200
(sqrt (/ (expt 10 401))) ;=> 3.1622776601683792e-201
(sqrt 9007199254740993) ;=> 94906265.62425156
(sqrt 9007199136250225) ;=> 94906265

; Powers.
(expt 2/3 3) ;=> 8/27
(expt 2 -3) ;=> 1/8
(expt 2/3 -3) ;=> 27/8
(expt -1/2 3) ;=> -1/8
(expt +i 2) ;=> -1
(expt +i 3) ;=> -i
(expt +i -1) ;=> -i
(expt +i 1000000000001) ;=> +i
(expt 1+i 10) ;=> +32i
(expt 1+i -2) ;=> -1/2i
(expt 1/2+i 2) ;=> -3/4+i
(expt 0.0+1.0i 2) ;=> -1.0+0.0i
(expt 4 1/2) ;=> 2
(expt 8 1/3) ;=> 2
(expt 8/27 2/3) ;=> 4/9
(expt 4/9 -1/2) ;=> 3/2
(expt -4 1/2) ;=> +2i
(expt 2 1/2) ;=> 1.4142135623730951
(expt 2 0.5) ;=> 1.4142135623730951
(expt 2.0 3) ;=> 8.0
(expt 2.0 -1) ;=> 0.5
(expt -8.0 3) ;=> -512.0
(expt -1.0 9007199254740993) ;=> -1.0
(expt 1/2 0.5) ;=> 0.7071067811865476
(expt 0 0) ;=> 1
(expt 0 0.0) ;=> 1.0
(expt 0.0 0) ;=> 1
(expt 1+i 0) ;=> 1
(expt 0 2) ;=> 0
(expt 0 1/2) ;=> 0
(expt 0 2.5) ;=> 0
(expt 0.0 2.5) ;=> 0.0
(expt 0 1+i) ;=> 0
(expt 0 -1) ;!> E0105 expt of zero to a power that is not positive
(expt 0 -1+i) ;!> E0105 expt of zero to a power that is not positive
(expt 1 (expt 10 100)) ;=> 1
(expt -1 (+ (expt 10 100) 1)) ;=> -1
(expt -1.0 0.5) ;=> 6.123233995736766e-17+1.0i
(expt 1/2 10000000000) ;!> E0115 expt makes integers of at most 2097152 bits
(expt 1+i 10000000000) ;!> E0115 integers have at most 2097152 bits
(< 9.9999e199 (expt (expt 10 400) 0.5) 1.0001e200) ;=> #t
(exact (expt 10. 3)) ;=> 1000

; Exponentials and logarithms.
(exp 0) ;=> 1
(exp 0.0) ;=> 1.0
(exp 1/2) ;=> 1.6487212707001282
(exp +i) ;=> 0.5403023058681398+0.8414709848078965i
(log 1) ;=> 0
(log -1) ;=> 0.0+3.141592653589793i
(log -1.0) ;=> 0.0+3.141592653589793i
(log +i) ;=> 0.0+1.5707963267948966i
(log 1+i) ;=> 0.34657359027997264+0.7853981633974483i
(log 0.0) ;=> -inf.0
(log 8 2) ;=> 3.0
(log 100 10) ;=> 2.0
(log 1/8 2) ;=> -3.0
(log 8 1/2) ;=> -3.0
(log -8 2) ;=> 3.0+4.532360141827194i
(log (expt 10 400)) ;=> 921.0340371976183
(log (/ (expt 10 400))) ;=> -921.0340371976183
(log (/ (+ (expt 10 30) 1) (expt 10 30))) ;=> 1e-30

; Functions of angles.
(sin 0) ;=> 0
(cos 0) ;=> 1
(tan 0) ;=> 0
(asin 0) ;=> 0
(acos 1) ;=> 0
(atan 0) ;=> 0
(sin 1/2) ;=> 0.479425538604203
(sin +i) ;=> 0.0+1.1752011936438014i
; The parts are the nearest flonums, the same on every machine.
(cos +i) ;=> 1.5430806348152437-0.0i
(tan +i) ;=> 0.0+0.7615941559557649i
(tan 1+100i) ;=> 2.5167471015094276e-87+1.0i
(asin 2) ;=> 1.5707963267948966-1.3169578969248166i
(asin -2) ;=> -1.5707963267948966+1.3169578969248166i
(acos 2) ;=> 0.0+1.3169578969248166i
(acos -2) ;=> 3.141592653589793-1.3169578969248166i
(asin 1) ;=> 1.5707963267948966
(asin 0.5+0.0i) ;=> 0.5235987755982989+0.0i
(atan +2i) ;=> 1.5707963267948966+0.5493061443340549i
(atan 1+i) ;=> 1.0172219678978514+0.40235947810852507i
(atan +i) ;!> E0105 atan has no value at +i and -i
(atan 0 1) ;=> 0
(atan 0 1.5) ;=> 0
(atan 0 -1) ;=> 3.141592653589793
(atan 0.0 1) ;=> 0.0
(atan 1/2 1/2) ;=> 0.7853981633974483
(atan 1 0) ;=> 1.5707963267948966
(atan -1 0) ;=> -1.5707963267948966
(atan 0.0 -1) ;=> 3.141592653589793
(atan -0.0 -1) ;=> -3.141592653589793
(atan (expt 10 400) (expt 10 500)) ;=> 1e-100
(atan 0 0) ;!> E0105 atan of two exact zeros

; Text.
(map number->string '(1/2 -3/4 1+2i -i 1/2-3/4i 1.5 1.0-0.5i)) ;=> ("1/2" "-3/4" "1+2i" "-i" "1/2-3/4i" "1.5" "1.0-0.5i")
(number->string 10/31 16) ;=> "a/1f"
(number->string 255+16i 16) ;=> "ff+10i"
(number->string .5 2) ;=> "0.1"
(number->string -255.5 16) ;=> "-ff.8"
(number->string 1e21 10) ;=> "1e21"
(number->string 1e10 2) ;=> "1001010100000010111110010000000000.0"
(number->string +inf.0 2) ;=> "+inf.0"
(number->string +i 36) ;=> "0+i"
(list 5e-324 1.7976931348623157e308 -0.0 .5 1. 1e21 123456789012345680000.0) ;=> (5e-324 1.7976931348623157e308 -0.0 0.5 1.0 1e21 1.2345678901234568e20)
(map string->number '("#x1F" "#b101" "#o17" "#d10" "#i1/3" "#e1.5" "#x#e1f" "#e#x1f" "#d1e2")) ;=> (31 5 15 10 0.3333333333333333 3/2 31 31 100.0)
(map string->number '("1/0" "1@0" "1.5e400" "#e+inf.0" "1_000" "+inf.0i" "+i" "-i" "1+2i" "1/2+3/4i")) ;=> (#f 1 +inf.0 #f #f 0.0+inf.0i +i -i 1+2i 1/2+3/4i)
(map string->number '("1@2" "#e1@0" "#i1+2i" "-0" "-0.0" "+5" "+.5" "1e-7" "1E5")) ;=> (-0.4161468365471424+0.9092974268256817i 1 1.0+2.0i 0 -0.0 5 0.5 1e-7 100000.0)
(map string->number '("" "+" "-" "." "1/" "/1" "1/2/3" "1+" "i" "1i" "2+3" "1.2/3" "#" "#x" "#e#e1" "#x#b1" "1 " " 1")) ;=> (#f #f #f #f #f #f #f #f #f #f #f #f #f #f #f #f #f #f)
(map string->number '("+inf.0" "-INF.0" "+nan.0" "inf.0" "+inf" "+inf.0+nan.0i")) ;=> (+inf.0 -inf.0 +nan.0 #f #f +inf.0+nan.0i)
(string->number "1/3" 3) ;=> #f
(string->number "zz/10" 36) ;=> 1295/36
(string->number "0.1" 3) ;=> 0.3333333333333333
(string->number "1e1000000000") ;=> +inf.0
(string->number "1e-1000000000") ;=> 0.0
(string->number "#e1e1000000000") ;!> E0115 integers have at most 2097152 bits
(string->number "#e1e-1000000000") ;!> E0115 integers have at most 2097152 bits
(string->number "10" 37) ;!> E0106 string->number expects a radix from 2 to 36, found 37
(string->number "#e1.2e-3") ;=> 3/2500
(string->number "#e0.1") ;=> 1/10
(string->number "2.2250738585072011e-308") ;=> 2.225073858507201e-308
(string->number "9007199254740993.0") ;=> 9007199254740992.0
(read (open-input-string "(1/2 +i #xa/b 1.5-2i #e.5)")) ;=> (1/2 +i 10/11 1.5-2.0i 1/2)
(guard (condition ((read-error? condition) 'refused)) (read (open-input-string "#e1e999999999"))) ;=> refused
'(+i -i 1+i +5 + - ... 1+ -x +x) ;=> (+i -i 1+i 5 + - ... 1+ -x +x)
(map symbol? '(|+i| |1/2| +x i)) ;=> (#t #t #t #t)
'|1/2| ;=> |1/2|
`(1/2 ,(+ 1/2 1/3) #(1+2i)) ;=> (1/2 5/6 #(1+2i))
(eval '(+ 1/2 1+i) (interaction-environment)) ;=> 3/2+i

; What is refused.
(< 1 +i) ;!> E0104 < expects a real number as its second argument, found +i
(apply < '(+i 1)) ;!> E0104 < expects a real number as its first argument, found +i
(max 1+i) ;!> E0104 max expects a real number as its first argument, found 1+i
(positive? 1+i) ;!> E0104 positive? expects a real number as its first argument, found 1+i
(floor 1.0+i) ;!> E0104 floor expects a real number as its first argument, found 1.0+1.0i
(abs +i) ;!> E0104 abs expects a real number as its first argument, found +i
(quotient 1/2 3) ;!> E0104 quotient expects an integer as its first argument, found 1/2
(modulo 5 2.5) ;!> E0104 modulo expects an integer as its second argument, found 2.5
(even? 1/2) ;!> E0104 even? expects an integer as its first argument, found 1/2
(numerator +i) ;!> E0104 numerator expects a rational number as its first argument, found +i
(numerator +inf.0) ;!> E0104 numerator expects a rational number as its first argument, found +inf.0
(exact +nan.0) ;!> E0104 exact expects a finite number as its first argument, found +nan.0
(exact 1.0+inf.0i) ;!> E0104 exact expects a finite number as its first argument, found 1.0+inf.0i
(make-rectangular 1 +i) ;!> E0104 make-rectangular expects a real number as its second argument, found +i
(make-polar 'a 1) ;!> E0104 make-polar expects a real number as its first argument, found a
(/ 1/2 0) ;!> E0105 / by zero
(/ +i 0) ;!> E0105 / by zero
(/ 0) ;!> E0105 / by zero
(/ 1.5 0) ;!> E0105 / by zero
(rationalize (/ (expt 10 30000)) 0) ;!> E0115 rationalize takes numbers of at most 16384 bits
(vector-ref #(1 2) 1/2) ;!> E0104 vector-ref expects an index as its second argument, found 1/2
(expt 2 100000000000) ;!> E0115 expt makes integers of at most 2097152 bits
(* (expt 2 2000000) (expt 2 2000000)) ;!> E0115 integers have at most 2097152 bits
(/ (expt 3 1000000) (expt 7 700000)) ;!> E0115 common divisors are looked for in at most 67108864 pairs of 64 bits
(* (/ (expt 3 400000)) (/ (expt 5 300000))) ;!> E0115 common divisors are looked for in at most 67108864 pairs of 64 bits
(= (+ (expt 3/2 100000) 1/2) (expt 3/2 100000)) ;=> #f
(= (* (expt 3/2 100000) (expt 2/3 100000)) 1) ;=> #t
(/ 1 (/ 1 (expt 3 10))) ;=> 59049
(expt (make-rectangular (/ (expt 3 60000)) (/ (expt 5 50000))) 50) ;!> E0115 common divisors are looked for in at most 67108864 pairs of 64 bits
