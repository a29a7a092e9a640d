(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Dynamic extents in loops: parameterize with and without a converter, dynamic-wind around escapes through
;; continuations, and now and then a generator that enters again. The result counts entries and exits.

(define level (make-parameter 0))
;; Values above 3 become 3.
(define limited (make-parameter 10 (lambda (x) (min x 3))))

;; Nested to a depth; the sum of what the parameters are inside.
(define (nested depth)
  (if (= depth 0)
      (+ (level) (limited))
      (parameterize ((level (+ 1 (level))) (limited depth))
        (+ (level) (nested (- depth 1))))))

;; The first element for which the test holds, by an escape out of for-each and of some extents.
(define (first-that test list entered! left!)
  (call-with-current-continuation
   (lambda (return)
     (dynamic-wind
      entered!
      (lambda ()
        (for-each
         (lambda (x)
           (dynamic-wind entered! (lambda () (if (test x) (return x))) left!))
         list)
        #f)
      left!))))

;; Gives the elements of a list one at a time; each call goes back into the extent of the loop.
(define (make-generator list entered! left!)
  (define return #f)
  (define (resume ignored)
    (dynamic-wind
     entered!
     (lambda ()
       (for-each
        (lambda (x)
          (call-with-current-continuation
           (lambda (here)
             (set! resume here)
             (return x))))
        list)
       (set! resume (lambda (ignored) (return 'done)))
       (return 'done))
     left!))
  (lambda ()
    (call-with-current-continuation
     (lambda (caller)
       (set! return caller)
       (resume #f)))))

(define (sum-of-generator next)
  (let loop ((sum 0))
    (let ((x (next)))
      (if (eq? x 'done) sum (loop (+ sum x))))))

(define (work rounds)
  (let* ((entries 0)
         (exits 0)
         (entered! (lambda () (set! entries (+ entries 1))))
         (left! (lambda () (set! exits (+ exits 1))))
         (numbers '(3 1 4 1 5 9 2 6 5 3 5 8 9 7)))
    (let loop ((k 0) (sum 0))
      (if (= k rounds)
          (list sum entries exits (level) (limited))
          (loop (+ k 1)
                (+ sum
                   (nested 5)
                   (first-that (lambda (x) (> x (modulo k 9))) numbers entered! left!)
                   (if (= 0 (modulo k 10))
                       (sum-of-generator (make-generator numbers entered! left!))
                       0)))))))

(define (run-benchmark)
  (let* ((count (read)) (rounds (read)) (expected (read)))
    (run-r7rs-benchmark
     "dynamic-wind"
     count
     (lambda () (work (hide count rounds)))
     (lambda (result) (equal? result expected)))))
