; R7RS 6.10: procedures, mapping, continuations, values, winders.
(map procedure? (list car 'car (lambda (x) x) '(lambda (x) x) (make-parameter 1) (delay 1))) ;=> (#t #f #t #f #t #f)
(call-with-current-continuation procedure?) ;=> #t
(apply + (list 3 4)) ;=> 7
(apply + 1 2 '(3 4)) ;=> 10
(apply + '()) ;=> 0
(apply list 1 '()) ;=> (1)
(define compose (lambda (f g) (lambda args (f (apply g args)))))
((compose sqrt *) 12 75) ;=> 30
(apply apply (list + (list 1 2))) ;=> 3
(apply (lambda (a b . c) (list a b c)) '(1 2 3 4)) ;=> (1 2 (3 4))
(let ((l (list 1 2))) (eq? l (apply list l))) ;=> #f
(apply max (make-list 20000 1)) ;=> 1
(length (apply list (make-list 100000 'x))) ;=> 100000
(guard (e (#t 'error)) (apply + 1)) ;=> error
(guard (e (#t 'error)) (apply + '(1 . 2))) ;=> error
(guard (e (#t 'error)) (apply 5 '())) ;=> error

; map and its kin.
(map cadr '((a b) (d e) (g h))) ;=> (b e h)
(map (lambda (n) (expt n n)) '(1 2 3 4 5)) ;=> (1 4 27 256 3125)
(map + '(1 2 3) '(4 5 6)) ;=> (5 7 9)
(map + '(1 2 3) '(10 20)) ;=> (11 22)
(map + '(1 2) '(10 20) '(100 200 300)) ;=> (111 222)
(map list '(1 2) '(a b) '(x y)) ;=> ((1 a x) (2 b y))
(map car '()) ;=> ()
(map + '() '(1)) ;=> ()
(map (lambda (x) x) '#0=(1)) ;=> (1)
(map + '(1 2) '#0=(10 . #0#)) ;=> (11 12)
(map + '#0=(10 . #0#) '(1 2)) ;=> (11 12)
(map + '(1 2) '#0=(10 . #0#) '#1=(1 2 . #1#)) ;=> (12 14)
(let ((count 0)) (sort (map (lambda (ignored) (set! count (+ count 1)) count) '(a b)) <)) ;=> (1 2)
(guard (e (#t 'error)) (map car 5)) ;=> error
(string-map char-foldcase "AbdEgH") ;=> "abdegh"
(string-map (lambda (c) (integer->char (+ 1 (char->integer c)))) "HAL") ;=> "IBM"
(string-map (lambda (c k) ((if (eqv? k #\u) char-upcase char-downcase) c)) "studlycaps xxx" "ululululul") ;=> "StUdLyCaPs"
(string-map char-upcase "") ;=> ""
(string-map (lambda (a b c) b) "abc" "xyz!" "12") ;=> "xy"
(string-map (lambda (c) #\λ) "ab") ;=> "λλ"
(guard (e (#t 'error)) (string-map (lambda (c) 5) "ab")) ;=> error
(vector-map cadr '#((a b) (d e) (g h))) ;=> #(b e h)
(vector-map (lambda (n) (expt n n)) #(1 2 3 4 5)) ;=> #(1 4 27 256 3125)
(vector-map * #(1 2) #(10 20 30)) ;=> #(10 40)
(vector-map + #(1 2) #(3) #(4 5)) ;=> #(8)
(vector-map car #()) ;=> #()
(guard (e (#t 'error)) (vector-map car '(1))) ;=> error
(let ((v (make-vector 5))) (for-each (lambda (i) (vector-set! v i (* i i))) '(0 1 2 3 4)) v) ;=> #(0 1 4 9 16)
(let ((seen '())) (for-each (lambda (a b) (set! seen (cons (list a b) seen))) '(1 2 3) '(x y)) (reverse seen)) ;=> ((1 x) (2 y))
(let ((seen '())) (for-each (lambda (a b) (set! seen (cons (+ a b) seen))) '(1 2) '#0=(10 . #0#)) (reverse seen)) ;=> (11 12)
(let ((n 0)) (for-each (lambda (x) (set! n (+ n 1))) '()) n) ;=> 0
(let ((v '())) (string-for-each (lambda (c) (set! v (cons (char->integer c) v))) "abcde") v) ;=> (101 100 99 98 97)
(let ((v '())) (string-for-each (lambda (a b) (set! v (cons (string a b) v))) "abc" "xy") v) ;=> ("by" "ax")
(let ((n 0)) (string-for-each (lambda (c) (set! n (+ n 1))) "") n) ;=> 0
(let ((v (make-list 5))) (vector-for-each (lambda (i) (list-set! v i (* i i))) '#(0 1 2 3 4)) v) ;=> (0 1 4 9 16)
(let ((v '())) (vector-for-each (lambda (a b) (set! v (cons (+ a b) v))) #(1 2 3) #(10 20)) v) ;=> (22 11)
(let ((n 0)) (vector-for-each (lambda (x) (set! n (+ n 1))) #()) n) ;=> 0

; Entering map and its kin again does not change what they returned before.
(let ((k #f) (results '())) (let ((result (map (lambda (x) (call/cc (lambda (c) (if (= x 2) (set! k c)) x))) '(1 2 3)))) (set! results (cons result results)) (if (< (length results) 3) (k (* 10 (length results)))) results)) ;=> ((1 20 3) (1 10 3) (1 2 3))
(let ((k #f) (results '())) (let ((result (map (lambda (x y) (call/cc (lambda (c) (if (= x 1) (set! k c)) (+ x y)))) '(1 2) '(10 20)))) (set! results (cons result results)) (if (< (length results) 2) (k 'again)) results)) ;=> ((again 22) (11 22))
(let ((k #f) (results '())) (let ((result (vector-map (lambda (x) (call/cc (lambda (c) (if (= x 2) (set! k c)) x))) #(1 2 3)))) (set! results (cons result results)) (if (< (length results) 3) (k (* 10 (length results)))) results)) ;=> (#(1 20 3) #(1 10 3) #(1 2 3))
(let ((k #f) (results '())) (let ((result (string-map (lambda (x) (call/cc (lambda (c) (if (char=? x #\b) (set! k c)) x))) "abc"))) (set! results (cons result results)) (if (< (length results) 2) (k #\x)) results)) ;=> ("axc" "abc")
(let ((k #f) (seen '()) (again 0)) (string-for-each (lambda (x) (call/cc (lambda (c) (if (char=? x #\b) (set! k c)))) (set! seen (cons x seen))) "abc") (set! again (+ again 1)) (if (< again 3) (k #f)) (list->string (reverse seen))) ;=> "abcbcbc"
(let ((k #f) (seen '()) (again 0)) (for-each (lambda (x) (call/cc (lambda (c) (if (= x 2) (set! k c)))) (set! seen (cons x seen))) '(1 2 3)) (set! again (+ again 1)) (if (< again 2) (k #f)) (reverse seen)) ;=> (1 2 3 2 3)
(let ((k #f) (seen '()) (again 0)) (vector-for-each (lambda (x) (call/cc (lambda (c) (if (= x 2) (set! k c)))) (set! seen (cons x seen))) #(1 2 3)) (set! again (+ again 1)) (if (< again 2) (k #f)) (reverse seen)) ;=> (1 2 3 2 3)
(let ((k #f) (count 0)) (let ((found (list (call/cc (lambda (c) (set! k c) 1)) 2))) (set! count (+ count 1)) (if (< count 3) (k (* count 10)) found))) ;=> (20 2)

; Continuations.
(call-with-current-continuation (lambda (exit) (for-each (lambda (x) (if (negative? x) (exit x))) '(54 0 37 -3 245 19)) #t)) ;=> -3
(define list-length (lambda (obj) (call-with-current-continuation (lambda (return) (letrec ((r (lambda (obj) (cond ((null? obj) 0) ((pair? obj) (+ (r (cdr obj)) 1)) (else (return #f)))))) (r obj))))))
(list-length '(1 2 3 4)) ;=> 4
(list-length '(a b . c)) ;=> #f
(call/cc (lambda (k) (k 1) 2)) ;=> 1
(+ 1 (call/cc (lambda (k) (* 10 (k 1))))) ;=> 2
(call/cc (lambda (k) 5)) ;=> 5
(eq? call/cc call-with-current-continuation) ;=> #t
(let ((k #f) (n 0)) (call/cc (lambda (c) (set! k c))) (set! n (+ n 1)) (if (< n 5) (k #f)) n) ;=> 5
(let* ((k #f) (n 0) (result (+ 100 (call/cc (lambda (c) (set! k c) 0))))) (set! n (+ n 1)) (if (< n 3) (k n) result)) ;=> 102
(let ((f (call/cc (lambda (k) (lambda (x) (k (lambda (y) (list x y)))))))) (f 1)) ;=> (1 1)
(call-with-values (lambda () (call/cc (lambda (k) (k 1 2 3)))) list) ;=> (1 2 3)
(call-with-values (lambda () (call/cc (lambda (k) (k)))) list) ;=> ()
(begin (call/cc (lambda (k) (k 1 2))) 'values-ignored) ;=> values-ignored
(apply (call/cc (lambda (k) (lambda args (cons 'got args)))) '(1 2)) ;=> (got 1 2)
(let loop ((i 0)) (if (< i 1000) (begin (call/cc (lambda (k) (k i))) (loop (+ i 1))) i)) ;=> 1000
(guard (e (#t 'error)) (call/cc 5)) ;=> error
(define (generator items) (define return #f) (define (resume) (for-each (lambda (x) (call/cc (lambda (next) (set! resume (lambda () (next #f))) (return x)))) items) (return 'done)) (lambda () (call/cc (lambda (r) (set! return r) (resume)))))
(let* ((g (generator '(1 2))) (a (g)) (b (g)) (c (g))) (list a b c)) ;=> (1 2 done)

; Several values.
(call-with-values (lambda () (values 4 5)) (lambda (a b) b)) ;=> 5
(call-with-values * -) ;=> -1
(call-with-values (lambda () 5) list) ;=> (5)
(call-with-values (lambda () (values)) list) ;=> ()
(call-with-values values list) ;=> ()
(values 5) ;=> 5
(+ 1 (values 2)) ;=> 3
(call-with-values (lambda () (values 1 2)) (case-lambda ((a) 'one) ((a b) 'two))) ;=> two
(let ((k #f)) (call-with-values (lambda () (if #t (values 1 2) 3)) cons)) ;=> (1 . 2)
(guard (e (#t 'count)) (call-with-values (lambda () (values 1 2)) (lambda (a) a))) ;=> count
(let-values (((a b) (let ((x 1)) (values x 2)))) (list a b)) ;=> (1 2)
(begin (values 1 2) 3) ;=> 3
(call-with-values (lambda () (apply values (make-list 1000 1))) +) ;=> 1000

; Winders.
(let ((path '())) (dynamic-wind (lambda () (set! path (cons 'in path))) (lambda () (set! path (cons 'body path))) (lambda () (set! path (cons 'out path)))) (reverse path)) ;=> (in body out)
(dynamic-wind (lambda () 1) (lambda () 2) (lambda () 3)) ;=> 2
(call-with-values (lambda () (dynamic-wind (lambda () 1) (lambda () (values 2 3)) (lambda () 4))) list) ;=> (2 3)
(let ((path '())) (call/cc (lambda (k) (dynamic-wind (lambda () (set! path (cons 'in path))) (lambda () (k 1)) (lambda () (set! path (cons 'out path)))))) (reverse path)) ;=> (in out)
(let ((path '()) (k #f)) (let ((add (lambda (s) (set! path (cons s path))))) (dynamic-wind (lambda () (add 'connect)) (lambda () (add (call/cc (lambda (c0) (set! k c0) 'talk1)))) (lambda () (add 'disconnect))) (if (< (length path) 4) (k 'talk2) (reverse path)))) ;=> (connect talk1 disconnect connect talk2 disconnect)
(let ((path '())) (define (note x) (set! path (cons x path))) (call/cc (lambda (k) (dynamic-wind (lambda () (note 1)) (lambda () (dynamic-wind (lambda () (note 2)) (lambda () (k 0)) (lambda () (note 3)))) (lambda () (note 4))))) (reverse path)) ;=> (1 2 3 4)
; From one inside into another, only what is not shared is left and entered.
(let ((path '()) (k #f) (times 0)) (define (note x) (set! path (cons x path))) (dynamic-wind (lambda () (note 'a)) (lambda () (dynamic-wind (lambda () (note 'b)) (lambda () (call/cc (lambda (c) (set! k c)))) (lambda () (note 'c))) (set! times (+ times 1)) (if (= times 1) (dynamic-wind (lambda () (note 'd)) (lambda () (k #f)) (lambda () (note 'e))))) (lambda () (note 'f))) (reverse path)) ;=> (a b c d e b c f)
; before and after run outside the extent of the thunk.
(let ((path '())) (call/cc (lambda (k) (dynamic-wind (lambda () (k 'escaped)) (lambda () (set! path (cons 'body path))) (lambda () (set! path (cons 'after path)))))) path) ;=> ()
(let ((path '())) (call/cc (lambda (k) (dynamic-wind (lambda () (set! path (cons 'in path))) (lambda () 1) (lambda () (set! path (cons 'out path)) (k 2))))) (reverse path)) ;=> (in out)
(let ((p (make-parameter 1)) (seen '())) (parameterize ((p 2)) (dynamic-wind (lambda () (set! seen (cons (p) seen))) (lambda () (parameterize ((p 3)) (set! seen (cons (p) seen)))) (lambda () (set! seen (cons (p) seen))))) seen) ;=> (2 3 2)
(let ((p (make-parameter 1)) (k #f) (seen '()) (n 0)) (parameterize ((p 2)) (call/cc (lambda (c) (set! k c))) (set! seen (cons (p) seen))) (set! seen (cons (p) seen)) (set! n (+ n 1)) (if (< n 2) (k #f)) (reverse seen)) ;=> (2 1 2 1)
(let ((n 0)) (dynamic-wind (lambda () (set! n (+ n 1))) (lambda () 'x) (lambda () (set! n (+ n 10)))) n) ;=> 11
; A continuation goes on in the dynamic state it was captured in, whatever ran in its frames' place before.
(let ((p (make-parameter 'outside))) (define (inner) (parameterize ((p 'inside)) (let ((y (call/cc (lambda (k) (k 1))))) (+ y 1))) (call/cc (lambda (k) (k 1)))) (define (outer) (let ((x (inner))) (list x (p)))) (outer)) ;=> (1 outside)
(let ((p (make-parameter 'outside))) (define (inner n) (if (> n 0) (begin (parameterize ((p n)) (let ((y (call/cc (lambda (k) (k 1))))) (+ y 1))) (inner (- n 1))) (call/cc (lambda (k) (k 1))))) (define (outer n) (if (= n 0) (inner 3) (let ((x (outer (- n 1)))) (list x (p))))) (outer 3)) ;=> (((1 outside) outside) outside)
