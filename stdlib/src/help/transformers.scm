; Macros whose transformers are procedures.

(section "SRFI 211")

(er-macro-transformer
  "(er-macro-transformer procedure)"
  "A macro's transformer: the procedure is called with the form, a procedure that renames a symbol, so that it means what it does where the macro is defined, and one that compares what two names mean. Symbols that are not renamed mean what they do where the macro is used."
  (define-syntax swap!
    (er-macro-transformer
      (lambda (form rename compare)
        (let ((a (cadr form)) (b (caddr form)))
          `(,(rename 'let) ((,(rename 'kept) ,a))
             (,(rename 'set!) ,a ,b)
             (,(rename 'set!) ,b ,(rename 'kept)))))))
  (let ((kept 1) (other 2)) (swap! kept other) (list kept other)) => (2 1)
  (er-macro-transformer 5) fails "E0104 er-macro-transformer expects a procedure as its first argument, found 5")

(syntax-case
  "Finds the first clause whose pattern, written as those of syntax-rules, fits the form that the expression gives, and evaluates its expression, in whose templates the names of the pattern stand for parts of the form. A clause is (pattern expression) or (pattern fender expression); one whose fender gives #f is passed over. If no clause fits, that is an error."
  (define-syntax kind-of
    (lambda (form)
      (syntax-case form ()
        ((_ part) (identifier? #'part) #''name)
        ((_ (part ...)) #''(list of (part ...)))
        ((_ other) #''something-else))))
  (list (kind-of a) (kind-of (1 2)) (kind-of 5)) => (name (list of (1 2)) something-else))

(syntax
  "A form made from a template: the names of the pattern around it stand for parts of the form that was matched, all others mean what they do here. #'template is the same."
  (define-syntax my-or
    (lambda (form)
      (syntax-case form ()
        ((_) (syntax #f))
        ((_ first more ...) (syntax (let ((value first)) (if value value (my-or more ...))))))))
  (let ((value 5)) (my-or #f value)) => 5)

(quasisyntax
  "As syntax, but what is in (unsyntax expression) and (unsyntax-splicing expression) is evaluated. #`template is the same."
  (define-syntax backwards
    (lambda (form)
      (syntax-case form () ((_ part ...) #`(list #,@(reverse #'(part ...)))))))
  (backwards 1 2 3) => (3 2 1))

(unsyntax
  "Inside quasisyntax: the value of the expression; #,expression is the same. Elsewhere it is an error."
  (define-syntax count-parts
    (lambda (form) (syntax-case form () ((_ part ...) #`(quote #,(length #'(part ...)))))))
  (count-parts a b c) => 3)

(unsyntax-splicing
  "Inside quasisyntax: the elements of the list that the expression gives; #,@expression is the same. Elsewhere it is an error."
  (define-syntax twice
    (lambda (form) (syntax-case form () ((_ part) #`(list #,@(list #'part #'part))))))
  (twice 5) => (5 5))

(with-syntax
  "(with-syntax ((pattern expression) ...) body ...)"
  "Evaluates the body, in whose templates the names of the patterns stand for parts of the forms that the expressions give."
  (define-syntax my-let
    (lambda (form)
      (syntax-case form ()
        ((_ ((name value) ...) body ...)
         (with-syntax (((kept ...) (generate-temporaries #'(name ...))))
           #'(let ((kept value) ...) (let ((name kept) ...) body ...)))))))
  (my-let ((a 1) (b 2)) (list a b)) => (1 2))

(identifier?
  (define-syntax is-name
    (lambda (form) (syntax-case form () ((_ part) #`(quote #,(identifier? #'part))))))
  (list (is-name a) (is-name 5)) => (#t #f)
  (identifier? 'symbol) => #f)

(bound-identifier=?
  (define-syntax same-name
    (lambda (form)
      (syntax-case form () ((_ a b) #`(quote #,(bound-identifier=? #'a #'b))))))
  (list (same-name x x) (same-name x y)) => (#t #f))

(free-identifier=?
  "(free-identifier=? a b)"
  "Do two names mean the same where they stand? Outside a transformer it is an error."
  (define-syntax is-else
    (lambda (form)
      (syntax-case form () ((_ a) #`(quote #,(free-identifier=? #'a #'else))))))
  (list (is-else else) (let ((else 1)) (is-else else))) => (#t #f))

(syntax->datum
  "(syntax->datum syntax)"
  "The datum of a form: its names become symbols."
  (define-syntax name-of
    (lambda (form)
      (syntax-case form () ((_ a) (symbol->string (syntax->datum #'a))))))
  (name-of apple) => "apple")

(datum->syntax
  "(datum->syntax identifier datum)"
  "A form made from a datum, whose symbols mean what they would where the identifier stands: for names that a macro shows to its user."
  (define-syntax with-it
    (lambda (form)
      (syntax-case form ()
        ((k value body)
         (with-syntax ((it (datum->syntax #'k 'it))) #'(let ((it value)) body))))))
  (with-it 5 (* it it)) => 25
  (datum->syntax 'x 1) fails "E0104 datum->syntax expects an identifier as its first argument, found x")

(generate-temporaries
  "(generate-temporaries list)"
  "A list of as many new names as the list has elements, each unlike all others."
  (length (generate-temporaries '(a b c))) => 3
  (generate-temporaries 5) fails "E0104 generate-temporaries expects a list as its first argument, found 5")

(syntax-violation
  "(syntax-violation who message form [subform])"
  "Raises an error about a form, or a part of it, in the name of a macro; who is a symbol, a string or #f."
  (define-syntax one
    (lambda (form)
      (syntax-case form ()
        ((_ e) #'e)
        (_ (syntax-violation 'one "it takes one expression" form)))))
  (one 1 2) fails "E0108 in a use of `one` at eval:6:1: one: it takes one expression (one 1 2)")

(section "pscheme")

(begin-for-syntax
  "Evaluates the forms while the program is expanded: what they define is there for the transformers of macros."
  (begin-for-syntax (define (double n) (* 2 n)))
  (define-syntax doubled
    (er-macro-transformer (lambda (form rename compare) (double (cadr form)))))
  (doubled 21) => 42)
