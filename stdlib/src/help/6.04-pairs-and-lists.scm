; Pairs and lists.

(section "R7RS 6.4")

(pair?
  (list (pair? '(a . b)) (pair? '(a)) (pair? '()) (pair? #(a b))) => (#t #t #f #f))

(cons
  (cons 'a '(b c)) => (a b c)
  (cons 1 2) => (1 . 2))

(car
  "What is no pair, the empty list too, is an error."
  (car '(a b c)) => a
  (car '()) fails "E0104 car expects a pair as its first argument, found ()")

(cdr
  "What is no pair, the empty list too, is an error."
  (cdr '(a b c)) => (b c)
  (cdr '(1 . 2)) => 2
  (cdr '()) fails "E0104 cdr expects a pair as its first argument, found ()")

(set-car!
  "A program must not change the pairs of quoted data, though it is not kept from it."
  (let ((p (list 1 2))) (set-car! p 'one) p) => (one 2)
  (set-car! '() 3) fails "E0104 set-car! expects a pair as its first argument, found ()")

(set-cdr!
  "A program must not change the pairs of quoted data, though it is not kept from it."
  (let ((p (list 1 2))) (set-cdr! p '(3 4)) p) => (1 3 4))

(caar
  (caar '((x))) => x)

(cadr
  (cadr '(a x)) => x)

(cdar
  (cdar '((a . x))) => x)

(cddr
  (cddr '(a b . x)) => x)

(caaar
  (caaar '(((x)))) => x)

(caadr
  (caadr '(a (x))) => x)

(cadar
  (cadar '((a x))) => x)

(caddr
  (caddr '(a b x)) => x)

(cdaar
  (cdaar '(((a . x)))) => x)

(cdadr
  (cdadr '(a (b . x))) => x)

(cddar
  (cddar '((a b . x))) => x)

(cdddr
  (cdddr '(a b c . x)) => x)

(caaaar
  (caaaar '((((x))))) => x)

(caaadr
  (caaadr '(a ((x)))) => x)

(caadar
  (caadar '((a (x)))) => x)

(caaddr
  (caaddr '(a b (x))) => x)

(cadaar
  (cadaar '(((a x)))) => x)

(cadadr
  (cadadr '(a (b x))) => x)

(caddar
  (caddar '((a b x))) => x)

(cadddr
  (cadddr '(a b c x)) => x)

(cdaaar
  (cdaaar '((((a . x))))) => x)

(cdaadr
  (cdaadr '(a ((b . x)))) => x)

(cdadar
  (cdadar '((a (b . x)))) => x)

(cdaddr
  (cdaddr '(a b (c . x))) => x)

(cddaar
  (cddaar '(((a b . x)))) => x)

(cddadr
  (cddadr '(a (b c . x))) => x)

(cdddar
  (cdddar '((a b c . x))) => x)

(cddddr
  (cddddr '(a b c d . x)) => x)

(null?
  (list (null? '()) (null? '(a)) (null? #f)) => (#t #f #f))

(list?
  "(list? value)"
  "Is it a list: the empty list, or pairs up to the empty list? A list that goes in a circle is none."
  (list (list? '(a b)) (list? '()) (list? '(a . b))) => (#t #t #f)
  (list? '#0=(a b . #0#)) => #f)

(make-list
  "(make-list length [fill])"
  "A new list of so many elements, all the same value; #f if none is given."
  (make-list 3 'x) => (x x x)
  (make-list 0) => ())

(list
  (list 'a (+ 3 4) 'c) => (a 7 c)
  (list) => ())

(length
  "(length list)"
  "The number of elements. What is no list, one that goes in a circle too, is an error."
  (length '(a (b) (c d e))) => 3
  (length '()) => 0
  (length '(a . b)) fails "E0104 length expects a list as its first argument, found (a . b)")

(append
  "(append list … tail)"
  "A list of the elements of all the lists in order. The last argument may be anything and is a part of the result, not copied; all others are."
  (append '(a) '(b c d)) => (a b c d)
  (append '(a b) '() '(c . d)) => (a b c . d)
  (append) => ()
  (append '() 'a) => a
  (append 'a '(b)) fails "E0104 append expects a list as its first argument, found a")

(reverse
  "(reverse list)"
  "A new list of the elements in the opposite order."
  (reverse '(a b c)) => (c b a)
  (reverse '(a (b c) d)) => (d (b c) a))

(list-tail
  "(list-tail list index)"
  "What is left of a list without its first index elements, not copied. A shorter list is an error."
  (list-tail '(a b c d) 2) => (c d)
  (list-tail '(a b) 3) fails "E0107 list-tail expects an index within a list of 2 elements, found 3")

(list-ref
  "(list-ref list index)"
  "The element there, counted from 0. An index that is not below the length is an error."
  (list-ref '(a b c d) 2) => c
  (list-ref '(a b) 2) fails "E0107 list-ref expects an index within a list of 2 elements, found 2")

(list-set!
  "(list-set! list index value)"
  "Assigns the element there, counted from 0."
  (let ((items (list 'one 'two 'five!))) (list-set! items 2 'three) items) => (one two three))

(memq
  "(memq value list)"
  "What of the list begins with the first element that is the same as the value by eq?; #f if there is none."
  (memq 'c '(a b c d e)) => (c d e)
  (memq (list 'a) '(b (a) c)) => #f
  (memq 'a 'b) fails "E0104 memq expects a list as its second argument, found b")

(memv
  "(memv value list)"
  "What of the list begins with the first element that is the same as the value by eqv?; #f if there is none."
  (memv 101 '(100 101 102)) => (101 102)
  (memv 1.0 '(1 2)) => #f)

(member
  "(member value list [same?])"
  "What of the list begins with the first element that is the same as the value by equal?, or by a procedure that gets the value and the element; #f if there is none."
  (member (list 'a) '(b (a) c)) => ((a) c)
  (member 2.0 '(1 2 3) =) => (2 3))

(assq
  "(assq key list)"
  "The first pair of a list of pairs whose car is the same as the key by eq?; #f if there is none."
  (assq 'b '((a 1) (b 2) (c 3))) => (b 2)
  (assq 'd '((a 1))) => #f
  (assq 'a '(a)) fails "E0104 assq expects a list of pairs as its second argument, found a")

(assv
  "(assv key list)"
  "The first pair of a list of pairs whose car is the same as the key by eqv?; #f if there is none."
  (assv 5 '((2 3) (5 7) (11 13))) => (5 7))

(assoc
  "(assoc key list [same?])"
  "The first pair of a list of pairs whose car is the same as the key by equal?, or by a procedure that gets the key and the car; #f if there is none."
  (assoc (list 'a) '(((a)) ((b)) ((c)))) => ((a))
  (assoc 2.0 '((1 one) (2 two)) =) => (2 two))

(list-copy
  "(list-copy value)"
  "A new list of the same elements, which are not copied; what stands in place of the empty list at its end stays. What is no pair is given back."
  (let* ((a (list 1 2)) (b (list-copy a))) (set-car! b 'new) (list a b)) => ((1 2) (new 2))
  (list-copy '(1 2 . 3)) => (1 2 . 3))
