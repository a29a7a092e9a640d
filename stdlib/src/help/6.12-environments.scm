; Environments and evaluation.

(section "R7RS 6.12")

(environment
  "(environment set …)"
  "An environment for eval with the names that the import sets give, as import would. Nothing can be defined or assigned in it."
  (eval '(* 7 6) (environment '(scheme base))) => 42
  (eval '(c:square 3) (environment '(prefix (only (scheme base) square) c:))) => 9
  (environment '(no such library)) fails "E0309 there is no library (no such library)")

(eval
  "(eval expression [environment])"
  "Evaluates a datum as an expression or a definition of the environment; of the top level if none is given. What is no datum, as a procedure, stands for itself."
  (eval '(* 7 3) (environment '(scheme base))) => 21
  (eval (list + 1 2)) => 3
  (eval '(define seven 7) (interaction-environment))
  (eval '(+ seven 1)) => 8)

(scheme-report-environment
  "(scheme-report-environment version)"
  "The environment of a report: (scheme r5rs) for 5, (scheme base) for 7. Another number is an error."
  (eval '(exact->inexact 1/2) (scheme-report-environment 5)) => 0.5
  (scheme-report-environment 4) fails "E0106 scheme-report-environment expects 5 or 7 as its first argument, found 4")

(null-environment
  "(null-environment version)"
  "The environment with the syntax of R5RS and no procedures; the version is 5 or 7."
  (eval '(if #t 'yes 'no) (null-environment 5)) => yes
  (eval '(car '(1)) (null-environment 5)) fails "E0311 `car` is not imported")

(interaction-environment
  "Definitions in it stay in the image."
  (eval '(define answer 42) (interaction-environment))
  answer => 42)
