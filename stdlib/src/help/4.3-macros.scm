; Macros.

(section "R7RS 4.3.1")

(let-syntax
  "Gives names to macros in its body; the macros do not see each other. Definitions in the body stay inside it."
  (let-syntax ((twice (syntax-rules () ((_ e) (begin e e))))) (twice (display "ha"))) shows "haha")

(letrec-syntax
  "As let-syntax, but the macros see each other and themselves."
  (letrec-syntax
      ((my-or (syntax-rules ()
                ((_) #f)
                ((_ e) e)
                ((_ e more ...) (let ((value e)) (if value value (my-or more ...)))))))
    (let ((value 5)) (my-or #f value))) => 5)

(section "R7RS 4.3.2")

(syntax-rules
  "A macro: a use of it that fits a pattern becomes the template, with the parts of the use in place of the pattern's names. Names the template brings along mean what they do where the macro is defined, and those it binds are seen by it alone. A name in the list of literals fits only itself; pattern ... fits any number. An ellipsis of one's own may stand in front of the literals."
  (define-syntax swap!
    (syntax-rules () ((_ a b) (let ((kept a)) (set! a b) (set! b kept)))))
  (let ((kept 1) (other 2)) (swap! kept other) (list kept other)) => (2 1)
  (define-syntax sums (syntax-rules () ((_ (a b) ...) (list (+ a b) ...))))
  (sums (1 2) (3 4)) => (3 7)
  (define-syntax for
    (syntax-rules (in) ((_ x in items body) (for-each (lambda (x) body) items))))
  (for n in '(1 2 3) (display n)) shows "123")

(...
  "In a pattern of syntax-rules: the part before it any number of times. In a template: as many copies of the part before it. (... template) takes the template as it is. Elsewhere it is an error."
  (define-syntax my-list (syntax-rules () ((_ e ...) (list e ...))))
  (my-list 1 2 3) => (1 2 3))

(_
  "In a pattern of syntax-rules: fits anything and binds nothing. Elsewhere it is an error, but in a pattern of recv."
  (define-syntax second-of (syntax-rules () ((_ (_ x . _)) 'x)))
  (second-of (a b c)) => b)

(section "R7RS 4.3.3")

(syntax-error
  "Reports this message, a string, with the data as an error of the program when it is expanded: what a macro makes of a use that is wrong."
  (define-syntax one
    (syntax-rules ()
      ((_ e) e)
      ((_ . other) (syntax-error "one takes one expression" other))))
  (one 1 2) fails "E0308 one takes one expression (1 2)")
