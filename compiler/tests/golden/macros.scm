(define-syntax swap!
  (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp)))))
(define (exchange tmp other) (swap! tmp other) (cons tmp other))
(define-syntax define-counter
  (syntax-rules () ((_ next) (begin (define count 0) (define (next) (set! count (+ count 1)) count)))))
(define-counter tick)
(define count 'mine)
(define (sum-to n)
  (define-syntax while
    (syntax-rules () ((_ test body ...) (let loop () (if test (begin body ... (loop)))))))
  (let ((loop 0)) (while (< loop n) (set! loop (+ loop 1))) loop))
