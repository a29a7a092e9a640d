; Exceptions (R7RS 6.11, 4.2.7).
(call-with-current-continuation
  (lambda (k) (with-exception-handler (lambda (e) (k (list 'caught e))) (lambda () (+ 1 (raise 'an-error)))))) ;=> (caught an-error)
(with-exception-handler
  (lambda (con) (if (string? con) 10 0))
  (lambda () (+ (raise-continuable "should be a number") 23))) ;=> 33
(with-exception-handler (lambda (e) 'ignored) (lambda () (+ 1 (raise 'oops)))) ;!> E0119 the exception handler returned; it was given oops
(guard (e ((symbol? e) (list 'symbol e)) ((assq 'b e) => cdr) ((assq 'c e))) (raise (list (cons 'a 42)))) ;!> E0108 the value ((a . 42)) was raised
(guard (e ((assq 'a e) => cdr) ((assq 'b e))) (raise (list (cons 'a 42)))) ;=> 42
(guard (e ((assq 'a e) => cdr) ((assq 'b e))) (raise (list (cons 'b 23)))) ;=> (b . 23)
(guard (e ((string? e) 'text) (else (list 'other e))) (raise 7)) ;=> (other 7)
(guard (e (#f 'never)) (+ 1 2)) ;=> 3
(call-with-values (lambda () (guard (e (#t 0)) (values 1 2 3))) list) ;=> (1 2 3)
(guard (e (#t (list (error-object? e) (error-object-message e) (error-object-irritants e)))) (error "bad thing:" 1 "two" 'three)) ;=> (#t "bad thing:" (1 "two" three))
(error "bad thing:" 1 "two" 'three) ;!> E0108 bad thing: 1 "two" three
(guard (e ((error-object? e) (error-object-message e))) (vector-ref (vector 1 2 3) 3)) ;=> "vector-ref expects an index below 3, found 3"
(guard (e ((error-object? e) (error-object-irritants e))) (car 5)) ;=> (5)
(guard (e ((error-object? e) 'unbound)) (this-is-not-defined 1)) ;=> unbound
(guard (e ((error-object? e) 'arity)) ((lambda (x) x))) ;=> arity
(guard (e ((error-object? e) 'no-procedure)) (5 5)) ;=> no-procedure
(guard (e ((error-object? e) 'deep)) (let loop ((n 100000)) (if (= n 0) (car '()) (+ 1 (loop (- n 1)))))) ;=> deep
(guard (e ((file-error? e) 'file)) (open-input-file "/there/is/no/such/file")) ;=> file
(guard (e ((file-error? e) 'file) (else 'other)) (error "no file")) ;=> other
(guard (e (#t (+ e 1))) (guard (e2 ((string? e2) 'inner)) (raise 41))) ;=> 42
(let ((trace '()))
  (guard (e (#t (set! trace (cons 'handled trace))))
    (guard (e ((string? e) 'no))
      (dynamic-wind
        (lambda () (set! trace (cons 'in trace)))
        (lambda () (raise 'x))
        (lambda () (set! trace (cons 'out trace))))))
  (reverse trace)) ;=> (in out in out handled)
(let ((trace '()))
  (define (note x) (set! trace (cons x trace)))
  (guard (e (#t (note 'handled)))
    (dynamic-wind (lambda () (note 'in)) (lambda () (error "x")) (lambda () (note 'out))))
  (reverse trace)) ;=> (in out handled)
; A handler runs with the handlers around its own.
(with-exception-handler
  (lambda (outer) (list 'outer outer))
  (lambda ()
    (with-exception-handler
      (lambda (inner) (raise-continuable (list 'inner inner)))
      (lambda () (raise-continuable 1))))) ;=> (outer (inner 1))
(guard (e (#t (list 'outer e)))
  (with-exception-handler
    (lambda (e) (raise (list 'again e)))
    (lambda () (raise 'first)))) ;=> (outer (again first))
(guard (e (#t (list 'second (error-object? e))))
  (with-exception-handler (lambda (e) 'returns) (lambda () (raise 'first)))) ;=> (second #t)
; Parameters and handlers are those of the place of raise in a handler, of the guard in its clauses.
(let ((p (make-parameter 'outside)))
  (guard (e (#t (list e (p))))
    (parameterize ((p 'inside))
      (with-exception-handler (lambda (e) (raise (p))) (lambda () (raise 'x)))))) ;=> (inside outside)
(let ((k #f) (count 0))
  (define result (guard (e (#t (list 'caught e))) (call/cc (lambda (c) (set! k c))) (set! count (+ count 1)) (raise count)))
  (if (< count 3) (k #f))
  (list result count)) ;=> ((caught 3) 3)
(let loop ((i 0) (sum 0))
  (if (= i 2000) sum (loop (+ i 1) (+ sum (guard (e (#t e)) (raise i)))))) ;=> 1999000
(define (safe-div a b) (guard (e ((error-object? e) 'infinite)) (quotient a b)))
(list (safe-div 7 2) (safe-div 1 0)) ;=> (3 infinite)
(with-exception-handler 5 (lambda () 1)) ;!> E0104 with-exception-handler expects a procedure as its first argument, found 5
(map (lambda (x) (guard (e (#t 'bad)) (car x))) '((1) 2 (3))) ;=> (1 bad 3)
(guard (e (#t (list 'raised e))) (for-each (lambda (x) (if (> x 2) (raise x))) '(1 2 3 4))) ;=> (raised 3)
(guard (e (#t (list 'raised e))) (sort '(3 1 2) (lambda (a b) (raise 'compare)))) ;=> (raised compare)
(raise-continuable 'nobody) ;!> E0108 the value nobody was raised
(let ((else #f)) (guard (e (else 1) (#t 2)) (raise 'x))) ;=> 2
(guard (e (#t (error-object-message e))) (%fault 106 "a fault by its code")) ;=> "a fault by its code"

; What a fault of the library speaks of is among its irritants, as those of primitives are.
(guard (e (#t (error-object-irritants e))) (hash-table-ref (make-hash-table) 'x)) ;=> (x)
(guard (e (#t (error-object-irritants e))) (scheme-report-environment 6)) ;=> (6)
(guard (e (#t (error-object-irritants e))) (vector-ref (vector) 'a)) ;=> (a)
