; How wrong arguments are reported.
(apply + '(1 a)) ;!> E0104 + expects a number as its second argument, found a
(+ 'a) ;!> E0104 + expects a number as its first argument, found a
(- 'a) ;!> E0104 - expects a number as its first argument, found a
(/ 1 0) ;!> E0105 / by zero
(quotient 1 0) ;!> E0105 quotient by zero
(modulo 5 0) ;!> E0105 modulo by zero
(floor-quotient 1 0) ;!> E0105 floor-quotient by zero
(exact +inf.0) ;!> E0104 exact expects a finite number as its first argument, found +inf.0
(expt 2 100000000000) ;!> E0115 expt makes integers of at most 2097152 bits
(even? 1.5) ;!> E0104 even? expects an integer as its first argument, found 1.5
(max 1 "2") ;!> E0104 max expects a real number as its second argument, found "2"
(number->string 10 1) ;!> E0106 number->string expects a radix from 2 to 36, found 1
(string->number 'a) ;!> E0104 string->number expects a string as its first argument, found a
(bitwise-and 1.5) ;!> E0104 bitwise-and expects an exact integer as its first argument, found 1.5
(exact-integer-sqrt -1) ;!> E0104 exact-integer-sqrt expects an exact integer of at least 0 as its first argument, found -1
(random 0) ;!> E0104 random expects a number above 0 as its first argument, found 0
(car 5) ;!> E0104 car expects a pair as its first argument, found 5
(apply car '(5)) ;!> E0104 car expects a pair as its first argument, found 5
(caddr '(1 2)) ;!> E0104 caddr expects a pair at each step as its first argument, found ()
(length 5) ;!> E0104 length expects a list as its first argument, found 5
(length '(1 . 2)) ;!> E0104 length expects a list as its first argument, found (1 . 2)
(list-tail '(1 2) 3) ;!> E0107 list-tail expects an index within a list of 2 elements, found 3
(list-ref '(1 2) 2) ;!> E0107 list-ref expects an index within a list of 2 elements, found 2
(list-ref '(1 2) 'a) ;!> E0104 list-ref expects an index as its second argument, found a
(map car 5) ;!> E0104 map expects a list as its second argument, found 5
(for-each car '(1 . 2)) ;!> E0104 car expects a pair as its first argument, found 1
(assq 'a '(1)) ;!> E0104 assq expects a list of pairs as its second argument, found 1
(memq 'a 5) ;!> E0104 memq expects a list as its second argument, found 5
(append '(1 . 2) '(3)) ;!> E0104 append expects a list as its first argument, found (1 . 2)
(sort 5 <) ;!> E0104 sort expects a list or vector as its first argument, found 5
(reverse 'a) ;!> E0104 reverse expects a list as its first argument, found a
(vector-ref #(1 2) 2) ;!> E0107 vector-ref expects an index below 2, found 2
(apply vector-ref '(#(1 2) -1)) ;!> E0107 vector-ref expects an index below 2, found -1
(vector-set! '#(1 2) 0 'x) ;!> E0114 vector-set! cannot change a literal vector
(vector-fill! '#(1 2) 0) ;!> E0114 vector-fill! cannot change a literal vector
(vector-copy #(1 2) 1 5) ;!> E0107 vector-copy expects an index up to 2 from 1 on, found 5
(vector-copy! (vector 1) 0 #(1 2)) ;!> E0107 vector-copy! has room for 1 elements, found 2
(make-vector -1) ;!> E0106 make-vector expects a count from 0 to 4294967296 as its first argument, found -1
(string-ref "abc" 3) ;!> E0107 string-ref expects an index below 3, found 3
(string-set! "abc" 0 #\x) ;!> E0114 string-set! cannot change a literal string
(string-set! (make-string 1 #\a) 0 5) ;!> E0104 string-set! expects a character as its third argument, found 5
(string-append "a" 5) ;!> E0104 string-append expects a string as its second argument, found 5
(substring "abc" 2 1) ;!> E0107 substring expects an index up to 3 from 2 on, found 1
(string-length 'a) ;!> E0104 string-length expects a string as its first argument, found a
(string=? "a" 'b) ;!> E0104 string=? expects a string as its second argument, found b
(string->symbol 5) ;!> E0104 string->symbol expects a string as its first argument, found 5
(symbol->string "a") ;!> E0104 symbol->string expects a symbol as its first argument, found "a"
(char-upcase "a") ;!> E0104 char-upcase expects a character as its first argument, found "a"
(integer->char 55296) ;!> E0106 integer->char expects a Unicode scalar value, found 55296
(char<? #\a 1) ;!> E0104 char<? expects a character as its second argument, found 1
(bytevector 256) ;!> E0104 bytevector expects a byte (0 to 255) as its first argument, found 256
(bytevector-u8-ref #u8(1) 1) ;!> E0107 bytevector-u8-ref expects an index below 1, found 1
(utf8->string #u8(255)) ;!> E0106 utf8->string expects UTF-8, found other bytes at index 0
(hash-table-ref (make-hash-table) 'x) ;!> E0106 hash-table-ref found no entry for the key x
(hash-table-set! 5 1 2) ;!> E0104 hash-table-set! expects a hash table as its first argument, found 5
(hash-table-set! (make-string-hash-table) 'a 1) ;!> E0104 hash-table-set! expects a string as its second argument, found a
(error "it broke:" '(1 "x") 'here) ;!> E0108 it broke: (1 "x") here
(error 'who "what") ;!> E0108 who "what"
(raise 'oops) ;!> E0108 the value oops was raised
(raise (list 1 "a")) ;!> E0108 the value (1 "a") was raised
(cons 1) ;!> E0103 cons expects 2 arguments, found 1: (cons a b)
(no-such-thing 1) ;!> E0101 the variable no-such-thing has no value
("not a procedure") ;!> E0102 "not a procedure" is not a procedure
(file-exists? 'a) ;!> E0104 file-exists? expects a string as its first argument, found a
(delete-file 5) ;!> E0104 delete-file expects a string as its first argument, found 5
(read-u8) ;!> E0104 read-u8 expects a binary input port as its first argument, found #<port>
(read-char (current-output-port)) ;!> E0104 read-char expects a textual input port as its first argument, found #<port>
(open-input-file "/no/such/file") ;!> E0110 open-input-file cannot read /no/such/file: No such file or directory (os error 2)
(open-output-file "/no/such/directory/file") ;!> E0110 open-output-file cannot write /no/such/directory/file: the directory /no/such/directory: No such file or directory (os error 2)
(write-char #\a (open-input-string "")) ;!> E0104 write-char expects a textual output port as its second argument, found #<port>
(let ((p (open-output-string))) (close-port p) (write 1 p)) ;!> E0116 write: the port is closed
(read-u8 (open-input-string "a")) ;!> E0104 read-u8 expects a binary input port as its first argument, found #<port>
(read-char 5) ;!> E0104 read-char expects a textual input port as its first argument, found 5
(apply + 5) ;!> E0104 apply expects a list as its last argument, found 5
(assert (= 1 2)) ;!> E0108 an assertion failed
(make-vector 100000000000 0) ;!> E0106 make-vector expects a count from 0 to 4294967296 as its first argument, found 100000000000

; What the library calls harms nobody when a program calls it with anything.
(%substring "abc" 0 20 7) ;!> E0107 7 expects an index up to 3, found 20
(%fault 999999 "odd") ;!> E0106 odd
; Procedures that choose by the number of arguments.
(define range (case-lambda ((e) 1) ((b e) 2)))
(range 1 2 3) ;!> E0103 range has no clause for 3 arguments
(letrec ((f (let ((n 1)) (case-lambda ((a b) n))))) (f 1)) ;!> E0103 f has no clause for 1 argument
((case-lambda) 1) ;!> E0103 anonymous procedure has no clause for 1 argument
(define counter (let ((n 0)) (lambda () (set! n (+ n 1)) n)))
(counter 1) ;!> E0103 counter expects 0 arguments, found 1: (counter)
(%closure-name car) ;!> E0104 %closure-name expects a procedure written in Scheme as its first argument, found #<procedure>
; Promises.
(force (delay-force 5)) ;!> E0104 delay-force expects a promise as its first argument, found 5
(force (delay (car 5))) ;!> E0104 car expects a pair as its first argument, found 5
; Records.
(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
(define-record-type <account> (make-account) account? (owner account-owner set-account-owner!))
(point-x 5) ;!> E0104 point-x expects a point as its first argument, found 5
(point-y (make-account)) ;!> E0104 point-y expects a point as its first argument, found #<account>
(account-owner (make-point 1 2)) ;!> E0104 account-owner expects an account as its first argument, found #<point>
(set-point-x! '(1 2) 3) ;!> E0104 set-point-x! expects a point as its first argument, found (1 2)
(set-account-owner! <account> 3) ;!> E0104 set-account-owner! expects an account as its first argument, found #<record-type account>
(make-point 1) ;!> E0103 make-point expects 2 arguments, found 1: (make-point x y)
(point-x) ;!> E0103 point-x expects 1 argument, found 0: (point-x record)
(point-x (make-point 1 2) 3) ;!> E0103 point-x expects 1 argument, found 2: (point-x record)
(%record-ref (make-account) <account> 1 'name) ;!> E0107 name expects an index below 1, found 1
(%record-ref (make-account) <account> 'a 'name) ;!> E0104 name expects an index as its third argument, found a
(%record-ref (make-account) 7 0 'name) ;!> E0104 name expects a record type as its second argument, found 7
(%record-set! (make-account) <account> -1 0 'name) ;!> E0107 name expects an index below 1, found -1
(%record <account>) ;!> E0103 an account has a field for 1 values, found 0
(%record 5) ;!> E0104 %record expects a record type as its first argument, found 5
(%make-record-type 5 #() #f) ;!> E0104 %make-record-type expects a symbol as its first argument, found 5
(%make-record-type 'a '() #f) ;!> E0104 %make-record-type expects a vector as its second argument, found ()
((lambda (a b . rest) a) 1) ;!> E0103 anonymous procedure expects at least 2 arguments, found 1: (lambda (a b . rest) …)
(define (two first second) (list first second))
(two 1) ;!> E0103 two expects 2 arguments, found 1: (two first second)
(map) ;!> E0103 map expects at least 2 arguments, found 0: (map procedure items . more)
(+ 'a) ;!> E0104 + expects a number as its first argument, found a
(vector-ref (vector 1)) ;!> E0103 vector-ref expects 2 arguments, found 1: (vector-ref vector index)
; What is made of other procedures names itself.
(floor-quotient 5.0 0.0) ;!> E0105 floor-quotient by zero
(floor-quotient 1.5 2) ;!> E0104 floor-quotient expects an integer as its first argument, found 1.5
(floor-quotient 5 'two) ;!> E0104 floor-quotient expects an integer as its second argument, found two
(vector-grow #(1 2) 1) ;!> E0107 vector-grow has room for 1 elements, found 2
(vector-grow '(1 2) 3) ;!> E0104 vector-grow expects a vector as its first argument, found (1 2)
