; Vectors.

(section "R7RS 6.8")

(vector?
  (list (vector? #(1 2)) (vector? '(1 2)) (vector? "ab")) => (#t #f #f))

(make-vector
  "(make-vector length [fill])"
  "A new vector of so many elements, all the same value; #f if none is given."
  (make-vector 3 'x) => #(x x x)
  (make-vector -1) fails "E0106 make-vector expects a count from 0 to 4294967296 as its first argument, found -1")

(vector
  (vector 'a 'b 'c) => #(a b c)
  (vector) => #())

(vector-length
  (vector-length #(1 2 3)) => 3
  (vector-length '(1)) fails "E0104 vector-length expects a vector as its first argument, found (1)")

(vector-ref
  "Indices begin at 0; one that is not below the length is an error."
  (vector-ref #(1 1 2 3 5 8) 5) => 8
  (vector-ref #(1 2) 2) fails "E0107 vector-ref expects an index below 2, found 2")

(vector-set!
  "Vectors written in a program are constants, which cannot be changed."
  (let ((v (vector 0 '(2 2) "Anna"))) (vector-set! v 1 'new) v) => #(0 new "Anna")
  (vector-set! #(0 1 2) 1 'new) fails "E0114 vector-set! cannot change a literal vector")

(vector->list
  "(vector->list vector [start end])"
  "A new list of the elements, of those from start up to before end if these are given."
  (vector->list #(dah dah didah)) => (dah dah didah)
  (vector->list #(a b c d) 1 3) => (b c))

(list->vector
  "(list->vector list)"
  "A new vector of the elements of a list."
  (list->vector '(dididit dah)) => #(dididit dah)
  (list->vector 5) fails "E0104 list->vector expects a list as its first argument, found 5")

(vector->string
  "(vector->string vector [start end])"
  "A new string of the characters in a vector, of those from start up to before end if these are given. Anything but characters in it is an error."
  (vector->string #(#\1 #\2 #\3)) => "123"
  (vector->string #(#\a #\b #\c) 1) => "bc")

(string->vector
  "(string->vector string [start end])"
  "A new vector of the characters of a string, of those from start up to before end if these are given."
  (string->vector "ABC") => #(#\A #\B #\C)
  (string->vector "ABC" 1 2) => #(#\B))

(vector-copy
  "(vector-copy vector [start end])"
  "A new vector of the elements from start, or the first, up to before end, or to the last; the elements are not copied."
  (vector-copy #(8 2 8)) => #(8 2 8)
  (vector-copy #(a b c d) 2) => #(c d)
  (vector-copy #(a b) 1 3) fails "E0107 vector-copy expects an index up to 2 from 1 on, found 3")

(vector-copy!
  "(vector-copy! to at from [start end])"
  "Copies the elements of from, from start up to before end, into to, beginning at its index at. The two may be one vector, whose parts may overlap. Too little room is an error."
  (let ((v (vector 1 2 3 4 5))) (vector-copy! v 1 #(10 20 30) 0 2) v) => #(1 10 20 4 5)
  (let ((v (vector 1 2 3 4 5))) (vector-copy! v 1 v 0 3) v) => #(1 1 2 3 5))

(vector-append
  "(vector-append vector …)"
  "A new vector of the elements of all the vectors in order."
  (vector-append #(a b c) #(d e f)) => #(a b c d e f)
  (vector-append) => #())

(vector-fill!
  "(vector-fill! vector value [start end])"
  "Stores the value at every index from start up to before end."
  (let ((v (vector 1 2 3 4 5))) (vector-fill! v 'x 2 4) v) => #(1 2 x x 5))
