; R7RS 6.14: the system around.
(load "load-me.scm") (list loaded-value (loaded-procedure 2)) ;=> (loaded 4)
(let ((e (interaction-environment))) (load "load-me.scm" e) (eval 'loaded-value e)) ;=> loaded
(guard (e ((file-error? e) 'no-file)) (load "there-is-no-such-file.scm")) ;=> no-file
(file-exists? "load-me.scm") ;=> #t
(file-exists? "there-is-no-such-file") ;=> #f
(list? (command-line)) ;=> #t
(get-environment-variable "THERE_IS_NO_SUCH_VARIABLE_OF_THE_TESTS") ;=> #f
(list? (get-environment-variables)) ;=> #t
(guard (e (#t 'wrong-type)) (get-environment-variable 5)) ;=> wrong-type
(real? (current-second)) ;=> #t
(exact-integer? (current-jiffy)) ;=> #t
(exact-integer? (jiffies-per-second)) ;=> #t
(positive? (jiffies-per-second)) ;=> #t
(<= (current-jiffy) (current-jiffy)) ;=> #t
(list? (features)) ;=> #t
(and (memq 'r7rs (features)) (memq 'full-unicode (features)) (memq 'exact-closed (features)) #t) ;=> #t
(procedure? exit) ;=> #t
(procedure? emergency-exit) ;=> #t
