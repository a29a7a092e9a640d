; Sorting: stable merges, whose result does not depend on how often a comparison is asked.

(section "SRFI 95")

(sort
  "(sort items before?)"
  "A new list or vector of the elements of one in order; before? says whether its first argument comes before its second. Elements of which neither comes before the other keep their order. The two arguments may be exchanged."
  (sort '(3 1 2) <) => (1 2 3)
  (sort #("pear" "fig" "plum") (lambda (a b) (< (string-length a) (string-length b)))) => #("fig" "pear" "plum")
  (sort 5 <) fails "E0104 sort expects a list or vector as its first argument, found 5")

(sort!
  "(sort! items before?)"
  "As sort; a vector has its own elements put in order."
  (let ((v (vector 3 1 2))) (sort! v <) v) => #(1 2 3))

(section "pscheme")

(list-sort
  "(list-sort before? list)"
  "The same as sort."
  (list-sort < '(3 1 2)) => (1 2 3))

(vector-sort
  "(vector-sort vector before?)"
  "The same as sort."
  (vector-sort #(3 1 2) <) => #(1 2 3))

(vector-sort!
  "(vector-sort! vector before?)"
  "Puts the elements of a vector in order."
  (let ((v (vector 3 1 2))) (vector-sort! v <) v) => #(1 2 3))

(stable-sort
  "(stable-sort items before?)"
  "The same as sort, which is stable."
  (stable-sort '((b 1) (a 1) (c 0)) (lambda (x y) (< (cadr x) (cadr y)))) => ((c 0) (b 1) (a 1)))

(list-sorted?
  "(list-sorted? list before?)"
  "Is the list in order: does no element come before the one in front of it?"
  (list (list-sorted? '(1 2 2 3) <) (list-sorted? '(2 1) <)) => (#t #f))
