(import (scheme base) (scheme read) (scheme write) (scheme time))
;; Objects are closures that choose a method by a case on the message, and pass other messages to a parent.
;; Exercises closures with their own state, rest arguments, apply and dispatch on symbols.

(define (send object message . arguments)
  (apply object message object arguments))

(define (root message self . arguments)
  (error "message not understood" message))

;; A thing has a name and a log of what happened to it.
(define (make-thing name)
  (let ((events 0))
    (lambda (message self . arguments)
      (case message
        ((name) name)
        ((note) (set! events (+ events 1)) events)
        ((events) events)
        (else (apply root message self arguments))))))

;; A store is a thing with a stock and a limit.
(define (make-store name limit)
  (let ((parent (make-thing name)) (stock 0))
    (lambda (message self . arguments)
      (case message
        ((stock) stock)
        ((room) (- limit stock))
        ((put)
         (let ((amount (min (car arguments) (send self 'room))))
           (set! stock (+ stock amount))
           (send self 'note)
           amount))
        ((take)
         (let ((amount (min (car arguments) stock)))
           (set! stock (- stock amount))
           (send self 'note)
           amount))
        ((tick) #f)
        (else (apply parent message self arguments))))))

;; A leaking store loses part of its stock at each tick.
(define (make-leaking-store name limit divisor)
  (let ((parent (make-store name limit)) (lost 0))
    (lambda (message self . arguments)
      (case message
        ((tick)
         (set! lost (+ lost (send self 'take (quotient (send self 'stock) divisor))))
         (apply parent message self arguments))
        ((lost) lost)
        (else (apply parent message self arguments))))))

;; A pump moves an amount between two stores at each tick, and turns around when nothing moves.
(define (make-pump name from to amount)
  (let ((parent (make-thing name)) (turns 0))
    (lambda (message self . arguments)
      (case message
        ((move)
         (let* ((taken (send from 'take (min amount (send to 'room))))
                (put (send to 'put taken)))
           (when (= put 0) (send self 'turn))
           put))
        ((turn)
         (let ((old from))
           (set! from to)
           (set! to old)
           (set! turns (+ turns 1))
           (send self 'note)))
        ((turns) turns)
        ((tick) (send self 'move))
        (else (apply parent message self arguments))))))

;; A source fills a store, but rests for some of the ticks.
(define (make-source name store amount rest)
  (let ((parent (make-thing name)) (clock 0))
    (lambda (message self . arguments)
      (case message
        ((tick)
         (set! clock (+ clock 1))
         (if (= (modulo clock rest) 0)
             (send self 'note)
             (send store 'put amount)))
        (else (apply parent message self arguments))))))

(define (run-works ticks)
  (let* ((lake (make-store 'lake 5000))
         (tank (make-leaking-store 'tank 900 50))
         (tower (make-leaking-store 'tower 300 20))
         (cellar (make-store 'cellar 1000))
         (objects
          (list (make-source 'river lake 13 5)
                (make-pump 'main lake tank 29)
                (make-pump 'lift tank tower 17)
                (make-pump 'drain tower cellar 11)
                lake tank tower cellar)))
    (let next ((left ticks))
      (cond ((= left 0)
             (append (map (lambda (object) (list (send object 'name) (send object 'events))) objects)
                     (list (map (lambda (store) (send store 'stock)) (list lake tank tower cellar))
                           (map (lambda (store) (send store 'lost)) (list tank tower)))))
            (else
             (for-each (lambda (object) (send object 'tick)) objects)
             (next (- left 1)))))))

(define (run-benchmark)
  (let* ((count (read))
         (ticks (read))
         (expected (read)))
    (run-r7rs-benchmark
     "objects"
     count
     (lambda () (run-works (hide count ticks)))
     (lambda (result) (equal? result expected)))))
