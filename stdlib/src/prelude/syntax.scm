; Macros whose transformers are procedures: the calls that a compilation waits for, what transformers
; use to take forms apart (R6RS standard libraries 12, syntax-case) and to make names, and
; transformers that rename explicitly. Syntax is plain data, but for names, which have scopes.

; What comes of a compilation: the calls it waits for are made here, so that a transformer can be
; suspended like everything else.
(define (%compiled step)
  (let ((call (%compilation-call step)))
    (if call
        (%compiled (%compile-on step (%call-for step call)))
        step)))

(define (%run-compiled step)
  ((%compiled step)))

(define (%call-for step call)
  (cond ((procedure? call) (call))
        ((pair? call) (%checked-transformer ((car call))))
        (else
         (%parameterize
           (list (cons %compilation step))
           (lambda ()
             (with-exception-handler
               (lambda (object)
                 (if (error-object? object)
                     (raise (%condition-within object (vector-ref call 4)))
                     (raise-continuable object)))
               (lambda ()
                 (%transform step (vector-ref call 0) (vector-ref call 1)
                             (vector-ref call 2) (vector-ref call 3)))))))))

(define %compilation (make-parameter #f))

(define (%checked-transformer value)
  (if (or (procedure? value) (%renaming-procedure value))
      value
      (%fault 104 "a macro's transformer is a procedure, found" value)))

(define (%transform step transformer form definition-scopes use-scopes)
  (let ((procedure (%renaming-procedure transformer)))
    (if procedure
        (procedure (%with-plain-names form use-scopes)
                   (%renamer definition-scopes)
                   (lambda (a b) (%names-same? step a b)))
        (transformer form))))

; Explicit renaming.

(define (er-macro-transformer procedure)
  (%procedure-check 'er-macro-transformer 0 procedure)
  (%renaming-transformer procedure))

; The names of the place of the use as symbols. Names that a macro brought in stay what they are.
(define (%with-plain-names form use-scopes)
  (let ((here (%identifier 'here use-scopes)))
    (%map-names
      (lambda (name)
        (let ((symbol (%identifier-symbol name)))
          (if (bound-identifier=? name (%identifier-like here symbol)) symbol name)))
      form)))

; The same name for the same symbol, however often it is asked for.
(define (%renamer scopes)
  (let ((renamed '()))
    (lambda (symbol)
      (let ((known (assv symbol renamed)))
        (if known
            (cdr known)
            (let ((name (if (symbol? symbol) (%identifier symbol scopes) symbol)))
              (set! renamed (cons (cons symbol name) renamed))
              name))))))

(define (%names-same? step a b)
  (let ((is-name? (lambda (value) (or (symbol? value) (identifier? value)))))
    (and (is-name? a) (is-name? b) (%same-meaning? step a b))))

; Names and data.

(define (free-identifier=? a b)
  (let ((step (%compilation)))
    (if (not step)
        (%fault 113 "free-identifier=? outside a macro's transformer is not in this version"))
    (%same-meaning? step a b)))

; A copy of syntax with each name replaced. Parts without names stay the objects they are, so that it
; is known where they stand in the text.
(define (%map-names change form)
  (cond ((pair? form)
         (let* ((head (%map-names change (car form)))
                (tail (%map-names change (cdr form))))
           (if (and (eq? head (car form)) (eq? tail (cdr form)))
               form
               (cons head tail))))
        ((vector? form)
         (let ((parts (vector->list form)))
           (let ((changed (%map-names change parts)))
             (if (eq? changed parts) form (list->vector changed)))))
        ((identifier? form) (change form))
        (else form)))

(define (syntax->datum syntax)
  (%map-names %identifier-symbol syntax))

(define (datum->syntax identifier datum)
  (if (not (identifier? identifier))
      (%wrong-type 'datum->syntax 0 "an identifier" identifier))
  (let wrap ((datum datum))
    (cond ((symbol? datum) (%identifier-like identifier datum))
          ((pair? datum) (cons (wrap (car datum)) (wrap (cdr datum))))
          ((vector? datum) (vector-map wrap datum))
          (else datum))))

(define (generate-temporaries items)
  (if (not (list? items))
      (%wrong-type 'generate-temporaries 0 "a list" items))
  (map (lambda (item) (%identifier 'temporary #f)) items))

(define (syntax-violation who message form . subform)
  (let ((place (cond ((string? who) (string-append who ": "))
                     ((symbol? who) (string-append (symbol->string who) ": "))
                     ((identifier? who)
                      (string-append (symbol->string (%identifier-symbol who)) ": "))
                     (else ""))))
    (%apply error
            (cons (string-append place message)
                  (cons (syntax->datum form) (map syntax->datum subform))))))

; syntax-case. A pattern is a vector that begins with a number for its shape:
;   0              anything
;   1              a variable
;   2 name         a name that means the same
;   3 datum        an equal constant
;   4 head tail    a pair
;   5 repeated before-tail count variables
;                  repeated as often as `count` pairs before the last part are left, then the rest;
;                  `variables` says how many variables the repeated part has
;   6 elements     a vector whose elements, as a list, fit
;   7              the empty list
; What the variables stand for comes as a list, the last one first, or #f.

(define (%syntax-match pattern form)
  (let ((found (%match-syntax pattern form '())))
    (and found (reverse found))))

(define (%match-syntax pattern form found)
  (case (vector-ref pattern 0)
    ((0) found)
    ((1) (cons form found))
    ((2) (and (identifier? form) (free-identifier=? form (vector-ref pattern 1)) found))
    ((3) (and (equal? form (vector-ref pattern 1)) found))
    ((4) (and (pair? form)
              (let ((found (%match-syntax (vector-ref pattern 1) (car form) found)))
                (and found (%match-syntax (vector-ref pattern 2) (cdr form) found)))))
    ((5) (%match-ellipsis (vector-ref pattern 1) (vector-ref pattern 2)
                          (- (%pair-count form) (vector-ref pattern 3))
                          (vector-ref pattern 4)
                          form found))
    ((6) (and (vector? form) (%match-syntax (vector-ref pattern 1) (vector->list form) found)))
    (else (and (null? form) found))))

(define (%pair-count form)
  (let loop ((form form) (count 0))
    (if (pair? form) (loop (cdr form) (+ count 1)) count)))

(define (%match-ellipsis repeated rest count variables form found)
  (and (>= count 0)
       (let loop ((left count) (form form) (rows '()))
         (if (> left 0)
             (let ((row (%match-syntax repeated (car form) '())))
               (and row (loop (- left 1) (cdr form) (cons row rows))))
             (%match-syntax rest form (%columns variables rows found))))))

; Rows, the last one first, each the last variable first, as one list for each variable.
(define (%columns variables rows found)
  (let loop ((place (- variables 1)) (found found))
    (if (< place 0)
        found
        (loop (- place 1)
              (cons (let column ((rows rows) (result '()))
                      (if (null? rows)
                          result
                          (column (cdr rows) (cons (list-ref (car rows) place) result))))
                    found)))))

(define (%no-clause form)
  (%fault 307 "no clause of syntax-case fits" (syntax->datum form)))

; A template is a vector that begins with a number for its shape:
;   0 index              a variable
;   1 syntax             itself
;   2 elements tail      a list: elements and what follows them
;   3 elements           a vector
; An element is a vector of a template, the number of ellipses behind it, and an association of the
; variables that are gone through with the number of ellipses that go through them.

(define (%syntax-fill template values)
  (case (vector-ref template 0)
    ((0) (vector-ref values (vector-ref template 1)))
    ((1) (vector-ref template 1))
    ((2) (%fill-elements (vector-ref template 1) values
                         (%syntax-fill (vector-ref template 2) values)))
    (else (list->vector (%fill-elements (vector-ref template 1) values '())))))

(define (%fill-elements elements values tail)
  (if (null? elements)
      tail
      (let ((element (car elements)))
        (%fill-element (vector-ref element 0) (vector-ref element 1) (vector-ref element 2) values
                       (%fill-elements (cdr elements) values tail)))))

(define (%fill-element template ellipses repeated values tail)
  (if (= ellipses 0)
      (cons (%syntax-fill template values) tail)
      (let* ((here (filter (lambda (entry) (>= (cdr entry) ellipses)) repeated))
             (sequences (map (lambda (entry) (vector-ref values (car entry))) here)))
        (%check-lengths sequences)
        (let loop ((rows (%apply map (cons list sequences))))
          (if (null? rows)
              tail
              (let ((inner (vector-copy values)))
                (for-each (lambda (entry value) (vector-set! inner (car entry) value))
                          here (car rows))
                (%fill-element template (- ellipses 1) repeated inner (loop (cdr rows)))))))))

(define (%check-lengths sequences)
  (let ((count (length (car sequences))))
    (if (not (every (lambda (sequence) (= (length sequence) count)) sequences))
        (%fault 307 "sequences that a template goes through together differ in length"))))
