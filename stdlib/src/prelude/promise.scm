; Promises (R7RS 4.2.5, 7.3). A promise holds a pair: whether there is a value, and the value or the
; procedure that gives a promise of it. Promises that delay-force made one out of the other share the
; pair, so that a chain of them takes no space.

(define %promise-type (%make-record-type 'promise '#(#f) 'promise))

(define (promise? object) (%record? object %promise-type))
(define (%promise done? content) (%record %promise-type (cons done? content)))
(define (%promise-content promise) (%record-ref promise %promise-type 0 'force))

(define (make-promise object) (if (promise? object) object (%promise #t object)))

(define (force promise)
  (if (promise? promise)
      (let ((content (%promise-content promise)))
        (if (car content)
            (cdr content)
            (%force promise ((cdr content)))))
      promise))

; The procedure of promise has given next. It may have forced promise itself: then that value stands.
(define (%force promise next)
  (if (not (promise? next)) (%wrong-type 'delay-force 0 "a promise" next))
  (let ((content (%promise-content promise)))
    (if (not (car content))
        (let ((shared (%promise-content next)))
          (set-car! content (car shared))
          (set-cdr! content (cdr shared))
          (%record-set! next %promise-type 0 content 'force))))
  (force promise))
