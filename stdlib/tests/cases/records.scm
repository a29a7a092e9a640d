; Records (R7RS 5.5).
(define-record-type <pare> (kons x y) pare? (x kar set-kar!) (y kdr))
(list (pare? (kons 1 2)) (pare? (cons 1 2)) (kar (kons 1 2)) (kdr (kons 1 2))) ;=> (#t #f 1 2)
(let ((k (kons 1 2))) (set-kar! k 3) (kar k)) ;=> 3
(kons 1 "b") ;=> #<pare x: 1 y: "b">
(call-with-output-string (lambda (port) (display (kons #\a "b") port))) ;=> "#<pare x: a y: b>"
<pare> ;=> #<record-type pare>
; The constructor takes the fields it names, in its order.
(define-record-type point (make-point y x) point? (x point-x) (y point-y) (z point-z set-point-z!))
(define p (make-point 2 1))
(list (point-x p) (point-y p) (point-z p)) ;=> (1 2 #f)
(set-point-z! p '(3))
(list p (point-z p)) ;=> (#<point x: 1 y: 2 z: (3)> (3))
; A constructor's name alone takes all fields; #f is no constructor, and no predicate.
(define-record-type all make-all all? (a all-a) (b all-b))
(let ((r (make-all 1 2))) (list (all-a r) (all-b r) (all? r) (all? p) (point? r))) ;=> (1 2 #t #f #f)
(define-record-type none #f none?)
(none? p) ;=> #f
(define-record-type empty (make-empty) #f)
(make-empty) ;=> #<empty>
; Fields without procedures.
(define-record-type hidden (make-hidden a b) hidden? a (b))
(make-hidden 1 2) ;=> #<hidden a: 1 b: 2>
; The type's name is the program's to use again, even for its constructor.
(define-record-type thing (thing a) thing? (a thing-a set-thing-a!))
(define t (thing 5))
(set-thing-a! t 6)
(list (thing-a t) (thing? t)) ;=> (6 #t)
(define-record-type place (make-place at) place? (at place-at))
(define place (make-place 9))
(list (place-at place) (place? (make-place 1)) (place-at (make-place 2))) ;=> (9 #t 2)
; Each definition makes a type of its own; records of the former one keep their procedures.
(define-record-type one (make-one a) one? (a one-a))
(define old (make-one 1))
(define old-a one-a)
(define old? one?)
(define-record-type one (make-one b a) one? (a one-a) (b one-b))
(list (one? old) (old? old) (old? (make-one 1 2)) (old-a old) (one-a (make-one 1 2))) ;=> (#f #t #f 1 2)
; In a body, and out of a macro that brings in names of its own.
(let ()
  (define-record-type point (make-point x) point? (x point-x))
  (define (twice p) (* 2 (point-x p)))
  (list (twice (make-point 4)) (point? p))) ;=> (8 #f)
(define-syntax define-wrapper
  (syntax-rules () ((_ make get) (define-record-type wrapper (make content) wrapper? (content get)))))
(define-wrapper wrap unwrap)
(define-wrapper wrap2 unwrap2)
(list (unwrap (wrap 1)) (unwrap2 (wrap2 2)) (wrap 3)) ;=> (1 2 #<wrapper content: 3>)
(let ((define list) (lambda #f) (let vector) (quote 'q) (%record #f) (type 'mine))
  (define-record-type r (make-r type) r? (type r-type))
  (list (r-type (make-r type)) (r? 1))) ;=> (mine #f)
; Same content is not the same record.
(list (equal? (kons 1 2) (kons 1 2)) (let ((k (kons 1 2))) (list (eqv? k k) (equal? (list k) (list k))))) ;=> (#f (#t #t))
(let ((t (make-equal-hash-table)) (a (kons 1 2)) (b (kons 1 2)))
  (hash-table-set! t a 'a)
  (hash-table-set! t b 'b)
  (make-vector 20000 0)
  (list (hash-table-ref/default t a #f) (hash-table-ref/default t b #f) (hash-table-count t))) ;=> (a b 2)
(list (vector? p) (pair? p) (procedure? p) (procedure? point-x) (symbol? p)) ;=> (#f #f #f #t #f)
make-point ;=> #<procedure make-point>
(list point-x set-point-z! point?) ;=> (#<procedure point-x> #<procedure set-point-z!> #<procedure point?>)
; What is shown of a record ends.
(define-record-type node (make-node next) node? (next node-next set-node-next!))
(let ((n (make-node #f))) (set-node-next! n n) n) ;=> #<node next: #<node next: #<node next: #<node next: #<node …>>>>>
(let ((n (make-node #f))) (set-node-next! n (list 1 n)) n) ;=> #<node next: (1 #<node next: (1 #<node …>)>)>
(< (string-length (call-with-output-string (lambda (port) (write (make-node (make-string 10000 #\a)) port)))) 2100) ;=> #t
(define-record-type |two words| (make-two |a b|) two? (|a b| two-a))
(make-two '|c d|) ;=> #<two words |a b|: |c d|>
