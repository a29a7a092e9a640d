#!/usr/bin/env pscheme
; Data of every kind.
(a . b) (1 2 . 3) () #() #(1 #(2) "x") #u8() #u8(0 255 17)
#t #f #true #false #\a #\space #\x41 #\( #\newline #\null #\λ #\delete
"text" "a\n\t\"\\\x41;λ" "one \
   two" || |two words| |a\x41;| |1| |a\|b| ... + - -x 1+ <=? a.b
0 -1 +5 1.5 -0.0 .5 1e21 1e-7 +inf.0 -inf.0 +nan.0 #xFF #b-101 #o17 #d10 #e1e2 #i1 #x-ff
1152921504606846975 -1152921504606846976 1152921504606846976 123456789012345678901234567890
'a `(b ,c ,@d) ''() '#(a) 1 ; comment
2 #| nested #| deep |# |# 3 #;(no (no)) 4 #;#;5 6 7 (1 #;2 . #;x 3)
#!fold-case FOO #\SPACE #!no-fold-case Bar
(define (f x) (if (< x 1) "done" (f (- x 1))))
