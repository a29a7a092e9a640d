; What belongs nowhere else.

(section "pscheme")

(assert
  "(assert value irritant …)"
  "Does nothing if the value is not #f; else it is an error that names the irritants."
  (assert (= 1 1)) shows ""
  (assert (= 1 2) 'one 'two) fails "E0108 an assertion failed one two")

(void
  "The prompt shows nothing of it; its arguments are ignored."
  (eq? (void) (void)) => #t)

(runtime
  "It is inexact and serves to measure."
  (let ((begin (runtime))) (<= begin (runtime))) => #t)

(procedure-arity
  (procedure-arity cons) => (2 . 2)
  (procedure-arity (lambda (a . rest) a)) => (1 . #f))

(call-with-escape-continuation
  "(call-with-escape-continuation procedure)"
  "The same as call-with-current-continuation."
  (call-with-escape-continuation (lambda (leave) (+ 1 (leave 42)))) => 42)

(environment?
  (list (environment? (interaction-environment)) (environment? '(scheme base))) => (#t #f))
