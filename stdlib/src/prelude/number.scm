; Numbers: the procedures of any number of arguments, over primitives of two.

(define (+ . numbers)
  (let loop ((sum 0) (rest numbers))
    (if (null? rest) sum (loop (%add sum (car rest)) (cdr rest)))))

(define (* . numbers)
  (let loop ((product 1) (rest numbers))
    (if (null? rest) product (loop (%mul product (car rest)) (cdr rest)))))

(define (- first . numbers)
  (if (null? numbers)
      (%sub 0 first)
      (let loop ((difference first) (rest numbers))
        (if (null? rest) difference (loop (%sub difference (car rest)) (cdr rest))))))

(define (/ first . numbers)
  (if (null? numbers)
      (%divide2 1 first)
      (let loop ((quotient first) (rest numbers))
        (if (null? rest) quotient (loop (%divide2 quotient (car rest)) (cdr rest))))))

; Every argument is compared, so that one of the wrong type is noticed wherever it stands.
(define (%compare-all related? first rest)
  (let loop ((left first) (rest rest) (holds #t))
    (if (null? rest)
        holds
        (loop (car rest) (cdr rest) (if (related? left (car rest)) holds #f)))))

(define (= first . rest) (%add first 0) (%compare-all %num-equal first rest))
(define (< first . rest) (%add first 0) (%compare-all %less first rest))
(define (<= first . rest) (%add first 0) (%compare-all %less-equal first rest))
(define (> first . rest)
  (%add first 0)
  (%compare-all (lambda (a b) (%less b a)) first rest))
(define (>= first . rest)
  (%add first 0)
  (%compare-all (lambda (a b) (%less-equal b a)) first rest))

(define (%fold-numbers combine first rest)
  (let loop ((result first) (rest rest))
    (if (null? rest) result (loop (combine result (car rest)) (cdr rest)))))

(define (max first . rest) (%fold-numbers %max2 (%add first 0) rest))
(define (min first . rest) (%fold-numbers %min2 (%add first 0) rest))
(define (gcd . numbers) (%fold-numbers %gcd2 0 numbers))
(define (lcm . numbers) (%fold-numbers %lcm2 1 numbers))

(define (square number) (%mul number number))

(define (floor/ n d) (values (floor-quotient n d) (floor-remainder n d)))
(define (truncate/ n d) (values (truncate-quotient n d) (truncate-remainder n d)))

(define (boolean=? first second . rest)
  (let loop ((left first) (rest (cons second rest)))
    (cond ((null? rest) #t)
          ((eq? left (car rest)) (loop (car rest) (cdr rest)))
          (else #f))))
