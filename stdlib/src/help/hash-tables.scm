; Hash tables. Those that walk a table see what it holds at their beginning.

(section "SRFI 69")

(make-hash-table
  "(make-hash-table [same?])"
  "A new table. Its keys are compared by equal?, or by eq?, eqv?, string=? or = if that is given. Another procedure is an error."
  (let ((t (make-hash-table))) (hash-table-set! t "a" 1) (hash-table-ref t "a")) => 1
  (make-hash-table <) fails "E0104 make-hash-table expects eq?, eqv?, equal? or string=? as its first argument, found #<procedure>")

(hash-table?
  (list (hash-table? (make-hash-table)) (hash-table? '((a . 1)))) => (#t #f))

(alist->hash-table
  "(alist->hash-table list [same?])"
  "A new table with the keys and values of a list of pairs; of a key that stands twice the first counts."
  (hash-table-ref (alist->hash-table '((a . 1) (b . 2) (a . 3))) 'a) => 1)

(hash-table-set!
  "(hash-table-set! table key value)"
  "Gives a key a value, in place of the one it had."
  (let ((t (make-hash-table)))
    (hash-table-set! t 'a 1)
    (hash-table-set! t 'a 2)
    (hash-table->alist t)) => ((a . 2)))

(hash-table-ref
  "(hash-table-ref table key [fail succeed])"
  "The value of a key, or what succeed gives for it. If there is none, what fail gives without arguments; without that it is an error."
  (hash-table-ref (hash-table 'a 1) 'a) => 1
  (hash-table-ref (hash-table) 'b (lambda () 'none)) => none
  (hash-table-ref (hash-table 'a 1) 'a (lambda () 'none) (lambda (v) (+ v 1))) => 2
  (hash-table-ref (hash-table) 'b) fails "E0106 hash-table-ref found no entry for the key b")

(hash-table-ref/default
  "(hash-table-ref/default table key default)"
  "The value of a key, or the default if it has none."
  (hash-table-ref/default (hash-table 'a 1) 'a 0) => 1
  (hash-table-ref/default (hash-table 'a 1) 'b 0) => 0)

(hash-table-exists?
  "(hash-table-exists? table key)"
  "The same as hash-table-contains?."
  (hash-table-exists? (hash-table 'a 1) 'a) => #t)

(hash-table-delete!
  "(hash-table-delete! table key)"
  "Removes a key and its value, if it is there."
  (let ((t (hash-table 'a 1 'b 2))) (hash-table-delete! t 'a) (hash-table->alist t)) => ((b . 2)))

(hash-table-update!
  "(hash-table-update! table key change [fail succeed])"
  "Gives a key the value that change makes of the one that hash-table-ref gives for these arguments."
  (let ((t (hash-table 'a 1)))
    (hash-table-update! t 'a (lambda (v) (+ v 1)))
    (hash-table-update! t 'b (lambda (v) (+ v 1)) (lambda () 10))
    (list (hash-table-ref t 'a) (hash-table-ref t 'b))) => (2 11))

(hash-table-update!/default
  "(hash-table-update!/default table key change default)"
  "Gives a key the value that change makes of its value, or of the default if it has none."
  (let ((t (make-hash-table)))
    (for-each
      (lambda (word) (hash-table-update!/default t word (lambda (n) (+ n 1)) 0))
      '(a b a))
    (list (hash-table-ref t 'a) (hash-table-ref t 'b))) => (2 1))

(hash-table-size
  (hash-table-size (hash-table 'a 1 'b 2)) => 2)

(hash-table-keys
  "(hash-table-keys table)"
  "A list of the keys, in the order in which they were added."
  (hash-table-keys (hash-table 'a 1 'b 2)) => (a b))

(hash-table-values
  "(hash-table-values table)"
  "A list of the values, in the order in which their keys were added."
  (hash-table-values (hash-table 'a 1 'b 2)) => (1 2))

(hash-table-walk
  "(hash-table-walk table procedure)"
  "Calls the procedure with each key and its value."
  (hash-table-walk (hash-table 'a 1 'b 2) (lambda (key value) (display key) (display value))) shows "a1b2")

(hash-table-fold
  "(hash-table-fold table combine start)"
  "Calls combine with each key, its value and the result so far, at first start; the last result."
  (hash-table-fold (hash-table 'a 1 'b 2) (lambda (key value sum) (+ value sum)) 0) => 3)

(hash-table->alist
  "(hash-table->alist table)"
  "A list of pairs of the keys and values, in the order in which the keys were added."
  (hash-table->alist (hash-table 'a 1 'b 2)) => ((a . 1) (b . 2)))

(hash-table-copy
  "(hash-table-copy table)"
  "A new table with the same keys and values."
  (let* ((a (hash-table 'x 1)) (b (hash-table-copy a)))
    (hash-table-set! b 'x 2)
    (hash-table-ref a 'x)) => 1)

(hash-table-merge!
  "(hash-table-merge! table other)"
  "Adds the entries of another table whose keys this one does not have, and gives this one."
  (hash-table->alist (hash-table-merge! (hash-table 'a 1) (hash-table 'a 9 'b 2))) => ((a . 1) (b . 2)))

(string-hash
  (= (string-hash "abc") (string-hash (string #\a #\b #\c))) => #t)

(section "SRFI 125")

(hash-table-contains?
  "(hash-table-contains? table key)"
  "Has the key a value?"
  (hash-table-contains? (hash-table 'a #f) 'a) => #t
  (hash-table-contains? (hash-table 'a #f) 'b) => #f)

(hash-table-intern!
  "(hash-table-intern! table key make)"
  "The value of a key; if it has none, what make gives without arguments, which becomes its value."
  (let ((t (make-hash-table))) (hash-table-intern! t 'a (lambda () 5)) (hash-table-ref t 'a)) => 5)

(hash-table-map!
  "(hash-table-map! change table)"
  "Gives each key the value that change makes of the key and its value."
  (let ((t (hash-table 'a 1 'b 2)))
    (hash-table-map! (lambda (key value) (* 10 value)) t)
    (hash-table-values t)) => (10 20))

(hash-table-prune!
  "(hash-table-prune! drop? table)"
  "Removes the entries whose key and value drop? says so of."
  (let ((t (hash-table 'a 1 'b 2)))
    (hash-table-prune! (lambda (key value) (odd? value)) t)
    (hash-table-keys t)) => (b))

(hash-table-union!
  "(hash-table-union! table other)"
  "The same as hash-table-merge!."
  (hash-table-count (hash-table-union! (hash-table 'a 1) (hash-table 'b 2))) => 2)

(hash-table-empty?
  "(hash-table-empty? table)"
  "Has it no entries?"
  (list (hash-table-empty? (hash-table)) (hash-table-empty? (hash-table 'a 1))) => (#t #f))

(hash-table-clear!
  (let ((t (hash-table 'a 1))) (hash-table-clear! t) (hash-table-count t)) => 0)

(section "pscheme")

(hash-table
  "(hash-table key value …)"
  "A new table with these keys, compared by equal?, and values."
  (hash-table-ref (hash-table "a" 1 "b" 2) "b") => 2)

(make-eq-hash-table
  "(make-eq-hash-table)"
  "A new table whose keys are compared by eq?."
  (let ((t (make-eq-hash-table))) (hash-table-set! t 'a 1) (hash-table-ref t 'a)) => 1)

(make-eqv-hash-table
  "(make-eqv-hash-table)"
  "A new table whose keys are compared by eqv?."
  (let ((t (make-eqv-hash-table))) (hash-table-set! t 1.5 'x) (hash-table-ref t 1.5)) => x)

(make-equal-hash-table
  "(make-equal-hash-table)"
  "A new table whose keys are compared by equal?."
  (let ((t (make-equal-hash-table))) (hash-table-set! t '(1 2) 'x) (hash-table-ref t (list 1 2))) => x)

(make-string-hash-table
  "(make-string-hash-table)"
  "A new table whose keys are strings."
  (let ((t (make-string-hash-table))) (hash-table-set! t "k" 1) (hash-table-ref t (string #\k))) => 1)

(make-strong-eqv-hash-table
  "(make-strong-eqv-hash-table)"
  "The same as make-eqv-hash-table."
  (hash-table? (make-strong-eqv-hash-table)) => #t)

(make-strong-eq-hash-table
  "(make-strong-eq-hash-table)"
  "The same as make-eq-hash-table."
  (hash-table? (make-strong-eq-hash-table)) => #t)

(hash-table-remove!
  "(hash-table-remove! table key)"
  "The same as hash-table-delete!."
  (let ((t (hash-table 'a 1))) (hash-table-remove! t 'a) (hash-table-count t)) => 0)

(hash-table-for-each
  "(hash-table-for-each table procedure)"
  "The same as hash-table-walk; the procedure may stand first."
  (hash-table-for-each (hash-table 'a 1) (lambda (key value) (write (list key value)))) shows "(a 1)")

(hash-table-count
  (hash-table-count (hash-table 'a 1 'b 2)) => 2)

(equal-hash
  (= (equal-hash '(1 "a")) (equal-hash (list 1 (string #\a)))) => #t)
