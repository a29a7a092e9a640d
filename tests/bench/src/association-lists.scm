(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Looks things up in association lists and lists: assq by symbols, assv by numbers and characters, assoc
;; by strings and with a predicate of its own, memq, memv and member. The result sums up what was found.

(define names
  '(ash beech cedar dogwood elm fir ginkgo hazel ironwood juniper katsura larch maple nutmeg oak pine
    quince rowan spruce teak umbrella viburnum willow xylosma yew zelkova))

(define (numbered list)
  (let loop ((rest list) (k 1))
    (if (null? rest)
        '()
        (cons (cons (car rest) k) (loop (cdr rest) (+ k 1))))))

(define by-symbol (numbered names))
(define by-string (numbered (map symbol->string names)))
(define by-character (numbered (string->list "etaoinshrdlucmfwypvbgkjqxz")))
(define by-number (numbered '(0 1.5 100000000000000000000 1/3 7 -12 65536 2.25 99 1000003)))

(define (found entry) (if entry (cdr entry) 0))
(define (rest-length rest) (if rest (length rest) 0))

(define (same-beginning? a b)
  (char=? (string-ref a 0) (string-ref b 0)))

(define (sum-of look-up keys)
  (let loop ((rest keys) (sum 0))
    (if (null? rest)
        sum
        (loop (cdr rest) (+ sum (look-up (car rest)))))))

(define (work symbols characters numbers strings)
  (list
   (sum-of (lambda (key) (found (assq key by-symbol))) symbols)
   (sum-of (lambda (key) (found (assv key by-character))) characters)
   (sum-of (lambda (key) (found (assv key by-number))) numbers)
   (sum-of (lambda (key) (found (assoc key by-string))) strings)
   (sum-of (lambda (key) (found (assoc key by-number =))) numbers)
   (sum-of (lambda (key) (found (assoc key by-string same-beginning?))) strings)
   (sum-of (lambda (key) (rest-length (memq key names))) symbols)
   (sum-of (lambda (key) (rest-length (memv key characters))) characters)
   (sum-of (lambda (key) (rest-length (member key strings))) strings)))

(define (repeated list times)
  (if (= times 0) '() (append list (repeated list (- times 1)))))

(define (run-benchmark)
  (let* ((count (read)) (times (read)) (expected (read))
         (symbols (repeated (append '(none other) names) times))
         (characters (string->list "the quick brown fox jumps over the lazy dog, once."))
         (numbers (repeated (list 0 3/2 2.25 (expt 10 20) 1/3 -12 65536 1000003 8) times))
         (strings (repeated (map string-copy '("oak" "plum" "willow" "ash" "yew" "fig" "maple")) times)))
    (run-r7rs-benchmark
     "association-lists"
     count
     (lambda () (work (hide count symbols) characters numbers strings))
     (lambda (result) (equal? result expected)))))
