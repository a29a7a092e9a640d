; System interface.

(section "R7RS 6.14")

(load
  "(load path [environment])"
  "Reads the forms of a file and evaluates them one after the other in the environment, or at the top level. A file that is not there is an error."
  (call-with-output-file "part.scm" (lambda (port) (write '(define loaded 'yes) port)))
  (load "part.scm")
  loaded => yes
  (guard (e ((file-error? e) 'no-file)) (load "no-such-file.scm")) => no-file)

(file-exists?
  "(file-exists? path)"
  "Is there a file of this name? What the program itself has written to it is waited for."
  (file-exists? "no-such-file") => #f
  (call-with-output-file "some-file" (lambda (port) (write 1 port)))
  (file-exists? "some-file") => #t)

(delete-file
  "(delete-file path)"
  "Deletes a file, once the commit that contains the request is on the disk. A file that is not there is an error."
  (call-with-output-file "some-file" (lambda (port) (write 1 port)))
  (delete-file "some-file")
  (file-exists? "some-file") => #f)

(command-line
  (list? (command-line)) => #t)

(exit
  "(exit [value])"
  "Ends the program, after the afters of dynamic-wind: with status 0 without a value or for #t, the lowest eight bits of a number, and 1 for #f and anything else."
  (exit 7) exits 7
  (exit #f) exits 1
  (dynamic-wind (lambda () #f) (lambda () (exit)) (lambda () (display "bye"))) exits 0)

(emergency-exit
  "(emergency-exit [value])"
  "As exit, but the afters of dynamic-wind are not called."
  (emergency-exit 3) exits 3
  (dynamic-wind (lambda () #f) (lambda () (emergency-exit #t)) (lambda () (exit 1))) exits 0)

(get-environment-variable
  (get-environment-variable "NO_SUCH_VARIABLE") => #f)

(get-environment-variables
  (list? (get-environment-variables)) => #t)

(current-second
  "It is inexact and has a fraction."
  (> (current-second) 0) => #t)

(current-jiffy
  (let ((begin (current-jiffy))) (<= begin (current-jiffy))) => #t
  (exact-integer? (current-jiffy)) => #t)

(jiffies-per-second
  (jiffies-per-second) => 1000000)

(features
  (if (memq 'r7rs (features)) 'yes 'no) => yes)
