; R7RS 6.11 and guard (4.2.7): exceptions.
(call-with-current-continuation (lambda (k) (with-exception-handler (lambda (e) (k (list 'condition e))) (lambda () (+ 1 (raise 'an-error)))))) ;=> (condition an-error)
(with-exception-handler (lambda (con) (if (string? con) 42 0)) (lambda () (+ (raise-continuable "should be a number") 23))) ;=> 65
(with-exception-handler (lambda (e) 10) (lambda () (* 2 (raise-continuable 'x)))) ;=> 20
(with-exception-handler (lambda (e) (values 1 2)) (lambda () (call-with-values (lambda () (raise-continuable 'x)) list))) ;=> (1 2)
(with-exception-handler (lambda (e) 'unused) (lambda () 'no-exception)) ;=> no-exception
(call-with-values (lambda () (with-exception-handler (lambda (e) e) (lambda () (values 1 2)))) list) ;=> (1 2)
(guard (e (#t 'wrong-type)) (with-exception-handler 5 (lambda () 1))) ;=> wrong-type

; A handler that returns from raise: a secondary exception in the handler outside.
(guard (e (#t (list 'secondary (eq? e 'first)))) (with-exception-handler (lambda (e) 'returned) (lambda () (raise 'first)))) ;=> (secondary #f)
(guard (e (#t (list (error-object? e)))) (with-exception-handler (lambda (e) 'returned) (lambda () (error "first")))) ;=> (#t)
(guard (e (#t (list 'secondary (error-object? e)))) (with-exception-handler (lambda (e) 'returned) (lambda () (car 5)))) ;=> (secondary #t)
(let ((seen '())) (guard (e (#t (reverse seen))) (with-exception-handler (lambda (e) (set! seen (cons 'outer seen)) 'ret) (lambda () (with-exception-handler (lambda (e) (set! seen (cons (list 'inner e) seen)) 'ret) (lambda () (raise 'x))))))) ;=> ((inner x) outer)

; A handler runs with the handlers outside its own.
(with-exception-handler (lambda (outer) (list 'outer outer)) (lambda () (with-exception-handler (lambda (inner) (raise-continuable (list 'inner inner))) (lambda () (raise-continuable 1))))) ;=> (outer (inner 1))
(guard (e (#t (list 'guard e))) (with-exception-handler (lambda (e) (raise (list 'again e))) (lambda () (raise 'x)))) ;=> (guard (again x))
(guard (e (#t (list 'guard (error-object-message e)))) (with-exception-handler (lambda (e) (error "in the handler")) (lambda () (raise 'x)))) ;=> (guard "in the handler")
(let ((depth 0)) (guard (e (#t depth)) (with-exception-handler (lambda (e) (set! depth (+ depth 1)) (raise e)) (lambda () (with-exception-handler (lambda (e) (set! depth (+ depth 1)) (raise e)) (lambda () (raise 'x))))))) ;=> 2
(with-exception-handler (lambda (e) (+ e 1)) (lambda () (with-exception-handler (lambda (e) (* 2 (raise-continuable e))) (lambda () (raise-continuable 10))))) ;=> 22
; It runs in the dynamic environment of the raise otherwise.
(let ((p (make-parameter 'outside))) (with-exception-handler (lambda (e) (p)) (lambda () (parameterize ((p 'inside)) (raise-continuable 'x))))) ;=> inside
(let ((p (make-parameter 'outside))) (guard (e (#t (p))) (parameterize ((p 'inside)) (raise 'x)))) ;=> outside

; guard.
(guard (condition ((assq 'a condition) => cdr) ((assq 'b condition))) (raise (list (cons 'a 42)))) ;=> 42
(guard (condition ((assq 'a condition) => cdr) ((assq 'b condition))) (raise (list (cons 'b 23)))) ;=> (b . 23)
(guard (e ((symbol? e) (list 'symbol e)) ((string? e) (list 'string e))) (raise 'boom)) ;=> (symbol boom)
(guard (e ((symbol? e) (list 'symbol e)) ((string? e) (list 'string e))) (raise "boom")) ;=> (string "boom")
(guard (e (else 'else)) (raise 5)) ;=> else
(guard (e (else 1 2 3)) (raise 5)) ;=> 3
(guard (e (#t)) (raise 5)) ;=> #t
(guard (e ((+ e 1))) (raise 5)) ;=> 6
(guard (e (#f 'never)) 'value) ;=> value
(guard (e) 'value) ;=> value
(guard (e (#t 'caught)) 1 2 3) ;=> 3
(call-with-values (lambda () (guard (e (#t 0)) (values 1 2))) list) ;=> (1 2)
(call-with-values (lambda () (guard (e (#t (values 1 2))) (raise 0))) list) ;=> (1 2)
(guard (e (#t (list 'outer e))) (guard (e ((number? e) 'inner)) (raise 'x))) ;=> (outer x)
(guard (e (#t (list 'outer e))) (guard (e (#t (raise (list 'inner e)))) (raise 'x))) ;=> (outer (inner x))
(guard (e (#t (list 'outer e))) (guard (e) (raise 'x))) ;=> (outer x)
(guard (e ((string? e) 'string) ((number? e) 'number)) (guard (e ((symbol? e) 'symbol)) (raise 5))) ;=> number
(let ((e 'outside)) (guard (e (#t e)) (raise 'inside)) e) ;=> outside
(let ((=> #f)) (guard (e (#t => 'plain)) (raise 1))) ;=> plain
(guard (e ((assv e '((1 . one) (2 . two))) => cdr) (else 'none)) (raise 2)) ;=> two
(let loop ((i 0)) (if (= i 1000) i (begin (guard (e (#t #f)) (raise i)) (loop (+ i 1))))) ;=> 1000
(guard (e (#t (list 'caught e))) (dynamic-wind (lambda () #f) (lambda () (raise 'x)) (lambda () #f))) ;=> (caught x)
; Raised again where it was raised: in, out to look at the clauses, in again, out.
(let ((trace '())) (define (note x) (set! trace (cons x trace))) (guard (e (#t (note 'handled))) (guard (e ((string? e) 'no)) (dynamic-wind (lambda () (note 'in)) (lambda () (raise 'x)) (lambda () (note 'out))))) (reverse trace)) ;=> (in out in out handled)
(let ((trace '())) (define (note x) (set! trace (cons x trace))) (guard (e (#t (note 'handled))) (dynamic-wind (lambda () (note 'in)) (lambda () (raise 'x)) (lambda () (note 'out)))) (reverse trace)) ;=> (in out handled)
(let ((trace '())) (define (note x) (set! trace (cons x trace))) (with-exception-handler (lambda (e) (note e) 'back) (lambda () (note (guard (e ((string? e) 'no)) (dynamic-wind (lambda () (note 'in)) (lambda () (raise-continuable 'x)) (lambda () (note 'out))))))) (reverse trace)) ;=> (in out in x out back)
(let ((trace '())) (define (note x) (set! trace (cons x trace))) (guard (e (#t (note (list 'clause e)))) (dynamic-wind (lambda () (note 'in)) (lambda () (raise 'x)) (lambda () (note 'out) (raise 'from-out)))) (reverse trace)) ;=> (in out (clause from-out))
(with-exception-handler (lambda (e) (list 'resumed e)) (lambda () (guard (e ((string? e) 'no)) (raise-continuable 'x)))) ;=> (resumed x)
(let ((k #f) (n 0)) (let ((r (guard (e (#t (list 'caught e))) (call/cc (lambda (c) (set! k c))) (set! n (+ n 1)) (raise n)))) (if (< n 3) (k #f) r))) ;=> (caught 3)

; Error objects.
(guard (e ((error-object? e) (list (error-object-message e) (error-object-irritants e)))) (error "message" 1 'two "three" '(4))) ;=> ("message" (1 two "three" (4)))
(guard (e ((error-object? e) (list (error-object-message e) (error-object-irritants e)))) (error "message")) ;=> ("message" ())
(map error-object? (list 5 'x "text" '() #f car)) ;=> (#f #f #f #f #f #f)
(guard (e (#t (error-object? e))) (raise 'not-an-object)) ;=> #f
(guard (e (#t (error-object? e))) (vector-ref (vector 1) 5)) ;=> #t
(guard (e (#t (string? (error-object-message e)))) (car 5)) ;=> #t
(guard (e (#t (list? (error-object-irritants e)))) (car 5)) ;=> #t
(guard (e (#t (map (lambda (test?) (test? e)) (list read-error? file-error? error-object?)))) (error "x")) ;=> (#f #f #t)
(guard (e ((read-error? e) 'read-error)) (read (open-input-string "(1 . "))) ;=> read-error
(guard (e ((read-error? e) 'read-error)) (read (open-input-string ")"))) ;=> read-error
(guard (e ((file-error? e) 'file-error)) (open-input-file "there-is-no-such-file")) ;=> file-error
(guard (e ((file-error? e) 'file-error)) (open-output-file "no-such-folder/file")) ;=> file-error
(guard (e ((file-error? e) 'file-error)) (delete-file "there-is-no-such-file")) ;=> file-error
(guard (e ((file-error? e) 'file-error)) (call-with-input-file "there-is-no-such-file" read)) ;=> file-error
(guard (e ((file-error? e) 'file-error)) (with-input-from-file "there-is-no-such-file" read)) ;=> file-error
(guard (e ((file-error? e) 'file-error)) (open-binary-input-file "there-is-no-such-file")) ;=> file-error
(guard (e ((file-error? e) 'file-error)) (load "there-is-no-such-file")) ;=> file-error
(map file-error? (list 5 'x "text")) ;=> (#f #f #f)
(map read-error? (list 5 'x "text")) ;=> (#f #f #f)
(guard (e (#t e)) (raise (list 1 2))) ;=> (1 2)
(let ((object (list 'same))) (guard (e (#t (eq? e object))) (raise object))) ;=> #t
(guard (e (#t e)) (raise #f)) ;=> #f
(guard (e (#t e)) (raise (eof-object))) ;=> #<eof>

; Faults of the system are caught like others.
(define (fails? thunk) (guard (e (#t (error-object? e))) (thunk) 'no))
(fails? (lambda () (undefined-variable-of-the-tests))) ;=> #t
(fails? (lambda () ((lambda (x) x)))) ;=> #t
(fails? (lambda () (5 5))) ;=> #t
(fails? (lambda () (vector-ref '#(1) 1))) ;=> #t
(fails? (lambda () (+ 'a 1))) ;=> #t
(fails? (lambda () (quotient 1 0))) ;=> #t
(fails? (lambda () (exact +nan.0))) ;=> #t
(fails? (lambda () (string-append "a" 5))) ;=> #t
(fails? (lambda () (integer->char -1))) ;=> #t
(fails? (lambda () (symbol->string 5))) ;=> #t
(fails? (lambda () (hash-table-ref (make-equal-hash-table) 1))) ;=> #t
(fails? (lambda () (let loop ((n 10000)) (if (= n 0) (car '()) (+ 1 (loop (- n 1))))))) ;=> #t
(fails? (lambda () (raise-continuable (guard (e (#f 1)) (car 5))))) ;=> #t
