; Hash tables.
(hash-table? (make-hash-table)) ;=> #t
(make-equal-hash-table) ;=> #<hash-table>
(let ((t (make-hash-table))) (hash-table-set! t 'a 1) (hash-table-set! t "b" 2) (hash-table-set! t '(c 3) 3) (map (lambda (k) (hash-table-ref/default t k #f)) (list 'a "b" (list 'c 3) 'x))) ;=> (1 2 3 #f)
(let ((t (make-hash-table))) (hash-table-set! t '(1) 'a) (hash-table-set! t (list 1) 'b) (hash-table->alist t)) ;=> (((1) . b))
(let ((t (make-eq-hash-table)) (k (list 1))) (hash-table-set! t k 'x) (list (hash-table-ref/default t k #f) (hash-table-ref/default t (list 1) #f))) ;=> (x #f)
(let ((t (make-eqv-hash-table))) (hash-table-set! t 1.5 'a) (hash-table-set! t 100000000000000000000 'b) (list (hash-table-ref/default t 1.5 #f) (hash-table-ref/default t 100000000000000000000 #f) (hash-table-ref/default t 1 #f))) ;=> (a b #f)
(let ((t (make-string-hash-table))) (hash-table-set! t "a" 1) (hash-table-ref/default t (string #\a) #f)) ;=> 1
(let ((t (make-hash-table string=?))) (hash-table-set! t "a" 1) (hash-table-ref t "a")) ;=> 1
(let ((t (make-hash-table))) (for-each (lambda (k) (hash-table-set! t k (* k k))) '(5 3 9 1)) (list (hash-table-keys t) (hash-table-values t) (hash-table->alist t))) ;=> ((5 3 9 1) (25 9 81 1) ((5 . 25) (3 . 9) (9 . 81) (1 . 1)))
(let ((t (make-hash-table))) (for-each (lambda (k) (hash-table-set! t k #t)) '(1 2 3 4)) (hash-table-delete! t 2) (hash-table-delete! t 7) (hash-table-set! t 2 #t) (hash-table-keys t)) ;=> (1 3 4 2)
(let ((t (make-hash-table))) (hash-table-set! t 1 1) (list (hash-table-count t) (hash-table-size t) (hash-table-contains? t 1) (hash-table-exists? t 2))) ;=> (1 1 #t #f)
(let ((t (make-hash-table))) (hash-table-ref t 'x (lambda () 'none))) ;=> none
(let ((t (make-hash-table))) (hash-table-set! t 'x 2) (hash-table-ref t 'x (lambda () 'none) square)) ;=> 4
(let ((t (make-hash-table))) (hash-table-update! t 'a (lambda (x) (+ x 1)) (lambda () 0)) (hash-table-update!/default t 'a (lambda (x) (* x 10)) 5) (hash-table-ref t 'a)) ;=> 10
(let ((t (make-hash-table)) (s 0)) (hash-table-set! t 'a 1) (hash-table-set! t 'b 2) (hash-table-walk t (lambda (k v) (set! s (+ s v)))) s) ;=> 3
(let ((t (make-hash-table))) (hash-table-set! t 'a 1) (hash-table-clear! t) (list (hash-table-count t) (hash-table-ref/default t 'a #f))) ;=> (0 #f)
(let* ((t (alist->hash-table '((a . 1) (b . 2) (a . 3)))) (u (hash-table-copy t))) (hash-table-set! u 'a 9) (list (hash-table-ref t 'a) (hash-table-ref u 'a))) ;=> (1 9)
(hash-table-fold (hash-table 'a 1 'b 2) (lambda (k v r) (+ v r)) 0) ;=> 3
(let ((t (hash-table 1 2 3 4))) (hash-table-prune! (lambda (k v) (= k 1)) t) (hash-table->alist t)) ;=> ((3 . 4))
(hash-table->alist (hash-table-merge! (hash-table 1 2) (hash-table 1 9 3 4))) ;=> ((1 . 2) (3 . 4))
(let ((t (make-hash-table))) (list (hash-table-intern! t 'a (lambda () 1)) (hash-table-intern! t 'a (lambda () 2)))) ;=> (1 1)
(let ((t (make-hash-table))) (hash-table-set! t t t) (hash-table-ref/default t t 'no) (eq? t (hash-table-ref/default t t 'no))) ;=> #t
(let ((t (make-eq-hash-table))) (do ((i 0 (+ i 1))) ((= i 20000)) (hash-table-set! t i (* 2 i))) (do ((i 0 (+ i 1)) (ok #t (and ok (= (hash-table-ref/default t i -1) (* 2 i))))) ((= i 20000) (list ok (hash-table-count t))))) ;=> (#t 20000)
(let ((t (make-eq-hash-table)) (keys (map list (iota 3000)))) (for-each (lambda (k) (hash-table-set! t k (car k))) keys) (make-vector 1000000 0) (map (lambda (n) (make-vector 5000 n)) (iota 400)) (list (every (lambda (k) (eqv? (hash-table-ref/default t k #f) (car k))) keys) (hash-table-count t))) ;=> (#t 3000)
(let ((t (make-hash-table)) (keys (iota 2000))) (for-each (lambda (k) (hash-table-set! t (list k "x") k)) keys) (every (lambda (k) (eqv? (hash-table-ref/default t (list k "x") #f) k)) keys)) ;=> #t
(let ((t (make-hash-table))) (do ((i 0 (+ i 1))) ((= i 5000)) (hash-table-set! t i i) (if (>= i 10) (hash-table-delete! t (- i 10)))) (list (hash-table-count t) (hash-table-keys t))) ;=> (10 (4990 4991 4992 4993 4994 4995 4996 4997 4998 4999))
(let ((t (make-hash-table)) (k (lambda () 1))) (hash-table-set! t k 1) (hash-table-set! t (list k) 2) (list (hash-table-ref/default t k 0) (hash-table-ref/default t (list k) 0))) ;=> (1 2)
(= (equal-hash '(1 "a" #(2))) (equal-hash (list 1 (string #\a) (vector 2)))) ;=> #t
(= (string-hash "abc") (string-hash (string #\a #\b #\c))) ;=> #t
(let ((s (make-string 1 #\λ))) (string-set! s 0 #\a) (= (equal-hash s) (equal-hash "a"))) ;=> #t
(let ((t (make-hash-table))) (hash-table-set! t #u8(1 2) 'b) (hash-table-ref/default t (bytevector 1 2) #f)) ;=> b
(let ((t (make-hash-table))) (hash-table-set! t 1 'exact) (hash-table-set! t 1.0 'inexact) (hash-table-values t)) ;=> (exact inexact)
(hash-table-empty? (make-hash-table)) ;=> #t
; The list of young keys is made when the first such key comes, and that may collect.
(let ((t (make-eq-hash-table)) (junk (iota 100)) (k (list 1))) (hash-table-set! t k 1) (hash-table-ref/default t k 0)) ;=> 1
