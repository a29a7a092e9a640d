; Walks two trees in step with generators made of continuations, and compares their fringes.

(define (tree->generator tree)
  (define caller #f)
  (define (resume)
    (let walk ((node tree))
      (if (pair? node)
          (begin (walk (car node)) (walk (cdr node)))
          (if (not (null? node))
              (call/cc
                (lambda (rest)
                  (set! resume (lambda () (rest #f)))
                  (caller node))))))
    (caller '*end*))
  (lambda ()
    (call/cc (lambda (k) (set! caller k) (resume)))))

(define (same-fringe? a b)
  (let ((left (tree->generator a)) (right (tree->generator b)))
    (let loop ((count 0))
      (let ((x (left)) (y (right)))
        (cond ((not (eqv? x y)) (list 'differ-at count))
              ((eq? x '*end*) (list 'same count))
              (else (loop (+ count 1))))))))

(define (left-tree n) (if (= n 0) '() (cons (left-tree (- n 1)) n)))
(define (right-list n)
  (let loop ((i n) (made '())) (if (= i 0) made (loop (- i 1) (cons i made)))))

(write (same-fringe? (left-tree 300) (right-list 300))) (newline)
(write (same-fringe? (left-tree 300) (right-list 200))) (newline)
