; Prompts and composable continuations: (pscheme control) and the part of SRFI 226 that prompts cover.

; call-with-prompt and abort-to-prompt.
(define tag (make-prompt-tag 'test))
(define (prompt thunk . handler) (call-with-prompt tag thunk (if (pair? handler) (car handler) (lambda (k . values) values))))
(define (abort . values) (apply abort-to-prompt tag values))
(prompt (lambda () 5)) ;=> 5
(call-with-values (lambda () (prompt (lambda () (values 1 2)))) list) ;=> (1 2)
(prompt (lambda () (+ 1 (abort 1 2 3)))) ;=> (1 2 3)
(prompt (lambda () (+ 1 (abort)))) ;=> ()
(+ 1 (prompt (lambda () (+ 10 (abort 5))) (lambda (k x) (* 2 x)))) ;=> 11
(prompt (lambda () (+ 10 (abort))) (lambda (k) (k 5))) ;=> 15
(prompt (lambda () (+ 10 (abort))) (lambda (k) (k (k 5)))) ;=> 25
(call-with-values (lambda () (prompt (lambda () (+ 1 (abort)) (values 7 8)) (lambda (k) (k 1)))) list) ;=> (7 8)
(prompt (lambda () (call-with-values abort list)) (lambda (k) (k 1 2 3))) ;=> (1 2 3)
(prompt (lambda () (call-with-values abort list)) (lambda (k) (k))) ;=> ()
(let ((k (prompt (lambda () (* 2 (+ 1 (abort)))) (lambda (k) k)))) (list (k 1) (k 2) (+ 100 (k 3)))) ;=> (4 6 108)
(let ((k (prompt (lambda () (abort)) (lambda (k) k)))) (call-with-values (lambda () (k 1 2)) list)) ;=> (1 2)
(procedure? (prompt (lambda () (abort)) (lambda (k) k))) ;=> #t
; The handler is called in the place of call-with-prompt: outside of the prompt.
(call-with-prompt tag (lambda () (prompt (lambda () (abort 'in)) (lambda (k x) (abort 'out x)))) (lambda (k . values) values)) ;=> (out in)
(prompt (lambda () (+ 1 (abort 'once))) (lambda (k x) (guard (e ((continuation-violation? e) (list x 'no-prompt))) (abort 'twice)))) ;=> (once no-prompt)
; The continuation does not contain the prompt.
(let ((k (prompt (lambda () (abort 'first) (abort 'second)) (lambda (k x) k)))) (guard (e ((continuation-violation? e) 'not-inside)) (k 1))) ;=> not-inside
(let ((k (prompt (lambda () (abort 'first) (abort 'second)) (lambda (k x) k)))) (prompt (lambda () (k 1)))) ;=> (second)
; Any object is a tag, by eq?; the nearest prompt counts.
(call-with-prompt 'a (lambda () (call-with-prompt 'b (lambda () (abort-to-prompt 'a 1)) (lambda (k x) (list 'b x)))) (lambda (k x) (list 'a x))) ;=> (a 1)
(call-with-prompt 'a (lambda () (call-with-prompt 'a (lambda () (abort-to-prompt 'a 1)) (lambda (k x) (list 'inner x)))) (lambda (k x) (list 'outer x))) ;=> (inner 1)
(call-with-prompt 'a (lambda () (+ 1 (call-with-prompt 'b (lambda () (+ 10 (abort-to-prompt 'a))) (lambda (k) 'b)))) (lambda (k) (list (k 100) (k 200)))) ;=> (111 211)
(abort-to-prompt tag 1) ;!> E0124 no prompt is in force with the tag #<prompt-tag>
(guard (e (#t (list (continuation-violation? e) (eq? tag (continuation-violation-prompt-tag e)) (error-object? e)))) (abort)) ;=> (#t #t #t)
(guard (e ((continuation-violation? e) 'none)) (abort-to-prompt (default-prompt-tag) 1)) ;=> none
(call-with-prompt 'a (lambda () 1) 5) ;!> E0104 call-with-prompt expects a procedure as its third argument, found 5
(map continuation-violation? (list 1 'x (guard (e (#t e)) (car 5)))) ;=> (#f #f #f)
(guard (e ((error-object? e) 'wrong)) (continuation-violation-prompt-tag 5)) ;=> wrong
; A prompt inside the part comes back with it, however often.
(define (nested) (prompt (lambda () (list 'rest (call-with-prompt 'inner (lambda () (let ((x (abort))) (list 'body (abort-to-prompt 'inner x)))) (lambda (k x) (list 'handled x (k (* 2 x))))))) (lambda (k) k)))
((nested) 5) ;=> (rest (handled 5 (body 10)))
(let ((k (nested))) (list (k 1) (k 2))) ;=> ((rest (handled 1 (body 2))) (rest (handled 2 (body 4))))
(let ((k (prompt (lambda () (call-with-prompt 'a (lambda () (call-with-prompt 'b (lambda () (let ((x (abort))) (abort-to-prompt x x))) (lambda (k x) (list 'b (k 1))))) (lambda (k x) (list 'a (k 2))))) (lambda (k) k)))) (list (k 'a) (k 'b) (call-with-prompt 'c (lambda () (k 'c)) (lambda (k x) (list 'c (k 3)))))) ;=> ((a 2) (b 1) (c 3))
; A continuation taken out of one that came back.
(let* ((k1 (prompt (lambda () (list 1 (abort) (abort))) (lambda (k) k))) (k2 (prompt (lambda () (list 2 (k1 'a))) (lambda (k) k)))) (list (k2 'b) (prompt (lambda () (list 3 (k2 'c)))))) ;=> ((2 (1 a b)) (3 (2 (1 a c))))
(define (drop-in k n) (if (= n 0) (k 0) (+ 1 (drop-in k (- n 1)))))
(drop-in (prompt (lambda () (+ 1000 (abort))) (lambda (k) k)) 50) ;=> 1050
(let ((k (prompt (lambda () (let loop ((n 60)) (if (= n 0) (abort) (+ 1 (loop (- n 1)))))) (lambda (k) k)))) (list (k 0) (k (k 0)) (apply + (map k '(1 2 3))))) ;=> (60 120 186)
; call/cc inside a prompt is the whole continuation; it can be left and entered again.
(let ((n 0) (saved #f)) (let ((r (+ 100 (prompt (lambda () (+ 10 (call/cc (lambda (c) (set! saved c) 1)))))))) (set! n (+ n 1)) (if (< n 3) (saved n) (list n r)))) ;=> (3 112)
(call/cc (lambda (leave) (prompt (lambda () (+ 1 (leave 'left)))) 'not-here)) ;=> left
(let ((saved #f) (n 0)) (let ((r (prompt (lambda () (call/cc (lambda (c) (set! saved c))) (set! n (+ n 1)) (abort n)) (lambda (k n) n)))) (if (< r 3) (saved #f) r))) ;=> 3
(let ((k (prompt (lambda () (+ 1 (call/cc (lambda (leave) (+ 10 (abort)))))) (lambda (k) k)))) (list (k 1) (k 2))) ;=> (12 13)

; Winders.
(define trace '())
(define (note x) (set! trace (cons x trace)) x)
(define (traced thunk) (set! trace '()) (let ((value (thunk))) (list value (reverse trace))))
(define (wound name thunk) (dynamic-wind (lambda () (note (list 'in name))) thunk (lambda () (note (list 'out name)))))
(traced (lambda () (prompt (lambda () (wound 1 (lambda () (note 'body) (abort 'x) (note 'never)))) (lambda (k x) (note 'handler) x)))) ;=> (x ((in 1) body (out 1) handler))
(traced (lambda () (prompt (lambda () (wound 1 (lambda () (+ 1 (abort))))) (lambda (k) (note 'handler) (k 5))))) ;=> (6 ((in 1) (out 1) handler (in 1) (out 1)))
(traced (lambda () (prompt (lambda () (wound 1 (lambda () (wound 2 (lambda () (abort)))))) (lambda (k) (note 'handler) (list (k 'a) (k 'b)))))) ;=> ((a b) ((in 1) (in 2) (out 2) (out 1) handler (in 1) (in 2) (out 2) (out 1) (in 1) (in 2) (out 2) (out 1)))
(traced (lambda () (wound 0 (lambda () (prompt (lambda () (wound 1 abort)) (lambda (k) (wound 2 (lambda () (k 'a))))))))) ;=> (a ((in 0) (in 1) (out 1) (in 2) (in 1) (out 1) (out 2) (out 0)))
; What lies between is left and entered with it.
(traced (lambda () (let ((k (prompt (lambda () (wound 1 (lambda () (abort) (abort) 'end))) (lambda (k) k)))) (note '-) (let ((k (prompt (lambda () (wound 2 (lambda () (k 'x)))) (lambda (k) k)))) (note '-) (k 'y))))) ;=> (end ((in 1) (out 1) - (in 2) (in 1) (out 1) (out 2) - (in 2) (in 1) (out 1) (out 2)))
; A throw into a part that came back finds its states.
(traced (lambda () (let ((k (prompt (lambda () (wound 1 (lambda () (let ((c (call/cc (lambda (c) (abort) c)))) (if (procedure? c) (c 'again) c))))) (lambda (k) k)))) (call/cc (lambda (leave) (wound 2 (lambda () (leave 'left)))))))) ;=> (left ((in 1) (out 1) (in 2) (out 2)))
(traced (lambda () (let ((again #f) (n 0)) (let ((k (prompt (lambda () (wound 1 (lambda () (abort) (call/cc (lambda (c) (set! again c))) (set! n (+ n 1)) n))) (lambda (k) k)))) (let ((r (wound 2 (lambda () (k #f))))) (if (< r 2) (again #f) r)))))) ;=> (2 ((in 1) (out 1) (in 2) (in 1) (out 1) (out 2) (in 2) (in 1) (out 1) (out 2)))
; An abort out of what winds up goes on from the states around it.
(traced (lambda () (prompt (lambda () (dynamic-wind (lambda () (note 'in)) (lambda () (abort 'first)) (lambda () (note 'out) (abort 'second)))) (lambda (k x) x)))) ;=> (second (in out))
; What winds up or down can capture, and goes on where it is put.
(traced (lambda () (let ((k (prompt (lambda () (dynamic-wind (lambda () (note 'in)) (lambda () (call-with-prompt 'deeper (lambda () (note (abort 'body)) 'value) list)) (lambda () (note 'out)))) (lambda (k x) k)))) (note '-) (prompt (lambda () (wound 1 (lambda () (k 'came)))))))) ;=> (value (in out - (in 1) in came out (out 1)))
(traced (lambda () (let ((k (prompt (lambda () (dynamic-wind (lambda () (note (abort 'before))) (lambda () (note 'body)) (lambda () (note 'after)))) (lambda (k x) k)))) (note '-) (wound 1 (lambda () (k 'ready)))))) ;=> (body (- (in 1) ready body after (out 1)))
(traced (lambda () (let ((k (prompt (lambda () (dynamic-wind (lambda () (note 'before)) (lambda () (note 'body)) (lambda () (note (abort 'after))))) (lambda (k x) k)))) (note '-) (wound 1 (lambda () (k 'ready)))))) ;=> (body (before body - (in 1) ready (out 1)))
; While a continuation is entered, what winds down one state is inside the prompts around it.
(traced (lambda () (let ((again #f) (n 0)) (prompt (lambda () (dynamic-wind (lambda () (set! n (+ n 1)) (if (> n 1) (note (abort n)))) (lambda () (call/cc (lambda (c) (set! again c))) (note 'body)) (lambda () (note 'after)))) (lambda (k x) (note 'aborted) (k 'entered))) (note '-) (if (= n 1) (again #f) 'end)))) ;=> (end (body after - aborted entered body after -))
(traced (lambda () (let ((n 0)) (let ((k (call-with-prompt 'outer (lambda () (prompt (lambda () (dynamic-wind (lambda () (set! n (+ n 1)) (if (> n 1) (note (abort n)))) (lambda () (note (abort-to-prompt 'outer))) (lambda () (note 'after)))) (lambda (k x) (note 'aborted) (list x (k 'entered))))) (lambda (k) k)))) (note '-) (k 'value))))) ;=> ((2 value) (after - aborted entered value after))

; Parameters and handlers come along as what they add to the present ones.
(define p (make-parameter 'global))
(define q (make-parameter 'global (lambda (x) (note (list 'converted x)) x)))
(let ((k (prompt (lambda () (parameterize ((p 'inside)) (abort) (p))) (lambda (k) k)))) (list (k 1) (parameterize ((p 'other)) (list (k 1) (p))) (p))) ;=> (inside (inside other) global)
(let ((k (prompt (lambda () (list (p) (abort) (p))) (lambda (k) k)))) (parameterize ((p 'there)) (k 'x))) ;=> (global x there)
(let ((k (parameterize ((p 'first)) (prompt (lambda () (list (p) (abort) (p))) (lambda (k) k))))) (list (k 'x) (parameterize ((p 'second)) (k 'y)))) ;=> ((first x global) (first y second))
(traced (lambda () (let ((k (prompt (lambda () (parameterize ((q 1)) (abort) (q))) (lambda (k) k)))) (list (k 0) (k 0))))) ;=> ((1 1) ((converted 1)))
(let ((k (prompt (lambda () (parameterize ((p 1)) (parameterize ((q 2)) (abort) (list (p) (q))))) (lambda (k) k)))) (parameterize ((q 5)) (parameterize ((p 6)) (list (k 0) (p) (q))))) ;=> ((1 2) 6 5)
(let ((k (prompt (lambda () (let ((inner (parameterize ((p 1)) (abort) (p)))) (list inner (p)))) (lambda (k) k)))) (parameterize ((p 7)) (k 0))) ;=> (1 7)
(let ((k (prompt (lambda () (with-exception-handler (lambda (e) (* 2 e)) (lambda () (+ 1 (raise-continuable (abort)))))) (lambda (k) k)))) (list (k 5) (with-exception-handler (lambda (e) 0) (lambda () (+ 1000 (k 6)))))) ;=> (11 1013)
(let ((k (prompt (lambda () (list (raise-continuable (abort)))) (lambda (k) k)))) (list (with-exception-handler (lambda (e) (list 'one e)) (lambda () (k 1))) (with-exception-handler (lambda (e) (list 'two e)) (lambda () (k 2))))) ;=> (((one 1)) ((two 2)))
; A handler runs with the handlers around its own, there as here.
(let ((k (prompt (lambda () (with-exception-handler (lambda (e) (list 'inner (raise-continuable (abort)))) (lambda () (raise-continuable 1)))) (lambda (k) k)))) (with-exception-handler (lambda (e) (list 'outer e)) (lambda () (k 5)))) ;=> (inner (outer 5))
(let ((k (with-exception-handler (lambda (e) (list 'was e)) (lambda () (prompt (lambda () (raise-continuable (abort))) (lambda (k) k)))))) (guard (e (#t (list 'now e))) (k 5))) ;=> (now 5)
; guard inside the part is the part's.
(let ((k (prompt (lambda () (guard (e (#t (list 'caught e))) (raise (abort)))) (lambda (k) k)))) (list (k 1) (list (k 2)))) ;=> ((caught 1) ((caught 2)))
(let ((k (prompt (lambda () (guard (e ((string? e) (list 'caught e))) (raise (abort)))) (lambda (k) k)))) (list (k "a") (guard (e (#t (list 'outside e))) (k 'b)))) ;=> ((caught "a") (outside b))
(let ((k (prompt (lambda () (list (guard (e (#t (list 'caught (abort)))) (raise 'x)))) (lambda (k) k)))) (list (k 1) (k 2))) ;=> (((caught 1)) ((caught 2)))
(traced (lambda () (let ((k (prompt (lambda () (guard (e ((string? e) 'no)) (wound 1 (lambda () (raise-continuable (abort)))))) (lambda (k) k)))) (note '-) (with-exception-handler (lambda (e) (note e)) (lambda () (k 'x)))))) ;=> (x ((in 1) (out 1) - (in 1) (out 1) (in 1) x (out 1)))
(prompt (lambda () (guard (e (#t 'caught)) (wound 1 (lambda () (abort 'through))))) (lambda (k x) x)) ;=> through
(with-exception-handler (lambda (e) 10) (lambda () (guard (e ((string? e) (list 'caught e))) (raise (string-append "a" (number->string (raise-continuable 'x))))))) ;=> (caught "a10")
(guard (e (#t (list 'caught (prompt (lambda () (+ 1 (abort e))))))) (raise 'x)) ;=> (caught (x))
(let ((k (prompt (lambda () (guard (e ((eq? e 'mine) (list 'inner (abort e)))) (guard (e ((string? e) 'no)) (wound 1 (lambda () (raise (abort 'what))))))) (lambda (k x) k)))) (let ((k (prompt (lambda () (k 'mine)) (lambda (k x) k)))) (k 'end))) ;=> (inner end)
; Promises inside the part.
(let* ((n 0) (k (prompt (lambda () (force (delay (begin (set! n (+ n 1)) (list n (abort)))))) (lambda (k) k)))) (list (k 'a) (k 'b) n)) ;=> ((1 a) (1 a) 1)

; Generators, threads, effects.
(define (generate walk) (define (step thunk) (call-with-prompt 'generate thunk (lambda (k x) (cons x (lambda () (step (lambda () (k #f)))))))) (lambda () (step (lambda () (walk (lambda (x) (abort-to-prompt 'generate x))) '()))))
(define (take g n) (if (= n 0) '() (let ((r (g))) (if (pair? r) (cons (car r) (take (cdr r) (- n 1))) '()))))
(take (generate (lambda (yield) (let loop ((n 0)) (yield n) (loop (+ n 1))))) 5) ;=> (0 1 2 3 4)
(take (generate (lambda (yield) (for-each yield '(a b c)))) 10) ;=> (a b c)
(take (generate (lambda (yield) (let walk ((tree '((1 2) (3 (4)) 5))) (cond ((pair? tree) (walk (car tree)) (walk (cdr tree))) ((not (null? tree)) (yield tree)))))) 10) ;=> (1 2 3 4 5)
(take (generate (lambda (yield) (vector-for-each yield (vector-map (lambda (x) (yield (list 'map x)) (* x x)) #(1 2))))) 10) ;=> ((map 1) (map 2) 1 4)
(define (amb-list thunk) (call-with-prompt 'amb (lambda () (list (thunk))) (lambda (k choices) (apply append (map (lambda (c) (amb-list-in (lambda () (k c)))) choices)))))
(define (amb-list-in thunk) (call-with-prompt 'amb thunk (lambda (k choices) (apply append (map (lambda (c) (amb-list-in (lambda () (k c)))) choices)))))
(define (amb . choices) (abort-to-prompt 'amb choices))
(amb-list (lambda () (let* ((a (amb 1 2 3)) (b (amb 1 2 3))) (if (= a b) (amb) (list a b))))) ;=> ((1 2) (1 3) (2 1) (2 3) (3 1) (3 2))
(define (run-state thunk) (call-with-prompt 'state thunk (lambda (k change) (lambda (s) ((run-state (lambda () (k s))) (change s))))))
(define (with-state value thunk) ((run-state (lambda () (let ((r (thunk))) (lambda (s) (list r s))))) value))
(define (update! change) (abort-to-prompt 'state change))
(with-state 1 (lambda () (update! (lambda (s) (* s 10))) (update! (lambda (s) (+ s 5))) 'done)) ;=> (done 15)

; Constant space, and many.
(define (spin n) (if (= n 0) 'done (begin (prompt (lambda () (+ 1 (abort))) (lambda (k) n)) (spin (- n 1)))))
(spin 1000000) ;=> done
(let loop ((n 100000) (thunk (lambda () (let again () (abort) (again))))) (if (= n 0) 'done (loop (- n 1) (prompt thunk (lambda (k) (lambda () (k #f))))))) ;=> done
(let loop ((n 100000)) (call-with-prompt tag (lambda () (abort)) (lambda (k) (if (= n 0) 'done (loop (- n 1)))))) ;=> done
(let loop ((n 20000)) (reset (if (= n 0) 'done (shift k (loop (- n 1)))))) ;=> done
(let loop ((n 100000)) (if (= n 0) 'done (begin (guard (e (#t e)) (raise n)) (loop (- n 1))))) ;=> done
(define (deep-abort n) (if (= n 0) (abort) (+ 1 (call/cc (lambda (k) (deep-abort (- n 1)))))))
(let ((k (prompt (lambda () (deep-abort 5000)) (lambda (k) k)))) (list (k 0) (k 1) (k (k 0)))) ;=> (5000 5001 10000)
(define (deep-guard n) (if (= n 0) (abort) (+ 1 (guard (e ((string? e) 0)) (deep-guard (- n 1))))))
(let ((k (prompt (lambda () (deep-guard 1000)) (lambda (k) k)))) (list (k 0) (k (k 0)))) ;=> (1000 2000)

; reset and shift.
(+ 1 (reset 3)) ;=> 4
(+ 1 (reset (* 2 (shift k 4)))) ;=> 5
(+ 1 (reset (* 2 (shift k (k 4))))) ;=> 9
(+ 1 (reset (* 2 (shift k (k (k 4)))))) ;=> 17
(+ 1 (reset (* 2 (shift k1 (* 3 (shift k2 (k1 (k2 4)))))))) ;=> 25
(reset (cons 1 (shift k (cons 2 (k '()))))) ;=> (2 1)
(reset (let ((x (shift k (list (k 1) (k 2))))) (* x 10))) ;=> (10 20)
; The continuation of shift goes on inside a reset of its own.
(reset (begin (shift k (list 'first (k 1))) (shift k (list 'second (k 2))) 'end)) ;=> (first (second end))
(reset (list (shift k (list 'a (k 1))) (shift k (list 'b (k 2))))) ;=> (a (b (1 2)))
(cons 'x (reset (cons 'y (reset (cons 'z (shift k (list (k 1) (shift j (list 'outer (j 2)))))))))) ;=> (x y outer ((z . 1) 2))
(let ((reset list) (shift +)) (reset 1 (shift 2 3))) ;=> (1 5)
(let ((k (reset (* 2 (shift k k))))) (map k '(1 2 3))) ;=> (2 4 6)
(traced (lambda () (reset (wound 1 (lambda () (shift k (list (k 'a) (k 'b)))))))) ;=> ((a b) ((in 1) (out 1) (in 1) (out 1) (in 1) (out 1)))

; SRFI 226: tags.
(map continuation-prompt-tag? (list (default-continuation-prompt-tag) (make-continuation-prompt-tag) (make-continuation-prompt-tag 'name) (make-prompt-tag) 'symbol '())) ;=> (#t #t #t #t #f #f)
(eq? (default-continuation-prompt-tag) (default-continuation-prompt-tag)) ;=> #t
(eq? (default-continuation-prompt-tag) (default-prompt-tag)) ;=> #t
(equal? (make-continuation-prompt-tag) (default-continuation-prompt-tag)) ;=> #f
(equal? (make-continuation-prompt-tag) (make-continuation-prompt-tag)) ;=> #f
(list (make-continuation-prompt-tag 'mine) (default-continuation-prompt-tag)) ;=> (#<prompt-tag name: mine> #<prompt-tag name: default>)

; SRFI 226: prompts. The handler gets the objects alone; the default one calls its thunk in the prompt again.
(call-with-continuation-prompt (lambda () (+ 1 (abort-current-continuation tag 'foo 'bar) 2)) tag list) ;=> (foo bar)
(call-with-continuation-prompt (lambda () (abort-current-continuation tag (lambda () (abort-current-continuation tag (lambda () 27))))) tag #f) ;=> 27
(call-with-continuation-prompt (lambda () (+ 1 (abort-current-continuation (default-continuation-prompt-tag) (lambda () 5))))) ;=> 5
(call-with-continuation-prompt (lambda () 1 2)) ;=> 2
(call-with-values (lambda () (call-with-continuation-prompt (lambda () (values 1 2)) tag)) list) ;=> (1 2)
(guard (e ((continuation-violation? e) (eq? (continuation-violation-prompt-tag e) tag))) (abort-current-continuation tag 1)) ;=> #t
(call-with-continuation-prompt (lambda () 1) tag 5) ;!> E0104 call-with-continuation-prompt expects a procedure or #f as its third argument, found 5
(traced (lambda () (call-with-continuation-prompt (lambda () (wound 1 (lambda () (abort-current-continuation tag 'x)))) tag note))) ;=> (x ((in 1) (out 1) x))
; A process begins inside a prompt of the default tag, which the top level's forms are in.
(begin (abort-current-continuation (default-continuation-prompt-tag) (lambda () 'whole)) 'not-here) ;=> whole
(let ((n 0)) (dynamic-wind (lambda () #f) (lambda () (abort-current-continuation (default-continuation-prompt-tag) (lambda () n))) (lambda () (set! n 7)))) ;=> 7
(let ((k #f) (n 0)) (define (next) (set! n (+ n 1)) n) (list (call-with-composable-continuation (lambda (c) (set! k c) (next))) (if (< n 3) (k (next)) 'end))) ;=> (1 (2 (3 end)))

; SRFI 226: continuations.
(* 2 (call-with-continuation-prompt (lambda () (* 3 (call-with-non-composable-continuation (lambda (k) (* 5 (call-with-continuation-prompt (lambda () (* 7 (k 11))) tag))) tag))) tag)) ;=> 990
(* 2 (call-with-continuation-prompt (lambda () (* 3 (call-with-composable-continuation (lambda (k) (* 5 (call-with-continuation-prompt (lambda () (* 7 (k 11))) tag))) tag))) tag)) ;=> 6930
(call-with-non-composable-continuation (lambda (k) (+ 1 (k 5)))) ;=> 5
(call-with-continuation-prompt (lambda () (+ 1 (call-with-non-composable-continuation (lambda (k) (* 10 (k 5)))))) ) ;=> 6
(call-with-continuation-prompt (lambda () (call-with-values (lambda () (call-with-non-composable-continuation (lambda (k) (k 1 2)))) list))) ;=> (1 2)
(guard (e ((continuation-violation? e) 'none)) (call-with-non-composable-continuation values tag)) ;=> none
(guard (e ((continuation-violation? e) 'none)) (call-with-composable-continuation values tag)) ;=> none
(let ((k (call-with-continuation-prompt (lambda () (let ((k (call-with-non-composable-continuation values tag))) (if (procedure? k) k (* 10 k)))) tag))) (guard (e ((continuation-violation? e) 'none)) (k 5))) ;=> none
(let ((k (call-with-continuation-prompt (lambda () (let ((k (call-with-non-composable-continuation values tag))) (if (procedure? k) k (* 10 k)))) tag))) (list 'in (call-with-continuation-prompt (lambda () (list 'gone (k 5))) tag))) ;=> (in 50)
; Where both continuations lie in one prompt, what they share is not left.
(traced (lambda () (call-with-continuation-prompt (lambda () (wound 1 (lambda () (call-with-non-composable-continuation (lambda (k) (wound 2 (lambda () (k 'x)))) tag)))) tag))) ;=> (x ((in 1) (in 2) (out 2) (out 1)))
(traced (lambda () (let ((k (call-with-continuation-prompt (lambda () (wound 1 (lambda () (call-with-non-composable-continuation values tag)))) tag))) (note '-) (call-with-continuation-prompt (lambda () (wound 2 (lambda () (k 'x)))) tag)))) ;=> (x ((in 1) (out 1) - (in 2) (out 2) (in 1) (out 1)))
(map continuation? (list (call/cc values) (call-with-composable-continuation values) (call-with-non-composable-continuation values) (prompt (lambda () (abort)) (lambda (k) k)) values car (lambda (x) x) 5)) ;=> (#t #t #t #t #f #f #f #f)
(map non-composable-continuation? (list (call/cc values) (call-with-composable-continuation values) (call-with-non-composable-continuation values) values)) ;=> (#t #f #t #f)
(+ 1 (call/cc (lambda (k) (* 10 (call-in-continuation k (lambda () 5)))))) ;=> 6
(+ 1 (call/cc (lambda (k) (* 10 (call-in k + 2 3))))) ;=> 6
(+ 1 (call/cc (lambda (k) (* 10 (return-to k 5))))) ;=> 6
(call-with-values (lambda () (call/cc (lambda (k) (return-to k 1 2)))) list) ;=> (1 2)
(let ((k (prompt (lambda () (* 2 (abort))) (lambda (k) k)))) (+ 1 (call-in-continuation k + 2 3))) ;=> 11
(traced (lambda () (call/cc (lambda (k) (wound 1 (lambda () (call-in-continuation k (lambda () (note 'thunk))))))))) ;=> (thunk ((in 1) (out 1) thunk))
(let ((k (prompt (lambda () (parameterize ((p 'inside)) (abort))) (lambda (k) k)))) (call-in-continuation k (lambda () (p)))) ;=> inside
(let ((k (prompt (lambda () (guard (e (#t (list 'caught e))) (abort))) (lambda (k) k)))) (call-in-continuation k (lambda () (raise 'there)))) ;=> (caught there)
(call-in-continuation 5 (lambda () 1)) ;!> E0104 call-in-continuation expects a continuation as its first argument, found 5
(call-in (prompt (lambda () (abort)) (lambda (k) k)) +) ;!> E0104 call-in expects a non-composable continuation as its first argument, found #<procedure>
(return-to car 1) ;!> E0104 return-to expects a non-composable continuation as its first argument, found #<procedure>
(define (available . more) (apply continuation-prompt-available? tag more))
(list (available) (continuation-prompt-available? (default-continuation-prompt-tag)) (prompt available)) ;=> (#f #t #t)
(prompt (lambda () (list (available (call-with-non-composable-continuation values)) (available (call-with-non-composable-continuation values tag)) (available (call-with-composable-continuation values tag)) (available (call-with-composable-continuation values))))) ;=> (#t #t #f #t)
(prompt (lambda () (call-with-prompt 'inner (lambda () (list (available (call-with-non-composable-continuation values 'inner)) (available (call/cc values)) (continuation-prompt-available? 'inner (call-with-composable-continuation values tag)))) list))) ;=> (#f #t #t)
(call-with-continuation-prompt (lambda () (reset (+ 1 (call-with-composable-continuation (lambda (k) (k (k 5))))))) tag) ;=> 8
; An escape out of what winds up, as R6RS has it.
(let ((n 0)) (call/cc (lambda (k) (dynamic-wind values (lambda () (dynamic-wind values (lambda () (set! n (+ n 1)) (k)) (lambda () (set! n (+ n 2)) (k)))) (lambda () (set! n (+ n 4)))))) n) ;=> 7
; control and prompt as SRFI 226 defines them.
(define-syntax control-prompt (syntax-rules () ((_ e1 e2 ...) (call-with-continuation-prompt (lambda () e1 e2 ...) (default-continuation-prompt-tag) (lambda (thunk) (thunk))))))
(define-syntax control (syntax-rules () ((_ k e1 e2 ...) (call-with-composable-continuation (lambda (k) (abort-current-continuation (default-continuation-prompt-tag) (lambda () e1 e2 ...)))))))
(control-prompt (+ 2 (control k (k 5)))) ;=> 7
(control-prompt (+ 2 (control k 5))) ;=> 5
(control-prompt (+ 5 (control-prompt (+ 2 (control k1 (+ 1 (control k2 (k2 6)))))))) ;=> 12
(control-prompt (+ 5 (control-prompt (+ 2 (control k1 (+ 1 (control k2 (k1 6)))))))) ;=> 8
(control-prompt (+ 12 (control-prompt (+ 5 (control-prompt (+ 2 (control k1 (control k2 (control k3 (k3 6)))))))))) ;=> 18

; Libraries.
(import (only (pscheme control) call-with-prompt) (only (scheme base) lambda quote)) (call-with-prompt 'a (lambda () 1) (lambda (k) k)) ;=> 1
(import (scheme base) (prefix (srfi 226 prompt) p:) (srfi 226 continuation)) (p:call-with-continuation-prompt (lambda () (call-with-composable-continuation (lambda (k) (k (k 1)))))) ;=> 1
(import (scheme base) (srfi 226 control prompts) (srfi 226 control continuations)) (call-with-continuation-prompt (lambda () (+ 1 (call-with-composable-continuation (lambda (k) (k (k 1))))))) ;=> 4
(import (scheme base) (pscheme control)) (reset (+ 1 (shift k (k (k 1))))) ;=> 3

; The library's own procedures refuse what is no part of a continuation.
(guard (e ((error-object? e) 'refused)) (%copy-continuations 1 2 3)) ;=> refused
(guard (e ((error-object? e) 'refused)) (%copy-continuations '() (%call/cc list) '())) ;=> refused
(%copy-continuations '() '() '()) ;=> ()
(guard (e ((error-object? e) 'refused)) (list (%call/cc (lambda (a) (list (%call/cc (lambda (b) (%copy-continuations a b '())))))))) ;=> refused
(guard (e ((error-object? e) 'refused)) (%copy-continuations-behind! '() '() '())) ;=> refused
