; A program whose processes stand in well-known places.

(define-record-type <account> (make-account owner balance)
  account? (owner account-owner) (balance account-balance))

(define accounts (list (make-account "Ada" 10) (make-account "Bob" 25)))
(define table (make-hash-table))
(hash-table-set! table 'apples 3)
(hash-table-set! table "pears" '(1 2 3))

(define (pause) (yield) (pause))

(define (count-down n)
  (if (= n 0)
      (pause)
      (+ 1 (count-down (- n 1)))))

(define (sum-balances accounts)
  (let loop ((rest accounts) (total 0))
    (if (null? rest)
        total
        (let* ((account (car rest))
               (balance (account-balance account)))
          (pause)
          (loop (cdr rest) (+ total balance))))))

(define (counter)
  (let ((count 0) (step 5))
    (for-each (lambda (amount)
                (set! count (+ count (* step amount)))
                (pause)
                (display count))
              '(1 2 3))
    count))

(spawn (lambda () (count-down 100)))
(spawn (lambda () (sum-balances accounts)))
(spawn counter)
(spawn (lambda () (display (map (lambda (x) (pause) (* x x)) '(7 8 9)))))
(spawn (lambda () (vector-ref (vector 1 2 3) 5)))
(define ring (list 1 2 3))
(set-cdr! (cddr ring) ring)

(define (wait turns) (if (> turns 0) (begin (yield) (wait (- turns 1)))))
(wait 20)
(exit 3)

