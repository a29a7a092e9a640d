(import (scheme base) (scheme read) (scheme write) (scheme time))
;; An Earley parser for any context-free grammar, and the number of parse trees found from its chart.
;; Exercises records, vectors of lists, searches for items and a table of counts.

;; An item says: a part of this rule is recognized, the symbols in `left` are still to come, since `origin`.
(define-record-type <item>
  (make-item rule left origin)
  item?
  (rule item-rule)
  (left item-left)
  (origin item-origin))

;; A rule is a list of a nonterminal and the symbols of its right side.
(define (rules-for symbol grammar)
  (let next ((rules grammar) (found '()))
    (cond ((null? rules) (reverse found))
          ((eq? (caar rules) symbol) (next (cdr rules) (cons (car rules) found)))
          (else (next (cdr rules) found)))))

(define (nonterminal? symbol grammar) (assq symbol grammar))

(define (known? rule left origin items)
  (and (pair? items)
       (or (and (eq? (item-rule (car items)) rule)
                (eq? (item-left (car items)) left)
                (= (item-origin (car items)) origin))
           (known? rule left origin (cdr items)))))

;; The chart is a vector of the items that end at each position of the text.
;; Grammars without empty right sides are assumed.
(define (make-chart start grammar text)
  (let* ((length (vector-length text))
         (chart (make-vector (+ length 1) '())))
    ;; Adds an item at a position, and returns the agenda with the item in front if it is new.
    (define (add! rule left origin position agenda)
      (let ((items (vector-ref chart position)))
        (cond ((known? rule left origin items) agenda)
              (else
               (let ((item (make-item rule left origin)))
                 (vector-set! chart position (cons item items))
                 (cons item agenda))))))
    (define (predict symbol position agenda)
      (let next ((rules (rules-for symbol grammar)) (agenda agenda))
        (if (null? rules)
            agenda
            (next (cdr rules)
                  (add! (car rules) (cdar rules) position position agenda)))))
    (define (complete item position agenda)
      (let ((symbol (car (item-rule item))))
        (let next ((waiting (vector-ref chart (item-origin item))) (agenda agenda))
          (if (null? waiting)
              agenda
              (let ((left (item-left (car waiting))))
                (next (cdr waiting)
                      (if (and (pair? left) (eq? (car left) symbol))
                          (add! (item-rule (car waiting)) (cdr left) (item-origin (car waiting))
                                position agenda)
                          agenda)))))))
    (define (work agenda position)
      (unless (null? agenda)
        (let* ((item (car agenda))
               (left (item-left item)))
          (work
           (cond ((null? left) (complete item position (cdr agenda)))
                 ((nonterminal? (car left) grammar) (predict (car left) position (cdr agenda)))
                 (else
                  (when (and (< position length) (eq? (vector-ref text position) (car left)))
                    (add! (item-rule item) (cdr left) (item-origin item) (+ position 1) '()))
                  (cdr agenda)))
           position))))
    (predict start 0 '())
    (do ((position 0 (+ position 1)))
        ((> position length) chart)
      (work (vector-ref chart position) position))))

;; The number of ways in which the symbol derives the text from one position to another.
;; `finished` holds the completed items at each position, and `memo` the counts for (symbol from . to).
(define (count-trees start grammar text chart)
  (let* ((length (vector-length text))
         (finished
          (vector-map (lambda (items)
                        (let next ((items items) (found '()))
                          (cond ((null? items) found)
                                ((null? (item-left (car items))) (next (cdr items) (cons (car items) found)))
                                (else (next (cdr items) found)))))
                      chart))
         (memo (make-vector (* (+ length 1) (+ length 1)) '())))
    (define (completed? rule from to)
      (known? rule '() from (vector-ref finished to)))
    (define (trees symbol from to)
      (let* ((index (+ (* from (+ length 1)) to))
             (entry (assq symbol (vector-ref memo index))))
        (if entry
            (cdr entry)
            (let add ((rules (rules-for symbol grammar)) (total 0))
              (cond ((null? rules)
                     (vector-set! memo index (cons (cons symbol total) (vector-ref memo index)))
                     total)
                    ((completed? (car rules) from to)
                     (add (cdr rules) (+ total (ways (cdar rules) from to))))
                    (else (add (cdr rules) total)))))))
    ;; The ways to derive the text from a row of symbols.
    (define (ways symbols from to)
      (cond ((null? symbols) (if (= from to) 1 0))
            ((not (nonterminal? (car symbols) grammar))
             (if (and (< from to) (eq? (vector-ref text from) (car symbols)))
                 (ways (cdr symbols) (+ from 1) to)
                 0))
            ((null? (cdr symbols)) (trees (car symbols) from to))
            (else
             (let split ((middle (+ from 1)) (total 0))
               (if (>= middle to)
                   total
                   (let ((first (trees (car symbols) from middle)))
                     (split (+ middle 1)
                            (if (= first 0)
                                total
                                (+ total (* first (ways (cdr symbols) middle to)))))))))))
    (trees start 0 length)))

;; A task is a start symbol, a grammar and a list of texts; the result has for each text the number of items
;; in the chart and the number of parse trees.
(define (run-task task)
  (let ((start (car task)) (grammar (cadr task)) (texts (car (cddr task))))
    (map (lambda (text)
           (let* ((text (list->vector text))
                  (chart (make-chart start grammar text))
                  (items (apply + (map length (vector->list chart)))))
             (list items (count-trees start grammar text chart))))
         texts)))

(define (run-benchmark)
  (let* ((count (read))
         (tasks (read))
         (expected (read)))
    (run-r7rs-benchmark
     "earley"
     count
     (lambda () (map run-task (hide count tasks)))
     (lambda (result) (equal? result expected)))))
