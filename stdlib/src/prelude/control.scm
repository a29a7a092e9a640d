; Control: apply, continuations with winders, multiple values.

(define (%append-last items)
  ; (a b (c d)) => (a b c d): what apply spreads.
  (if (null? (cdr items))
      (car items)
      (cons (car items) (%append-last (cdr items)))))

(define (apply procedure first . rest)
  (if (null? rest)
      (%apply procedure first)
      (%apply procedure (cons first (%append-last rest)))))

(define (procedure-call procedure) (procedure))

(define (call-with-values producer consumer)
  (%apply consumer (%values->list (producer))))

; Winders are a list of (before . after) pairs, innermost first, held in the dynamic state.

(define (%common-tail a b)
  (let loop ((a a) (b b) (la (%winders-length a)) (lb (%winders-length b)))
    (cond ((eq? a b) a)
          ((> la lb) (loop (cdr a) b (- la 1) lb))
          ((< la lb) (loop a (cdr b) la (- lb 1)))
          (else (loop (cdr a) (cdr b) (- la 1) (- lb 1))))))

(define (%winders-length winders)
  (let loop ((rest winders) (count 0))
    (if (null? rest) count (loop (cdr rest) (+ count 1)))))

(define (%rewind target)
  ; Leaves the present winders up to those shared with target, then enters target's.
  (let ((common (%common-tail (%winders) target)))
    (let unwind ()
      (if (not (eq? (%winders) common))
          (let ((winder (car (%winders))))
            (%set-winders! (cdr (%winders)))
            ((cdr winder))
            (unwind))))
    (let enter ((rest target))
      (if (not (eq? rest common))
          (begin
            (enter (cdr rest))
            ((car (car rest)))
            (%set-winders! rest))))))

(define (call-with-current-continuation procedure)
  (%call/cc
    (lambda (continuation)
      (let ((winders (%winders)))
        (procedure
          (lambda results
            (if (not (eq? (%winders) winders)) (%rewind winders))
            (%throw continuation
                    (if (and (pair? results) (null? (cdr results)))
                        (car results)
                        (%apply values results)))))))))

(define call/cc call-with-current-continuation)

(define (dynamic-wind before thunk after)
  (before)
  (%set-winders! (cons (cons before after) (%winders)))
  (let ((result (thunk)))
    (%set-winders! (cdr (%winders)))
    (after)
    result))
