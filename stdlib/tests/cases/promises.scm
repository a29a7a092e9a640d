; Promises (R7RS 4.2.5).
(force (delay (+ 1 2))) ;=> 3
(let ((p (delay (+ 1 2)))) (list (force p) (force p))) ;=> (3 3)
(list (promise? (delay 1)) (promise? (make-promise 1)) (promise? 1) (promise? (lambda () 1))) ;=> (#t #t #f #f)
(list (force (make-promise 5)) (force 7) (force (force (delay (delay 8))))) ;=> (5 7 8)
(let ((p (delay 1))) (list (eq? p (make-promise p)) (force (make-promise p)))) ;=> (#t 1)
(list (delay 1) (make-promise 2)) ;=> (#<promise> #<promise>)
; An expression is computed once, at the first force.
(define count 0)
(define p (delay (begin (set! count (+ count 1)) (* count 10))))
(define before count)
(list before (force p) (force p) count) ;=> (0 10 10 1)
; Streams.
(define integers (letrec ((next (lambda (n) (delay (cons n (next (+ n 1))))))) (next 0)))
(define (head stream) (car (force stream)))
(define (tail stream) (cdr (force stream)))
(head (tail (tail integers))) ;=> 2
(define (stream-filter p? s)
  (delay-force
    (if (null? (force s))
        (delay '())
        (let ((h (car (force s))) (t (cdr (force s))))
          (if (p? h) (delay (cons h (stream-filter p? t))) (stream-filter p? t))))))
(head (tail (tail (stream-filter odd? integers)))) ;=> 5
; A promise may be forced while its value is computed: the first value stands.
(define x 5)
(define q (delay (begin (set! x (+ x 1)) (if (> x 10) x (force q)))))
(list (force q) (begin (set! x 100) (force q))) ;=> (11 11)
(define f
  (let ((first? #t))
    (delay (if first? (begin (set! first? #f) (force f)) 'second))))
(force f) ;=> second
(let* ((port (open-output-string)) (u (delay (begin (write 'once port) 1))) (v (delay-force u)))
  (force v)
  (force u)
  (get-output-string port)) ;=> "once"
(define order '())
(define (note x) (set! order (cons x order)) x)
(let* ((a (delay (note 1))) (b (delay-force (begin (note 2) a)))) (force b) (force a) (reverse order)) ;=> (2 1)
; A continuation goes back into a promise that has its value.
(define again #f)
(define times 0)
(define w (delay (let ((n (call/cc (lambda (k) (set! again k) 1)))) (set! times (+ times 1)) n)))
(let ((value (force w))) (if (= times 1) (again 2) (list value times (force w)))) ;=> (1 2 1)
; What a program binds is not what delay means.
(let ((lambda #f) (cons list) (%promise-type 1)) (force (delay 'value))) ;=> value
(let ((delay list) (delay-force vector)) (list (delay 1) (delay-force 2))) ;=> ((1) #(2))
(define kept (delay (call-with-values (lambda () (values 1 2)) list)))
(begin (force kept) (eq? (force kept) (force kept))) ;=> #t
