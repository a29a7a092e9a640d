; Lists beyond R7RS.

(section "SRFI 1")

(cons*
  (cons* 1 2 '(3 4)) => (1 2 3 4)
  (cons* 'a) => a)

(iota
  "(iota count [start step])"
  "A list of so many numbers, from start, or 0, on in steps of step, or 1."
  (iota 5) => (0 1 2 3 4)
  (iota 3 1 1/2) => (1 3/2 2))

(list-tabulate
  "(list-tabulate count procedure)"
  "A list of what the procedure gives for 0, 1 and so on up to before count."
  (list-tabulate 4 (lambda (n) (* n n))) => (0 1 4 9))

(first
  "(first list)"
  "The first element. A shorter list is an error."
  (first '(a b c)) => a
  (first '()) fails "E0107 first expects an index within a list of 0 elements, found 0")

(second
  "(second list)"
  "The second element. A shorter list is an error."
  (second '(a b c)) => b)

(third
  "(third list)"
  "The third element. A shorter list is an error."
  (third '(a b c)) => c)

(fourth
  "(fourth list)"
  "The fourth element. A shorter list is an error."
  (fourth '(a b c d e)) => d)

(fifth
  "(fifth list)"
  "The fifth element. A shorter list is an error."
  (fifth '(a b c d e)) => e)

(last
  "(last list)"
  "The last element. An empty list is an error."
  (last '(a b c)) => c
  (last '()) fails "E0104 last expects a list that is not empty as its first argument, found ()")

(last-pair
  "(last-pair pair)"
  "The pair that holds the last element."
  (last-pair '(a b c)) => (c)
  (last-pair '(a b . c)) => (b . c))

(take
  "(take list count)"
  "A new list of the first count elements. A shorter list is an error."
  (take '(a b c d) 2) => (a b)
  (take '(a) 2) fails "E0107 take expects an index within a list of 1 elements, found 2")

(drop
  "(drop list count)"
  "What is left of a list without its first count elements, not copied. A shorter list is an error."
  (drop '(a b c d) 2) => (c d))

(append!
  "(append! list … tail)"
  "As append, but the pairs of the lists are used for the result."
  (append! (list 1 2) (list 3) '(4)) => (1 2 3 4))

(concatenate
  "(concatenate lists)"
  "The lists in a list, appended."
  (concatenate '((1 2) (3) ())) => (1 2 3))

(reverse!
  "(reverse! list)"
  "As reverse, but the pairs of the list are used for the result."
  (reverse! (list 1 2 3)) => (3 2 1))

(append-reverse
  "(append-reverse list tail)"
  "The elements of a list in the opposite order, with the tail behind them."
  (append-reverse '(3 2 1) '(4 5)) => (1 2 3 4 5))

(append-reverse!
  "(append-reverse! list tail)"
  "As append-reverse, but the pairs of the list are used for the result."
  (append-reverse! (list 3 2 1) '(4 5)) => (1 2 3 4 5))

(count
  "(count satisfies? list)"
  "The number of elements that satisfy the predicate."
  (count even? '(3 1 4 1 5 9 2 6)) => 3)

(fold
  "(fold combine start list list …)"
  "Calls combine with the first elements of all the lists and start, then with the second ones and the result, and so on up to the end of the shortest list; the last result."
  (fold + 0 '(1 2 3)) => 6
  (fold cons '() '(1 2 3)) => (3 2 1)
  (fold cons* '() '(a b) '(1 2)) => (b 2 a 1))

(fold-right
  "(fold-right combine start list list …)"
  "As fold, but from the last elements to the first."
  (fold-right cons '() '(1 2 3)) => (1 2 3)
  (fold-right list 'end '(1 2 3)) => (1 (2 (3 end))))

(reduce
  "(reduce combine start list)"
  "Combines the elements: calls combine with the second element and the first, then with each further one and the result. Of a list of one element this is that element, of an empty list start."
  (reduce + 0 '(1 2 3 4)) => 10
  (reduce max 0 '()) => 0
  (reduce - 0 '(1 2 3)) => 2)

(reduce-right
  "(reduce-right combine start list)"
  "As reduce, but from the last elements to the first: each call gets an element and the result behind it."
  (reduce-right append '() '((1) (2) (3))) => (1 2 3)
  (reduce-right - 0 '(1 2 3)) => 2)

(append-map
  "(append-map procedure list list …)"
  "As map, with the lists that the procedure gives appended."
  (append-map (lambda (n) (list n (- n))) '(1 2)) => (1 -1 2 -2))

(filter-map
  "(filter-map procedure list list …)"
  "As map, without the values that are #f."
  (filter-map (lambda (x) (and (number? x) (* x x))) '(a 1 b 3)) => (1 9))

(filter
  "(filter keep? list)"
  "A new list of the elements that satisfy the predicate."
  (filter even? '(0 7 8 8 43 -4)) => (0 8 8 -4))

(remove
  "(remove drop? list)"
  "A new list of the elements that do not satisfy the predicate."
  (remove even? '(0 7 8 8 43 -4)) => (7 43))

(partition
  "(partition satisfies? list)"
  "Two values: new lists of the elements that satisfy the predicate and of those that do not."
  (call-with-values (lambda () (partition symbol? '(one 2 three 4))) list) => ((one three) (2 4)))

(find
  "(find satisfies? list)"
  "The first element that satisfies the predicate; #f if none does."
  (find even? '(3 1 4 1 5)) => 4
  (find even? '(1 3)) => #f)

(find-tail
  "(find-tail satisfies? list)"
  "What of the list begins with the first element that satisfies the predicate; #f if none does."
  (find-tail even? '(3 1 4 1 5)) => (4 1 5))

(any
  "(any satisfies? list list …)"
  "Calls the procedure with the first elements of all the lists, the second ones and so on, up to the first value that is not #f, and gives that; else #f."
  (any even? '(1 2 3)) => #t
  (any < '(3 1) '(2 5)) => #t
  (any odd? '()) => #f)

(every
  "(every satisfies? list list …)"
  "Calls the procedure with the first elements of all the lists, the second ones and so on, up to the first #f; else the value of the last call, or #t without one."
  (every odd? '(1 3 5)) => #t
  (every < '(1 5) '(2 4)) => #f
  (every odd? '()) => #t)

(list-index
  "(list-index satisfies? list)"
  "The index of the first element that satisfies the predicate; #f if none does."
  (list-index even? '(3 1 4 1)) => 2)

(delete
  "(delete value list [same?])"
  "A new list of the elements that are not the same as the value by equal?, or by the procedure."
  (delete 2 '(1 2 3 2)) => (1 3)
  (delete 3 '(1 2 3 4 5) <) => (1 2 3))

(delete!
  "(delete! value list [same?])"
  "The same as delete."
  (delete! 2 (list 1 2 3 2)) => (1 3))

(delete-duplicates
  "(delete-duplicates list [same?])"
  "A new list of the elements without those that are the same as an earlier one by equal?, or by the procedure."
  (delete-duplicates '(a b a c b)) => (a b c))

(alist-copy
  "(alist-copy list)"
  "A new list of new pairs with the same keys and values."
  (let* ((a (list (cons 'x 1))) (b (alist-copy a))) (set-cdr! (car b) 2) a) => ((x . 1)))

(section "pscheme")

(list-head
  "(list-head list count)"
  "The same as take."
  (list-head '(a b c d) 2) => (a b))

(sublist
  "(sublist list start end)"
  "A new list of the elements from index start up to before end."
  (sublist '(a b c d e) 1 3) => (b c))

(make-initialized-list
  "(make-initialized-list count procedure)"
  "The same as list-tabulate."
  (make-initialized-list 3 -) => (0 -1 -2))

(fold-left
  "(fold-left combine start list list …)"
  "As fold, but combine gets the result so far as its first argument."
  (fold-left - 10 '(1 2 3)) => 4
  (fold-left list '() '(1 2)) => ((() 1) 2))

(reduce-left
  "(reduce-left combine start list)"
  "Combines the elements from the first on: combine gets the result so far and the next element. Of an empty list this is start."
  (reduce-left - 0 '(10 2 3)) => 5
  (reduce-left + 0 '()) => 0)

(del-assq
  "(del-assq key list)"
  "A new list of the pairs whose car is not the same as the key by eq?."
  (del-assq 'a '((a . 1) (b . 2) (a . 3))) => ((b . 2)))

(del-assv
  "(del-assv key list)"
  "A new list of the pairs whose car is not the same as the key by eqv?."
  (del-assv 1 '((1 . a) (2 . b))) => ((2 . b)))

(del-assoc
  "(del-assoc key list)"
  "A new list of the pairs whose car is not the same as the key by equal?."
  (del-assoc "a" '(("a" . 1) ("b" . 2))) => (("b" . 2)))
