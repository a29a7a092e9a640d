; Vectors and bytevectors beyond R7RS.

(section "SRFI 133")

(vector-binary-search
  "(vector-binary-search vector value order)"
  "The index of an element of a sorted vector for which order, called with it and the value, gives 0; it gives a negative number for elements before it and a positive one for those behind. #f if there is none."
  (vector-binary-search #(1 3 5 7) 5 -) => 2
  (vector-binary-search #(1 3 5 7) 4 -) => #f)

(section "pscheme")

(subvector
  "(subvector vector start end)"
  "A new vector of the elements from index start up to before end."
  (subvector #(a b c d) 1 3) => #(b c))

(vector-head
  "(vector-head vector end)"
  "A new vector of the first end elements."
  (vector-head #(a b c d) 2) => #(a b))

(vector-tail
  "(vector-tail vector start)"
  "A new vector of the elements from index start on."
  (vector-tail #(a b c d) 2) => #(c d))

(vector-grow
  "(vector-grow vector length)"
  "A new vector of this length that begins with the elements of another one; the others are #f. One that is too short is an error."
  (vector-grow #(1 2) 4) => #(1 2 #f #f)
  (vector-grow #(1 2) 1) fails "E0107 vector-grow has room for 1 elements, found 2")

(make-initialized-vector
  "(make-initialized-vector length procedure)"
  "A new vector of what the procedure gives for 0, 1 and so on up to before length."
  (make-initialized-vector 4 (lambda (n) (* n n))) => #(0 1 4 9))

(vector-tabulate
  "(vector-tabulate procedure length)"
  "As make-initialized-vector, with the procedure first."
  (vector-tabulate - 3) => #(0 -1 -2))

(bytevector-fill!
  "(bytevector-fill! bytevector byte [start end])"
  "Stores the byte at every index from start up to before end."
  (let ((b (make-bytevector 4 0))) (bytevector-fill! b 7 1 3) b) => #u8(0 7 7 0))
