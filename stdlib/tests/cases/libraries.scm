; import and define-library (R7RS 5.2, 5.6).
(import (scheme base)) (+ 1 2) ;=> 3
(import (scheme base) (scheme write) (scheme char)) (string-upcase "abc") ;=> "ABC"
(import (only (scheme base) + define)) (define x 1) (+ x 2) ;=> 3
(import (prefix (only (scheme base) + -) n:)) (n:+ 1 (n:- 5 2)) ;=> 4
(import (rename (scheme base) (+ plus) (if wenn))) (wenn #f 1 (plus 1 1)) ;=> 2
(import (except (scheme base) car)) (define (car x) (list 'mine x)) (car 5) ;=> (mine 5)
(import (scheme base)) (import (rename (prefix (only (scheme base) vector) v-) (v-vector make))) (make 1 2) ;=> #(1 2)
(define-library (stack)
  (export make-stack push! pop! (rename stack-empty? empty?) with-stack)
  (import (scheme base))
  (begin
    (define hidden 0)
    (define (make-stack) (list 'stack))
    (define (push! s x) (set! hidden (+ hidden 1)) (set-cdr! s (cons x (cdr s))))
    (define (pop! s) (let ((x (cadr s))) (set-cdr! s (cddr s)) x))
    (define (stack-empty? s) (null? (cdr s)))
    (define-syntax with-stack (syntax-rules () ((_ s body ...) (let ((s (make-stack))) body ... (list hidden s)))))))
(import (scheme base) (stack))
(define hidden 'mine)
(define (make-stack) 'not-this)
(list hidden (with-stack s (push! s 1) (push! s 2) (pop! s)) (empty? (list 'stack))) ;=> (mine (2 (stack 1)) #t)
(define-library (a) (export value) (import (scheme base)) (begin (define value 1)))
(define-library (b 1) (export value get) (import (scheme base) (rename (a) (value a-value))) (begin (define (get) (list value a-value)) (define value 2)))
(import (scheme base) (prefix (a) a:) (b 1))
(list a:value value (get)) ;=> (1 2 (2 1))
(define-library (even-odd) (export my-even?) (import (scheme base))
  (begin (define (my-even? n) (or (= n 0) (my-odd? (- n 1)))) (define (my-odd? n) (and (> n 0) (my-even? (- n 1))))))
(import (scheme base) (even-odd)) (my-even? 10) ;=> #t
(define-library (while) (export while) (import (scheme base))
  (begin (define-syntax while (syntax-rules () ((_ test body ...) (let loop () (when test body ... (loop))))))))
(import (only (scheme base) define set! < + quote list) (while))
(define i 0) (define loop 'mine) (while (< i 3) (set! i (+ i 1))) (list i loop) ;=> (3 mine)
(define-library (uses list) (export f) (import (scheme base)) (begin (define (f) (list 1 2))))
(import (scheme base) (uses list)) (define (list . x) 'mine) (list (f)) ;=> mine
(define-library (uses list) (export f) (import (scheme base)) (begin (define (f) (list 1 2))))
(import (except (scheme base) list) (uses list)) (define (list . x) 'mine) (f) ;=> (1 2)
(import (scheme base) (scheme case-lambda)) (define f (case-lambda ((a) 1) ((a b) 2))) (f 1 2) ;=> 2
(import (scheme base)) (define-values (q r) (floor/ 7 2)) (parameterize () (guard (e (#t e)) (raise (list q r)))) ;=> (3 1)
(import (only (scheme base) list) (scheme complex)) (list (make-polar 2 0) (real-part (make-rectangular 1 2)) (imag-part 1+2i) (magnitude -3+4i) (angle 1)) ;=> (2 1 2 5 0)
(import (scheme r5rs)) (let loop ((i 0)) (if (< i 3) (loop (+ i 1)) i)) ;=> 3
(let ((append vector) (eqv? #f) (list->vector #f)) `(1 ,@'(2 3) #(,(+ 1 1) ,@'(5)))) ;=> (1 2 3 #(2 5))
(define (append . x) 'mine) `(1 ,@'(2 3) 4) ;=> (1 2 3 4)
(define (eqv? a b) #f) (case 1.5 ((1.5) 'same) (else 'other)) ;=> same
(define-library (points) (export make-point point-x) (import (scheme base))
  (cond-expand ((library (no such)) (import (no such))) (else (begin (define one 1))))
  (begin (define-record-type point (make-point* x y) point? (x point-x) (y point-y)) (define (make-point y) (make-point* one y))))
(import (scheme base) (points)) (point-x (make-point 5)) ;=> 1
(import (scheme base) (scheme lazy)) (define-record-type <box> (box v) box? (v unbox set-box!)) (define b (box (delay (+ 1 2)))) (list (box? b) (force (unbox b))) ;=> (#t 3)
(define-library (lib) (export x) (import (scheme base)) (begin (define x 'lib)))
(import (scheme base) (lib)) (cond-expand ((and r7rs (library (lib))) (list x)) (else 'no)) ;=> (lib)
