(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Counts the monotone maps between finite lattices, and builds lattices of such maps.
;; Exercises higher-order procedures, closures for orders and lists of lists.

;; A lattice is a pair of a list of its elements, smaller ones first, and a procedure that compares two.
(define (elements lattice) (car lattice))
(define (order lattice) (cdr lattice))

(define (fold-over f start items)
  (if (null? items)
      start
      (fold-over f (f start (car items)) (cdr items))))

(define (keep test items)
  (fold-over (lambda (kept item) (if (test item) (cons item kept) kept))
             '()
             (reverse items)))

(define (every-pair? test a b)
  (or (null? a)
      (and (test (car a) (car b))
           (every-pair? test (cdr a) (cdr b)))))

(define (chain size)
  (let grow ((i size) (numbers '()))
    (if (= i 0)
        (cons numbers <=)
        (grow (- i 1) (cons i numbers)))))

;; Pairs of elements, ordered in both places.
(define (product a b)
  (let ((a<= (order a)) (b<= (order b)))
    (cons (fold-over append
                     '()
                     (map (lambda (x) (map (lambda (y) (cons x y)) (elements b))) (elements a)))
          (lambda (p q)
            (and (a<= (car p) (car q))
                 (b<= (cdr p) (cdr q)))))))

(define (power lattice exponent)
  (if (= exponent 1)
      lattice
      (product lattice (power lattice (- exponent 1)))))

;; Calls `visit` with each monotone map, as a list of the images of the elements, the last first.
(define (for-each-map visit from to)
  (let ((from<= (order from)) (to<= (order to)))
    (let extend ((left (elements from)) (placed '()) (images '()))
      (if (null? left)
          (visit images)
          (let ((fits?
                 (fold-over (lambda (fits? entry)
                              (if (from<= (car entry) (car left))
                                  (lambda (image) (and (to<= (cdr entry) image) (fits? image)))
                                  fits?))
                            (lambda (image) #t)
                            placed)))
            (for-each
             (lambda (image)
               (extend (cdr left)
                       (cons (cons (car left) image) placed)
                       (cons image images)))
             (keep fits? (elements to))))))))

(define (count-maps from to)
  (let ((number 0))
    (for-each-map (lambda (images) (set! number (+ number 1))) from to)
    number))

;; The lattice of the monotone maps, ordered at every point.
(define (maps-lattice from to)
  (let ((maps '()) (to<= (order to)))
    (for-each-map (lambda (images) (set! maps (cons images maps))) from to)
    (cons (reverse maps)
          (lambda (f g) (every-pair? to<= f g)))))

;; Lattices are described by data.
(define (build description)
  (case (car description)
    ((chain) (chain (cadr description)))
    ((product) (product (build (cadr description)) (build (car (cddr description)))))
    ((power) (power (build (cadr description)) (car (cddr description))))
    ((maps) (maps-lattice (build (cadr description)) (build (car (cddr description)))))
    (else (error "no such lattice" description))))

(define (run-benchmark)
  (let* ((count (read))
         (questions (read))
         (expected (read)))
    (run-r7rs-benchmark
     "lattice"
     count
     (lambda ()
       (map (lambda (question)
              (count-maps (build (car question)) (build (cadr question))))
            (hide count questions)))
     (lambda (result) (equal? result expected)))))
