; Digits of pi, one after the other, by a spigot: a fraction of integers that grow without bound takes
; in term after term of a series, and gives out a digit as soon as no later term can change it. The
; digits go to a file in lines of fifty; at the end they are compared with those of another formula.
;
; What survives a kill: the integers, some thousand bits long by then, in the middle of whatever
; arithmetic was going on, and the line that is half full. Nothing is computed again.

(define digit-count 200)
(define digits-per-line 50)
(define path "pi.out")

; The state of the spigot is a linear fractional transformation (q x + r) / (s x + t) that has taken in
; the terms before k (Gibbons, "Unbounded Spigot Algorithms for the Digits of Pi", 2006).

(define-record-type spigot
  (make-spigot q r s t k)
  spigot?
  (q spigot-q)
  (r spigot-r)
  (s spigot-s)
  (t spigot-t)
  (k spigot-k))

; The integer part of the transformation at x.
(define (value-at spigot x)
  (quotient (+ (* (spigot-q spigot) x) (spigot-r spigot))
            (+ (* (spigot-s spigot) x) (spigot-t spigot))))

; Takes in the term k / (2 k + 1) of the series.
(define (take-in spigot)
  (let* ((k (spigot-k spigot)) (odd (+ k k 1)))
    (make-spigot (* (spigot-q spigot) k)
                 (* odd (+ (* 2 (spigot-q spigot)) (spigot-r spigot)))
                 (* (spigot-s spigot) k)
                 (* odd (+ (* 2 (spigot-s spigot)) (spigot-t spigot)))
                 (+ k 1))))

; Takes away a digit and goes on with ten times the rest.
(define (give-out spigot digit)
  (make-spigot (* 10 (spigot-q spigot))
               (* 10 (- (spigot-r spigot) (* digit (spigot-t spigot))))
               (spigot-s spigot)
               (spigot-t spigot)
               (spigot-k spigot)))

; Calls visit with count digits of pi, the 3 first. What is still to come lies between 3 and 4 terms.
(define (for-each-digit count visit)
  (let loop ((spigot (make-spigot 1 0 0 1 1)) (left count))
    (if (> left 0)
        (let ((digit (value-at spigot 3)))
          (if (= digit (value-at spigot 4))
              (begin
                (visit digit)
                (loop (give-out spigot digit) (- left 1)))
              (loop (take-in spigot) left))))))

; The same digits as one integer by Machin's formula, 16 arctan 1/5 - 4 arctan 1/239, in fixed point with
; ten digits to spare.

(define (arctan-of-reciprocal x unit)
  (let loop ((power (quotient unit x)) (n 1) (sum 0))
    (if (= power 0)
        sum
        (let ((term (quotient power n)))
          (loop (quotient power (* x x))
                (+ n 2)
                (if (= 1 (remainder n 4)) (+ sum term) (- sum term)))))))

(define (pi-by-machin count)
  (let ((unit (expt 10 (+ count 9))))
    (quotient (- (* 16 (arctan-of-reciprocal 5 unit)) (* 4 (arctan-of-reciprocal 239 unit)))
              (expt 10 10))))

(define out (open-output-file path))
(define written 0)

(for-each-digit digit-count
  (lambda (digit)
    (write digit out)
    (set! written (+ written 1))
    (if (= 0 (remainder written digits-per-line)) (newline out))))
(close-port out)

(define (read-all path)
  (call-with-input-file path
    (lambda (in)
      (let loop ((lines '()))
        (let ((line (read-line in)))
          (if (eof-object? line)
              (reverse lines)
              (loop (cons line lines))))))))

(define lines (read-all path))
(for-each (lambda (line) (display line) (newline)) lines)
(display written)
(display
  (if (= (string->number (apply string-append lines)) (pi-by-machin digit-count))
      " digits, the same by Machin's formula"
      " digits, but Machin's formula gives others"))
(newline)
