; Control.
(call-with-values (lambda () (values 1 2 3)) list) ;=> (1 2 3)
(call-with-values (lambda () 5) list) ;=> (5)
(call-with-values (lambda () (values)) list) ;=> ()
(call-with-values * -) ;=> -1
(apply + 1 2 '(3 4)) ;=> 10
(apply max '(1 5 3)) ;=> 5
(call/cc (lambda (k) (+ 1 (k 42)))) ;=> 42
(+ 1 (call/cc (lambda (k) 1))) ;=> 2
(call-with-values (lambda () (call/cc (lambda (k) (k 1 2)))) list) ;=> (1 2)
(let ((path '()) (c #f))
  (let ((add (lambda (s) (set! path (cons s path)))))
    (dynamic-wind
      (lambda () (add 'connect))
      (lambda () (add (call/cc (lambda (c0) (set! c c0) 'talk1))))
      (lambda () (add 'disconnect)))
    (if (< (length path) 4) (c 'talk2) (reverse path)))) ;=> (connect talk1 disconnect connect talk2 disconnect)
(let ((trace '()))
  (call/cc
    (lambda (k)
      (dynamic-wind
        (lambda () (set! trace (cons 'in1 trace)))
        (lambda ()
          (dynamic-wind
            (lambda () (set! trace (cons 'in2 trace)))
            (lambda () (k 1))
            (lambda () (set! trace (cons 'out2 trace)))))
        (lambda () (set! trace (cons 'out1 trace))))))
  (reverse trace)) ;=> (in1 in2 out2 out1)
(let ((k* #f) (y* 1))
  (set! y* (* y* 2))
  (let ((r (call/cc (lambda (k) (set! k* k) 1))))
    (if (< y* 4) (begin (set! y* 4) (k* 2)) (list r y*)))) ;=> (2 4)
; The result of a map whose procedure is left and entered again is not changed.
(let ((k* #f) (results '()) (times 0))
  (let ((result (map (lambda (x) (if (= x 2) (call/cc (lambda (k) (set! k* k) x)) x)) '(1 2 3))))
    (set! results (cons result results))
    (set! times (+ times 1))
    (if (< times 3) (k* (* times 100)))
    results)) ;=> ((1 200 3) (1 100 3) (1 2 3))
(let ((k* #f) (results '()) (times 0))
  (let ((result (vector-map (lambda (x) (if (= x 2) (call/cc (lambda (k) (set! k* k) x)) x)) #(1 2 3))))
    (set! results (cons result results))
    (set! times (+ times 1))
    (if (< times 2) (k* 'again))
    results)) ;=> (#(1 again 3) #(1 2 3))
; A generator over call/cc.
(let ()
  (define (tree-walk tree yield)
    (cond ((null? tree) 'skip)
          ((pair? tree) (tree-walk (car tree) yield) (tree-walk (cdr tree) yield))
          (else (yield tree))))
  (define (same-fringe a b)
    (define (generator tree)
      (define return #f)
      (define (start)
        (tree-walk tree (lambda (leaf) (call/cc (lambda (rest) (set! start (lambda () (rest #f))) (return leaf)))))
        (return 'done))
      (lambda () (call/cc (lambda (k) (set! return k) (start)))))
    (let ((next-a (generator a)) (next-b (generator b)))
      (let loop ()
        (let ((x (next-a)) (y (next-b)))
          (cond ((not (eqv? x y)) #f) ((eq? x 'done) #t) (else (loop)))))))
  (list (same-fringe '(1 (2 3)) '((1 2) 3)) (same-fringe '(1 2 3) '(1 3 2)))) ;=> (#t #f)
(let ((p (make-parameter 10 (lambda (x) (* x 2))))) (p)) ;=> 20
(let ((p (make-parameter 1)))
  (list (p) (%parameterize (list (cons p 2)) (lambda () (p))) (p))) ;=> (1 2 1)
(let ((p (make-parameter 1)) (k* #f) (seen '()))
  (%parameterize (list (cons p 2))
    (lambda () (call/cc (lambda (k) (set! k* k))) (set! seen (cons (p) seen))))
  (set! seen (cons (p) seen))
  (if (< (length seen) 4) (k* #f))
  seen) ;=> (1 2 1 2)
(procedure-arity cons) ;=> (2 . 2)
(procedure-arity (lambda (a . r) a)) ;=> (1 . #f)
(eof-object) ;=> #<eof>
(eof-object? (eof-object)) ;=> #t
(begin (void)) ;=> #<unspecified>
(jiffies-per-second) ;=> 1000000
(current-jiffy) ;=> 0
(current-second) ;=> 0.0
(runtime) ;=> 0.0
(let loop ((i 0)) (if (< i 100000) (loop (+ i 1)) i)) ;=> 100000
(do ((i 0 (+ i 1)) (s 0 (+ s i))) ((= i 5) s)) ;=> 10
car ;=> #<procedure car>
(let () (define (f) 1) f) ;=> #<procedure f>
(list (if #f #f)) ;=> (#<unspecified>)
(error-object? 5) ;=> #f
(memq 'r7rs (features)) ;=> (r7rs exact-closed exact-complex ieee-float full-unicode ratios pscheme)
(assert (= 1 1)) ;=> #<unspecified>
(call-with-escape-continuation (lambda (k) (k 1))) ;=> 1
