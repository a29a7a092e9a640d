(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Traders move about in a box and trade when they meet; several record types are built on one another.
;; Exercises reading and setting record fields, and predicates of record types.

;; The basic record is the first field of each derived one.
(define-record-type <body>
  (make-body x y dx dy)
  body?
  (x body-x set-body-x!)
  (y body-y set-body-y!)
  (dx body-dx set-body-dx!)
  (dy body-dy set-body-dy!))

(define-record-type <account>
  (make-account number balance transfers)
  account?
  (number account-number)
  (balance account-balance set-account-balance!)
  (transfers account-transfers set-account-transfers!))

;; Money on a savings account can only be taken down to the minimum.
(define-record-type <savings>
  (make-savings account minimum interest)
  savings?
  (account savings-account)
  (minimum savings-minimum)
  (interest savings-interest set-savings-interest!))

;; Money on a credit account can be taken down to minus the limit, for a fee.
(define-record-type <credit>
  (make-credit account limit fees)
  credit?
  (account credit-account)
  (limit credit-limit set-credit-limit!)
  (fees credit-fees set-credit-fees!))

(define-record-type <trader>
  (make-trader body money meetings)
  trader?
  (body trader-body)
  (money trader-money)
  (meetings trader-meetings set-trader-meetings!))

(define (base-account money)
  (cond ((account? money) money)
        ((savings? money) (savings-account money))
        ((credit? money) (credit-account money))
        (else (error "not an account" money))))

(define (available money)
  (let ((balance (account-balance (base-account money))))
    (cond ((savings? money) (max 0 (- balance (savings-minimum money))))
          ((credit? money) (+ balance (credit-limit money)))
          (else balance))))

(define (change! money amount)
  (let ((account (base-account money)))
    (set-account-balance! account (+ (account-balance account) amount))
    (set-account-transfers! account (+ (account-transfers account) 1))))

(define (pay! from to amount)
  (let ((amount (min amount (available from))))
    (when (> amount 0)
      (change! from (- amount))
      (change! to amount)
      (when (and (credit? from) (< (account-balance (base-account from)) 0))
        (set-credit-fees! from (+ (credit-fees from) 1))))))

;; Yearly: interest is added up beside the balance, and credit limits shrink with the fees.
(define (settle! money)
  (cond ((savings? money)
         (set-savings-interest! money
                                (+ (savings-interest money)
                                   (quotient (account-balance (savings-account money)) 50))))
        ((credit? money)
         (set-credit-limit! money (max 0 (- (credit-limit money) (quotient (credit-fees money) 8))))
         (set-credit-fees! money 0))))

(define (move! body size)
  (let ((x (+ (body-x body) (body-dx body)))
        (y (+ (body-y body) (body-dy body))))
    (if (and (>= x 0) (< x size))
        (set-body-x! body x)
        (set-body-dx! body (- (body-dx body))))
    (if (and (>= y 0) (< y size))
        (set-body-y! body y)
        (set-body-dy! body (- (body-dy body))))))

(define (meet! a b)
  (set-trader-meetings! a (+ (trader-meetings a) 1))
  (set-trader-meetings! b (+ (trader-meetings b) 1))
  (let ((speed (abs (- (body-dx (trader-body a)) (body-dy (trader-body b))))))
    (if (odd? (+ speed (trader-meetings a)))
        (pay! (trader-money a) (trader-money b) (+ 5 (* 3 speed)))
        (pay! (trader-money b) (trader-money a) (+ 4 (* 2 speed)))))
  (let* ((one (trader-body a))
         (other (trader-body b))
         (dx (body-dx one)))
    (set-body-dx! one (body-dx other))
    (set-body-dx! other dx)))

(define (make-traders number size)
  (let next ((i 0) (state 17) (traders '()))
    (if (= i number)
        traders
        (let* ((a (modulo (+ (* state 8121) 28411) 134456))
               (b (modulo (+ (* a 8121) 28411) 134456))
               (account (make-account i 100 0))
               (money (case (modulo i 3)
                        ((0) account)
                        ((1) (make-savings account 30 0))
                        (else (make-credit account 60 0)))))
          (next (+ i 1)
                b
                (cons (make-trader (make-body (modulo a size) (modulo b size)
                                              (- (modulo (quotient a 16) 7) 3)
                                              (- (modulo (quotient b 16) 7) 3))
                                   money
                                   0)
                      traders))))))

;; The grid has for each place the last trader that came there in this step, with the number of the step.
(define (simulate number size steps)
  (let ((traders (make-traders number size))
        (grid (make-vector (* size size) #f))
        (visits (make-vector (* size size) -1)))
    (do ((step 0 (+ step 1)))
        ((= step steps))
      (for-each
       (lambda (trader)
         (let ((body (trader-body trader)))
           (move! body size)
           (let ((place (+ (body-x body) (* size (body-y body)))))
             (when (= (vector-ref visits place) step)
               (meet! (vector-ref grid place) trader))
             (vector-set! visits place step)
             (vector-set! grid place trader))))
       traders)
      (when (= (modulo step 100) 99)
        (for-each (lambda (trader) (settle! (trader-money trader))) traders)))
    (summary traders)))

;; The sums of balances, transfers, meetings and interest, and a checksum of the balances by number.
(define (summary traders)
  (let next ((left traders) (balances 0) (transfers 0) (meetings 0) (interest 0) (check 0))
    (if (null? left)
        (list balances transfers meetings interest check)
        (let* ((money (trader-money (car left)))
               (account (base-account money)))
          (next (cdr left)
                (+ balances (account-balance account))
                (+ transfers (account-transfers account))
                (+ meetings (trader-meetings (car left)))
                (+ interest (if (savings? money) (savings-interest money) 0))
                (modulo (+ (* 31 check) (account-balance account) (account-number account)) 1000003))))))

(define (run-benchmark)
  (let* ((count (read))
         (number (read))
         (size (read))
         (steps (read))
         (expected (read)))
    (run-r7rs-benchmark
     "records"
     count
     (lambda () (simulate (hide count number) (hide count size) (hide count steps)))
     (lambda (result) (equal? result expected)))))
