; R7RS 6.4: pairs and lists.
(define x (list 'a 'b 'c))
(define y x)
y ;=> (a b c)
(list? y) ;=> #t
(set-cdr! x 4)
x ;=> (a . 4)
(eqv? x y) ;=> #t
(list? y) ;=> #f
(set-cdr! x x)
(list? x) ;=> #f
(pair? '(a . b)) ;=> #t
(pair? '(a b c)) ;=> #t
(pair? '()) ;=> #f
(pair? '#(a b)) ;=> #f
(pair? "ab") ;=> #f
(cons 'a '()) ;=> (a)
(cons '(a) '(b c d)) ;=> ((a) b c d)
(cons "a" '(b c)) ;=> ("a" b c)
(cons 'a 3) ;=> (a . 3)
(cons '(a b) 'c) ;=> ((a b) . c)
(car '(a b c)) ;=> a
(car '((a) b c d)) ;=> (a)
(car '(1 . 2)) ;=> 1
(guard (e ((error-object? e) 'error)) (car '())) ;=> error
(cdr '((a) b c d)) ;=> (b c d)
(cdr '(1 . 2)) ;=> 2
(guard (e ((error-object? e) 'error)) (cdr '())) ;=> error
(let ((p (cons 1 2))) (set-car! p 3) (set-cdr! p 4) p) ;=> (3 . 4)
(guard (e ((error-object? e) 'error)) (set-car! '() 1)) ;=> error
(define tree '(((1 . 2) . (3 . 4)) . ((5 . 6) . (7 . 8))))
(map (lambda (f) (f tree)) (list caar cadr cdar cddr)) ;=> ((1 . 2) (5 . 6) (3 . 4) (7 . 8))
(map (lambda (f) (f tree)) (list caaar caadr cadar caddr cdaar cdadr cddar cdddr)) ;=> (1 5 3 7 2 6 4 8)
(define (leaves n) (if (= n 0) (begin (set! leaf (+ leaf 1)) leaf) (let* ((a (leaves (- n 1))) (d (leaves (- n 1)))) (cons a d))))
(define leaf 0)
(define full (leaves 4))
(map (lambda (f) (f full)) (list caaaar caaadr caadar caaddr cadaar cadadr caddar cadddr)) ;=> (1 9 5 13 3 11 7 15)
(map (lambda (f) (f full)) (list cdaaar cdaadr cdadar cdaddr cddaar cddadr cdddar cddddr)) ;=> (2 10 6 14 4 12 8 16)
(guard (e ((error-object? e) 'error)) (cadr '(1))) ;=> error
(guard (e ((error-object? e) 'error)) (cddddr '(1 2 3))) ;=> error
(null? '()) ;=> #t
(null? '(1)) ;=> #f
(null? #f) ;=> #f
(null? (cdr '(1))) ;=> #t
(map list? '((a b c) () (a . b) a #(1))) ;=> (#t #t #f #f #f)
(let ((c (list 'a))) (set-cdr! c c) (list? c)) ;=> #f
(list? '#0=(a b . #0#)) ;=> #f
(make-list 2 3) ;=> (3 3)
(length (make-list 5)) ;=> 5
(make-list 0 'x) ;=> ()
(let ((l (make-list 2 'x))) (set-car! l 'y) l) ;=> (y x)
(list 'a (+ 3 4) 'c) ;=> (a 7 c)
(list) ;=> ()
(eq? (list 1) (list 1)) ;=> #f
(length '(a b c)) ;=> 3
(length '(a (b) (c d e))) ;=> 3
(length '()) ;=> 0
(guard (e ((error-object? e) 'error)) (length '(1 . 2))) ;=> error
(guard (e ((error-object? e) 'error)) (length 5)) ;=> error
(guard (e ((error-object? e) 'error)) (length '#0=(a . #0#))) ;=> error
(append '(x) '(y)) ;=> (x y)
(append '(a) '(b c d)) ;=> (a b c d)
(append '(a (b)) '((c))) ;=> (a (b) (c))
(append '(a b) '(c . d)) ;=> (a b c . d)
(append '() 'a) ;=> a
(append) ;=> ()
(append '(1)) ;=> (1)
(append 5) ;=> 5
(append '() '()) ;=> ()
(append '(1) '() '(2) '()) ;=> (1 2)
(append '(1) '(2) '(3 . 4)) ;=> (1 2 3 . 4)
(append '() '() 5) ;=> 5
(let ((last (list 3))) (eq? last (cddr (append '(1 2) last)))) ;=> #t
(let ((first (list 1))) (eq? first (append first '(2)))) ;=> #f
(guard (e ((error-object? e) 'error)) (append '(1 . 2) '(3))) ;=> error
(guard (e ((error-object? e) 'error)) (append 5 '(3))) ;=> error
(reverse '(a b c)) ;=> (c b a)
(reverse '(a (b c) d (e (f)))) ;=> ((e (f)) d (b c) a)
(reverse '()) ;=> ()
(guard (e ((error-object? e) 'error)) (reverse '(1 . 2))) ;=> error
(list-tail '(a b c d) 2) ;=> (c d)
(list-tail '(a b c) 3) ;=> ()
(list-tail '(a b c) 0) ;=> (a b c)
(list-tail '(a . b) 1) ;=> b
(let ((l (list 1 2 3))) (eq? (cddr l) (list-tail l 2))) ;=> #t
(guard (e ((error-object? e) 'error)) (list-tail '(a b) 3)) ;=> error
(guard (e ((error-object? e) 'error)) (list-tail '(a b) -1)) ;=> error
(list-ref '(a b c d) 2) ;=> c
(list-ref '(a b c d) (exact (round 1.8))) ;=> c
(list-ref '(a . b) 0) ;=> a
(list-ref '#0=(a b . #0#) 5) ;=> b
(guard (e ((error-object? e) 'error)) (list-ref '(a b) 2)) ;=> error
(guard (e ((error-object? e) 'error)) (list-ref '(a b) 1.0)) ;=> error
(let ((ls (list 'one 'two 'five!))) (list-set! ls 2 'three) ls) ;=> (one two three)
(let ((ls (list 1 2))) (list-set! ls 0 'x) ls) ;=> (x 2)
(guard (e ((error-object? e) 'error)) (list-set! (list 1 2) 2 'x)) ;=> error
(memq 'c '(a b c d e)) ;=> (c d e)
(memq 'a '(b c d)) ;=> #f
(memq 'a '()) ;=> #f
(memq (list 'a) '(b (a) c)) ;=> #f
(member (list 'a) '(b (a) c)) ;=> ((a) c)
(member "B" '("a" "b" "c") string-ci=?) ;=> ("b" "c")
(memv 101 '(100 101 102)) ;=> (101 102)
(memv 1.5 '(1 1.5 2)) ;=> (1.5 2)
(member 2.0 '(1 2 3)) ;=> #f
(member 2.0 '(1 2 3) =) ;=> (2 3)
(member 2 '(1 2 3) <) ;=> (3)
(let ((l (list 1 2 3))) (eq? (cdr l) (memv 2 l))) ;=> #t
(let ((seen '())) (member 5 '(1 2) (lambda (a b) (set! seen (cons (list a b) seen)) #f)) (reverse seen)) ;=> ((5 1) (5 2))
(guard (e ((error-object? e) 'error)) (memq 'a '(b . c))) ;=> error
(define e '((a 1) (b 2) (c 3)))
(assq 'a e) ;=> (a 1)
(assq 'b e) ;=> (b 2)
(assq 'd e) ;=> #f
(assq 'a '()) ;=> #f
(assq (list 'a) '(((a)) ((b)) ((c)))) ;=> #f
(assoc (list 'a) '(((a)) ((b)) ((c)))) ;=> ((a))
(assoc 2.0 '((1 1) (2 4) (3 9)) =) ;=> (2 4)
(assoc 2.0 '((1 1) (2 4) (3 9))) ;=> #f
(assv 5 '((2 3) (5 7) (11 13))) ;=> (5 7)
(assv 1e300 '((1 a) (1e300 b))) ;=> (1e300 b)
(assoc "b" '(("a" . 1) ("b" . 2))) ;=> ("b" . 2)
(assoc "B" '(("a" . 1) ("b" . 2)) string-ci=?) ;=> ("b" . 2)
(let ((seen '())) (assoc 5 '((1) (2)) (lambda (a b) (set! seen (cons (list a b) seen)) #f)) (reverse seen)) ;=> ((5 1) (5 2))
(guard (e ((error-object? e) 'error)) (assq 'a '(b))) ;=> error
(let ((e (list (cons 'a 1)))) (set-cdr! (assq 'a e) 2) e) ;=> ((a . 2))
(define a '(1 8 2 8))
(define b (list-copy a))
(begin (set-car! b 3) b) ;=> (3 8 2 8)
a ;=> (1 8 2 8)
(list-copy '(1 2 . 3)) ;=> (1 2 . 3)
(list-copy '()) ;=> ()
(list-copy 5) ;=> 5
(let* ((l (list 1 2 3)) (c (list-copy l))) (eq? l c)) ;=> #f
(let* ((l (list (list 1))) (c (list-copy l))) (eq? (car l) (car c))) ;=> #t
