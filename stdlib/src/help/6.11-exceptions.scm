; Exceptions.

(section "R7RS 6.11")

(with-exception-handler
  "(with-exception-handler handler thunk)"
  "Calls the thunk; while it runs, the handler is called with every object that is raised, where it was raised and with the handlers around this one. What it returns is the value of raise-continuable; after raise or an error it must not return."
  (with-exception-handler
    (lambda (object) 42)
    (lambda () (+ (raise-continuable 'please) 1))) => 43
  (call/cc
    (lambda (leave)
      (with-exception-handler
        (lambda (object) (leave (list 'caught object)))
        (lambda () (raise 'oops))))) => (caught oops)
  (with-exception-handler (lambda (object) 'ignored) (lambda () (raise 'oops))) fails "E0119 the exception handler returned; it was given oops")

(raise
  "If that returns, or if there is none, that is an error."
  (guard (object (#t (list 'caught object))) (raise 'an-object)) => (caught an-object)
  (raise 'an-object) fails "E0108 the value an-object was raised")

(raise-continuable
  "(raise-continuable object)"
  "Calls the handler in force with the object; what that returns is the value."
  (with-exception-handler
    (lambda (object) (* object 2))
    (lambda () (raise-continuable 21))) => 42)

(error
  "The message is a string as a rule, and the irritants may be anything."
  (error "no route to" 'mars 7) fails "E0108 no route to mars 7"
  (guard (e (#t (list (error-object-message e) (error-object-irritants e))))
    (error "no route to" 'mars 7)) => ("no route to" (mars 7)))

(error-object?
  "Errors that pscheme raises itself are such objects, too."
  (guard (e (#t (error-object? e))) (error "oops")) => #t
  (guard (e (#t (error-object? e))) (car 5)) => #t
  (error-object? 'oops) => #f)

(error-object-message
  (guard (e (#t (error-object-message e))) (error "oops" 1 2)) => "oops"
  (error-object-message 5) fails "E0104 error-object-message expects an error object as its first argument, found 5")

(error-object-irritants
  (guard (e (#t (error-object-irritants e))) (error "oops" 1 2)) => (1 2))

(read-error?
  (guard (e ((read-error? e) 'not-readable)) (read (open-input-string "(1 2"))) => not-readable
  (read-error? 5) => #f)

(file-error?
  (guard (e ((file-error? e) 'no-file)) (open-input-file "no-such-file")) => no-file
  (file-error? 5) => #f)
