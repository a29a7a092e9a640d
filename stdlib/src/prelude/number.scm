; Numbers: what gives several values or combines primitives.

(define (%number name position value)
  (if (number? value) value (%wrong-type name position "a number" value)))

(define (%check-division name n d)
  (if (not (integer? n)) (%wrong-type name 0 "an integer" n))
  (if (not (integer? d)) (%wrong-type name 1 "an integer" d))
  (if (= d 0) (%fault 105 (string-append (symbol->string name) " by zero"))))

(define (floor/ n d)
  (%check-division 'floor/ n d)
  (values (floor-quotient n d) (floor-remainder n d)))
(define (truncate/ n d)
  (%check-division 'truncate/ n d)
  (values (truncate-quotient n d) (truncate-remainder n d)))

(define (exact-integer-sqrt n)
  (let ((root (%exact-integer-sqrt n)))
    (values root (- n (* root root)))))

(define (cube x)
  (let ((x (%number 'cube 0 x)))
    (* x x x)))

(define (%finite-real name x)
  (if (and (real? x) (finite? x)) x (%wrong-type name 0 "a finite real number" x)))

(define (floor->exact x) (exact (floor (%finite-real 'floor->exact x))))
(define (ceiling->exact x) (exact (ceiling (%finite-real 'ceiling->exact x))))
(define (round->exact x) (exact (round (%finite-real 'round->exact x))))
(define (truncate->exact x) (exact (truncate (%finite-real 'truncate->exact x))))
