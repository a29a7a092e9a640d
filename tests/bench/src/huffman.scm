(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Codes after Huffman for the characters of a text: a list of trees in the order of their weights, codes
;; in an association list, and lists of bits. The result is the number of bits and whether the text came back.

;; A leaf is (weight . character), a branch is (weight left right).
(define (weight tree) (car tree))
(define (leaf? tree) (char? (cdr tree)))
(define (left tree) (cadr tree))
(define (right tree) (car (cddr tree)))

(define (insert-tree tree trees)
  (if (or (null? trees) (<= (weight tree) (weight (car trees))))
      (cons tree trees)
      (cons (car trees) (insert-tree tree (cdr trees)))))

(define (count-characters text)
  (let ((counts '()))
    (string-for-each
     (lambda (c)
       (let ((entry (assv c counts)))
         (if entry
             (set-cdr! entry (+ 1 (cdr entry)))
             (set! counts (cons (cons c 1) counts)))))
     text)
    counts))

(define (make-code-tree counts)
  (let order ((rest counts) (trees '()))
    (if (pair? rest)
        (order (cdr rest) (insert-tree (cons (cdar rest) (caar rest)) trees))
        (let join ((trees trees))
          (if (null? (cdr trees))
              (car trees)
              (let ((a (car trees)) (b (cadr trees)))
                (join (insert-tree (list (+ (weight a) (weight b)) a b) (cddr trees)))))))))

;; Pairs of a character and its bits.
(define (codes tree)
  (let walk ((tree tree) (path '()) (found '()))
    (if (leaf? tree)
        (cons (cons (cdr tree) (reverse path)) found)
        (walk (left tree) (cons 0 path) (walk (right tree) (cons 1 path) found)))))

(define (encode text codes)
  (let loop ((i (- (string-length text) 1)) (bits '()))
    (if (< i 0)
        bits
        (loop (- i 1) (append (cdr (assv (string-ref text i) codes)) bits)))))

(define (decode bits tree)
  (let loop ((bits bits) (here tree) (characters '()))
    (cond ((leaf? here) (loop bits tree (cons (cdr here) characters)))
          ((null? bits) (list->string (reverse characters)))
          (else (loop (cdr bits) (if (= 0 (car bits)) (left here) (right here)) characters)))))

;; Words of pseudo-random choice, the first ones more often.
(define (make-text words)
  (let loop ((k 0) (seed 8191) (parts '()))
    (if (= k words)
        (apply string-append parts)
        (let* ((a (modulo (quotient seed 4096) 12)) (b (modulo (quotient seed 65536) 12)))
          (loop (+ k 1)
                (modulo (+ (* seed 1103515245) 12345) 2147483648)
                (cons (vector-ref '#("the " "tree " "has a " "weight " "of " "bits, " "each " "leaf "
                                     "in its " "Quiet " "zone: " "jukebox ")
                                  (min a b))
                      parts))))))

(define (work text)
  (let* ((tree (make-code-tree (count-characters text)))
         (bits (encode text (codes tree))))
    (list (weight tree)
          (length bits)
          (string=? text (decode bits tree)))))

(define (run-benchmark)
  (let* ((count (read)) (words (read)) (expected (read))
         (text (make-text words)))
    (run-r7rs-benchmark
     "huffman"
     count
     (lambda () (work (hide count text)))
     (lambda (result) (equal? result expected)))))
