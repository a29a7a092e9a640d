; What compiles while a program runs (R7RS 6.12, 6.14). The primitives make procedures; these are
; called here, so that evaluation can be suspended like everything else.

(define (%environment-of options)
  (if (null? options) (interaction-environment) (car options)))

(define (eval expression . environment)
  ((%compiled (%compile expression (%environment-of environment)))))

(define (environment . sets)
  (let check ((rest sets) (position 0))
    (if (pair? rest)
        (begin
          (if (not (pair? (car rest)))
              (%wrong-type 'environment position "a library's name or an import set" (car rest)))
          (check (cdr rest) (+ position 1)))))
  (let ((made (%compiled (%environment sets))))
    ((car made))
    (cdr made)))

(define (load path . environment)
  (let ((source (%read-source path))
        (environment (%environment-of environment)))
    (let loop ((position 0))
      (let ((step (%compile-next source position environment)))
        (if step
            (begin
              ((%compiled (car step)))
              (loop (cdr step))))))))

(define (%check-report-version name version)
  (if (not (memv version '(5 7)))
      (%fault 106
              (string-append (symbol->string name) " expects 5 or 7 as its first argument, found")
              version)))

(define (scheme-report-environment version)
  (%check-report-version 'scheme-report-environment version)
  (environment (if (= version 5) '(scheme r5rs) '(scheme base))))

(define (null-environment version)
  (%check-report-version 'null-environment version)
  (environment
    '(only (scheme r5rs)
           and begin case cond define define-syntax delay do else => if lambda let let* let-syntax
           letrec letrec-syntax or quasiquote quote set! syntax-rules unquote unquote-splicing ... _)))
