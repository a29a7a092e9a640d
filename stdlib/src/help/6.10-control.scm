; Control features.

(section "R7RS 6.10")

(procedure?
  (list (procedure? car) (procedure? 'car) (procedure? (lambda () 1))) => (#t #f #t)
  (call/cc procedure?) => #t)

(apply
  "(apply procedure argument … list)"
  "Calls the procedure with the arguments and behind them the elements of the list."
  (apply + (list 3 4)) => 7
  (apply max 1 2 '(5 3)) => 5
  (apply + 1) fails "E0104 apply expects a list as its last argument, found 1")

(map
  "(map procedure list list …)"
  "A new list of what the procedure gives for the first elements of all the lists, for the second ones, and so on up to the end of the shortest list. The order of the calls is not laid down."
  (map cadr '((a b) (d e) (g h))) => (b e h)
  (map + '(1 2 3) '(10 20)) => (11 22)
  (map (lambda (n) (* n n)) '()) => ()
  (map car 5) fails "E0104 map expects a list as its second argument, found 5")

(string-map
  "(string-map procedure string string …)"
  "A new string of the characters that the procedure gives for the first characters of all the strings, for the second ones, and so on up to the end of the shortest string."
  (string-map char-upcase "hello") => "HELLO"
  (string-map (lambda (a b) (if (char<? a b) a b)) "axc" "xbz!") => "abc")

(vector-map
  "(vector-map procedure vector vector …)"
  "A new vector of what the procedure gives for the first elements of all the vectors, for the second ones, and so on up to the end of the shortest vector."
  (vector-map (lambda (n) (* n n)) #(1 2 3)) => #(1 4 9)
  (vector-map * #(1 2) #(10 20 30)) => #(10 40))

(for-each
  "(for-each procedure list list …)"
  "Calls the procedure with the first elements of all the lists, with the second ones, and so on up to the end of the shortest list, in this order."
  (for-each (lambda (a b) (display a) (display b)) '(1 2) '(x y)) shows "1x2y"
  (for-each car 5) fails "E0104 for-each expects a list as its second argument, found 5")

(string-for-each
  "(string-for-each procedure string string …)"
  "Calls the procedure with the first characters of all the strings, with the second ones, and so on up to the end of the shortest string, in this order."
  (string-for-each (lambda (c) (write c)) "ab") shows "#\\a#\\b")

(vector-for-each
  "(vector-for-each procedure vector vector …)"
  "Calls the procedure with the first elements of all the vectors, with the second ones, and so on up to the end of the shortest vector, in this order."
  (let ((sum 0)) (vector-for-each (lambda (n) (set! sum (+ sum n))) #(1 2 3)) sum) => 6)

(call-with-current-continuation
  "(call-with-current-continuation procedure)"
  "Calls the procedure with the continuation of this call: a procedure that, called at any time and as often as wanted, goes on as if this call had just returned its arguments. Going there and back runs the befores and afters of dynamic-wind. Continuations live in the image as all data do."
  (call-with-current-continuation
    (lambda (leave)
      (for-each (lambda (n) (if (negative? n) (leave n))) '(54 0 37 -3 245))
      'none)) => -3
  (let ((again #f) (count 0))
    (call/cc (lambda (k) (set! again k)))
    (set! count (+ count 1))
    (if (< count 3) (again 'once-more) count)) => 3)

(call/cc
  "(call/cc procedure)"
  "The short name of call-with-current-continuation."
  (+ 1 (call/cc (lambda (k) (* 10 (k 1))))) => 2)

(values
  "Anywhere else one value only is expected."
  (call-with-values (lambda () (values 4 5)) -) => -1
  (values 1) => 1)

(call-with-values
  "(call-with-values producer consumer)"
  "Calls the producer without arguments, and the consumer with the values it gives."
  (call-with-values (lambda () (values 1 2 3)) list) => (1 2 3)
  (call-with-values * -) => -1)

(dynamic-wind
  "(dynamic-wind before thunk after)"
  "Calls the three without arguments one after the other and gives what the thunk does. Whenever a continuation leaves the thunk, after is called, and whenever one enters it, before."
  (let ((path '()))
    (define (add step) (set! path (cons step path)))
    (call/cc
      (lambda (leave)
        (dynamic-wind
          (lambda () (add 'in))
          (lambda () (leave 'early))
          (lambda () (add 'out)))))
    (reverse path)) => (in out))
