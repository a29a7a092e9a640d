; Prompts and composable continuations.

(section "SRFI 226")

(make-continuation-prompt-tag
  "(make-continuation-prompt-tag [name])"
  "A new tag for prompts, the same as no other. The name is for people."
  (let ((tag (make-continuation-prompt-tag 'mine)))
    (call-with-continuation-prompt
      (lambda () (+ 1 (abort-current-continuation tag 2)))
      tag
      (lambda (n) (* 10 n)))) => 20
  (eq? (make-continuation-prompt-tag) (make-continuation-prompt-tag)) => #f)

(default-continuation-prompt-tag
  "(default-continuation-prompt-tag)"
  "The tag of prompts that are not given one. Every process runs inside a prompt of this tag."
  (eq? (default-continuation-prompt-tag) (default-continuation-prompt-tag)) => #t
  (continuation-prompt-available? (default-continuation-prompt-tag)) => #t)

(continuation-prompt-tag?
  "(continuation-prompt-tag? object)"
  "Is it a tag that make-continuation-prompt-tag made, or the default one?"
  (map continuation-prompt-tag? (list (make-continuation-prompt-tag) 'tag)) => (#t #f))

(call-with-continuation-prompt
  "(call-with-continuation-prompt thunk [tag [handler]])"
  "Calls the thunk inside a new prompt, and gives its values. When the thunk aborts to the prompt, the handler is called in place of all that, with the values given to the abort. The default handler calls what it is given, a thunk, inside the prompt again."
  (call-with-continuation-prompt (lambda () (+ 1 2))) => 3
  (call-with-continuation-prompt
    (lambda ()
      (+ 1 (abort-current-continuation (default-continuation-prompt-tag) (lambda () 5))))) => 5)

(abort-current-continuation
  "(abort-current-continuation tag value …)"
  "Leaves everything up to the innermost prompt with the tag, running the after thunks of dynamic-wind on the way, and calls the handler of the prompt with the values. That there is none is an error."
  (let ((tag (make-continuation-prompt-tag)))
    (call-with-continuation-prompt
      (lambda ()
        (dynamic-wind
          (lambda () (display "in "))
          (lambda () (abort-current-continuation tag 'left))
          (lambda () (display "out "))))
      tag
      (lambda (value) (display value)))) shows "in out left"
  (abort-current-continuation 'nowhere) fails "E0124 no prompt is in force with the tag nowhere")

(continuation-violation?
  "(continuation-violation? object)"
  "Is it the error that no prompt is in force with a tag?"
  (guard (e ((continuation-violation? e) 'no-prompt))
    (abort-to-prompt 'nowhere)) => no-prompt
  (continuation-violation? 'nowhere) => #f)

(continuation-violation-prompt-tag
  "(continuation-violation-prompt-tag condition)"
  "The tag of the prompt that such an error misses."
  (guard (e ((continuation-violation? e) (continuation-violation-prompt-tag e)))
    (abort-to-prompt 'nowhere)) => nowhere)

(call-with-composable-continuation
  "(call-with-composable-continuation procedure [tag])"
  "Calls the procedure with the part of the continuation up to the innermost prompt with the tag, as a procedure that puts it before the continuation it is called in and so returns."
  (call-with-continuation-prompt
    (lambda ()
      (+ 1 (call-with-composable-continuation (lambda (k) (k (k 10))))))) => 13)

(call-with-non-composable-continuation
  "(call-with-non-composable-continuation procedure [tag])"
  "Calls the procedure with the part of the continuation up to the innermost prompt with the tag, as a procedure that, called, takes the place of the continuation up to the innermost such prompt then."
  (call-with-continuation-prompt
    (lambda ()
      (+ 1 (call-with-non-composable-continuation (lambda (k) (* 100 (k 10))))))) => 11)

(continuation?
  "(continuation? object)"
  "Is it a continuation, of call/cc or of a part?"
  (call/cc continuation?) => #t
  (continuation? car) => #f)

(non-composable-continuation?
  "(non-composable-continuation? object)"
  "Is it a continuation that does not return when it is called?"
  (call/cc non-composable-continuation?) => #t
  (call-with-continuation-prompt
    (lambda () (call-with-composable-continuation non-composable-continuation?))) => #f)

(call-in-continuation
  "(call-in-continuation continuation procedure argument …)"
  "Calls the procedure with the arguments in the continuation, where that would have got a value."
  (+ 1 (call/cc (lambda (k) (* 100 (call-in-continuation k + 2 3))))) => 6)

(call-in
  "(call-in continuation procedure argument …)"
  "As call-in-continuation, for continuations that do not return."
  (+ 1 (call/cc (lambda (k) (* 100 (call-in k (lambda () 5)))))) => 6)

(return-to
  "(return-to continuation value …)"
  "Gives a continuation that does not return its values."
  (+ 1 (call/cc (lambda (k) (* 100 (return-to k 5))))) => 6)

(continuation-prompt-available?
  "(continuation-prompt-available? tag [continuation])"
  "Is a prompt with the tag in force, here or in the continuation?"
  (let ((tag (make-continuation-prompt-tag)))
    (list (continuation-prompt-available? tag)
          (call-with-continuation-prompt (lambda () (continuation-prompt-available? tag)) tag))) => (#f #t))

(section "pscheme")

(make-prompt-tag
  "(make-prompt-tag [name])"
  "A new tag for prompts, as make-continuation-prompt-tag makes them."
  (continuation-prompt-tag? (make-prompt-tag "requests")) => #t)

(default-prompt-tag
  "(default-prompt-tag)"
  "The tag of prompts that are not given one."
  (eq? (default-prompt-tag) (default-continuation-prompt-tag)) => #t)

(call-with-prompt
  "(call-with-prompt tag thunk handler)"
  "Calls the thunk inside a prompt with the tag, which may be any object. When the thunk aborts to the prompt, the handler is called in its place with the continuation from there up to the prompt, which can be called any number of times, and with the values given to the abort."
  (call-with-prompt 'ask
    (lambda () (+ 1 (abort-to-prompt 'ask 20)))
    (lambda (k n) (list (k n) (k (* 2 n))))) => (21 41)
  (call-with-prompt 'ask (lambda () 5) (lambda (k) 0)) => 5)

(abort-to-prompt
  "(abort-to-prompt tag value …)"
  "Leaves everything up to the innermost prompt with the tag, and calls its handler with the continuation from here up to it and with the values."
  (define (yield value) (abort-to-prompt 'generator value))
  (define (collect thunk)
    (call-with-prompt 'generator
      (lambda () (thunk) '())
      (lambda (rest value) (cons value (collect (lambda () (rest #f)))))))
  (collect (lambda () (yield 1) (yield 2) (yield 3))) => (1 2 3)
  (abort-to-prompt 'nowhere 1) fails "E0124 no prompt is in force with the tag nowhere")

(reset
  "(reset body …)"
  "The value of the body, which shift can leave."
  (reset (+ 1 2)) => 3
  (+ 1 (reset (* 2 (shift k 5)))) => 6)

(shift
  "(shift name body …)"
  "Leaves what is around it up to the innermost reset, and evaluates the body in its place, in which the name is the continuation that was left, as a procedure that returns."
  (reset (+ 1 (shift k (k (k 5))))) => 7
  (reset (list 'a (shift k (append (k 'b) (k 'c))))) => (a b a c))
