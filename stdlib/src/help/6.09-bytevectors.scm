; Bytevectors.

(section "R7RS 6.9")

(bytevector?
  (list (bytevector? #u8(1 2)) (bytevector? #(1 2))) => (#t #f))

(make-bytevector
  "(make-bytevector length [byte])"
  "A new bytevector of so many bytes, all the same one; 0 if none is given."
  (make-bytevector 2 12) => #u8(12 12)
  (make-bytevector 3) => #u8(0 0 0)
  (make-bytevector 2 256) fails "E0104 make-bytevector expects a byte (0 to 255) as its second argument, found 256")

(bytevector
  "A byte is an exact integer from 0 to 255."
  (bytevector 1 3 5) => #u8(1 3 5)
  (bytevector 256) fails "E0104 bytevector expects a byte (0 to 255) as its first argument, found 256")

(bytevector-length
  (bytevector-length #u8(1 2 3)) => 3)

(bytevector-u8-ref
  "Indices begin at 0; one that is not below the length is an error."
  (bytevector-u8-ref #u8(1 1 2 3 5 8 13 21) 5) => 8
  (bytevector-u8-ref #u8(1) 1) fails "E0107 bytevector-u8-ref expects an index below 1, found 1")

(bytevector-u8-set!
  "A byte is an exact integer from 0 to 255. Bytevectors written in a program are constants, which cannot be changed."
  (let ((b (bytevector 1 2 3 4))) (bytevector-u8-set! b 1 7) b) => #u8(1 7 3 4)
  (bytevector-u8-set! (bytevector 1) 0 256) fails "E0104 bytevector-u8-set! expects a byte (0 to 255) as its third argument, found 256")

(bytevector-copy
  "(bytevector-copy bytevector [start end])"
  "A new bytevector of the bytes from start, or the first, up to before end, or to the last."
  (bytevector-copy #u8(1 2 3 4 5) 2 4) => #u8(3 4))

(bytevector-copy!
  "(bytevector-copy! to at from [start end])"
  "Copies the bytes of from, from start up to before end, into to, beginning at its index at. The two may be one bytevector, whose parts may overlap. Too little room is an error."
  (let ((b (bytevector 10 20 30 40 50))) (bytevector-copy! b 1 #u8(1 2 3 4 5) 0 2) b) => #u8(10 1 2 40 50))

(bytevector-append
  "(bytevector-append bytevector …)"
  "A new bytevector of the bytes of all the bytevectors in order."
  (bytevector-append #u8(0 1 2) #u8(3 4 5)) => #u8(0 1 2 3 4 5)
  (bytevector-append) => #u8())

(utf8->string
  "(utf8->string bytevector [start end])"
  "The text that the bytes, those from start up to before end if these are given, encode in UTF-8. Bytes that are no UTF-8 are an error."
  (utf8->string #u8(#x41 #xCE #xBB)) => "Aλ"
  (utf8->string #u8(#xFF)) fails "E0106 utf8->string expects UTF-8, found other bytes at index 0")

(string->utf8
  "(string->utf8 string [start end])"
  "The bytes of the text, of the characters from start up to before end if these are given, in UTF-8."
  (string->utf8 "λ") => #u8(206 187)
  (string->utf8 "abc" 1) => #u8(98 99))
