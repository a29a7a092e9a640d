; cond-expand and features (R7RS 4.2.1, 6.14).
(cond-expand (pscheme 'here) (else 'elsewhere)) ;=> here
(cond-expand ((and ratios exact-complex) 'exact) (else 'rounded)) ;=> exact
(cond-expand ((and r7rs (not foo) (or foo full-unicode)) 1 2) (else 3)) ;=> 2
(list (cond-expand ((and) 1) (else 2)) (cond-expand ((or) 1) (else 2)) (cond-expand ((not r7rs) 1) (r7rs 2))) ;=> (1 2 2)
(list (cond-expand ((library (scheme base)) 1) (else 2)) (cond-expand ((library (foo bar)) 1) (else 2))) ;=> (1 2)
(cond-expand ((and (library (scheme lazy)) (library (scheme case-lambda)) (library (scheme write))) 'all) (else 'not)) ;=> all
(cond-expand ((or (library (scheme r5rs)) (library scheme)) 'old) (else 'new)) ;=> old
; Definitions, at top level and in bodies; a form without a clause that holds has no effect.
(cond-expand (r7rs (define a 1) (define (b) (+ a 1))) (else (define a 'none)))
(cond-expand (foo (define a 2)))
(cond-expand (foo) (r7rs))
(list a (b)) ;=> (1 2)
(let ()
  (cond-expand (foo (define x 1)) (else (define x 2) (define-syntax twice (syntax-rules () ((_ e) (* 2 e))))))
  (cond-expand (foo (define y 1)))
  (cond-expand (r7rs (define-record-type r (make-r v) r? (v r-v))))
  (twice (+ x (r-v (make-r 5))))) ;=> 14
(cond-expand (r7rs (cond-expand (foo 1) (pscheme 'inner))) (else 2)) ;=> inner
(let ((if list) (begin vector) (r7rs #f) (and #f) (else #f)) (cond-expand ((and r7rs) 1 2) (else 3))) ;=> 2
(define-syntax when-feature
  (syntax-rules () ((_ feature then else) (cond-expand (feature then) ((not feature) else)))))
(list (when-feature r7rs 1 2) (when-feature foo 1 2)) ;=> (1 2)
(define-syntax by-library
  (syntax-rules () ((_ part) (cond-expand ((library (scheme part)) #t) (else #f)))))
(list (by-library char) (by-library chart) (by-library complex)) ;=> (#t #f #t)
(let ((cond-expand list)) (cond-expand 1 2)) ;=> (1 2)
(features) ;=> (r7rs exact-closed exact-complex ieee-float full-unicode ratios pscheme)
