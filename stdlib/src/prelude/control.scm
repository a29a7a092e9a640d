; Control: continuations with winders, parameters, several values, apply.
;
; The dynamic state of a process is the empty list or a vector
;   #(next before after bindings depth handlers prompt)
; of the state around it, two thunks (or #f where only the rest was added), the bindings of parameters
; in force, the number of states around it, the exception handlers in force, the innermost first, and
; the prompt that the state is of, or #f (prompt.scm). A continuation restores the state it was captured
; in. The machine looks for the handlers too.
;
; What has entered a state leaves the one that is present then, and remembers none to go back to: a
; frame that came back with a composable continuation returns inside other states than those it was
; called in. For the same reason the handlers of a state are those of the state around it, with one more
; or without the first.

(define (%state-next state) (vector-ref state 0))
(define (%state-depth state) (if (null? state) 0 (vector-ref state 4)))
(define (%state-bindings state) (if (null? state) '() (vector-ref state 3)))
(define (%state-handlers state) (if (null? state) '() (vector-ref state 5)))
(define (%bindings) (%state-bindings (%dynamic)))
(define (%handlers) (%state-handlers (%dynamic)))

; A state inside the present one.
(define (%inside before after bindings handlers prompt)
  (let ((state (%dynamic)))
    (vector state before after bindings (+ 1 (%state-depth state)) handlers prompt)))

(define (%leave-state)
  (%set-dynamic! (%state-next (%dynamic))))

(define (%with-state state thunk)
  (%set-dynamic! state)
  (let ((result (thunk)))
    (%leave-state)
    result))

(define (%common-state a b)
  (let ((depth-a (%state-depth a)) (depth-b (%state-depth b)))
    (cond ((eq? a b) a)
          ((> depth-a depth-b) (%common-state (%state-next a) b))
          ((< depth-a depth-b) (%common-state a (%state-next b)))
          (else (%common-state (%state-next a) (%state-next b))))))

; The states from state out to around, without around, the outermost first.
(define (%states-inside state around)
  (let loop ((state state) (inside '()))
    (if (eq? state around)
        inside
        (loop (%state-next state) (cons state inside)))))

; Leaves the present state for good: what winds it up runs in the state around it.
(define (%unwind-state)
  (let ((after (vector-ref (%dynamic) 2)))
    (%leave-state)
    (if after (after))))

; Leaves the present states up to the innermost that is shared with target, which it gives. What winds
; a state up may come back inside other states; then what is shared is found anew.
(define (%unwind-to target)
  (let ((common (%common-state (%dynamic) target)))
    (let leave ()
      (let ((state (%dynamic)))
        (cond ((eq? state common) common)
              ((> (%state-depth state) (%state-depth common))
               (%unwind-state)
               (leave))
              (else (%unwind-to target)))))))

; Enters states, the outermost first, and calls then. A prompt is in force only in front of its
; continuation: what lies inside a prompt is entered there.
(define (%enter-states states then)
  (if (null? states)
      (then)
      (let* ((state (car states))
             (before (vector-ref state 1))
             (prompt (vector-ref state 6)))
        (if before (before))
        (%set-dynamic! state)
        (if (and prompt (pair? (cdr states)))
            (%call-in (%prompt-continuation prompt) state
                      (lambda () (%enter-states (cdr states) then)))
            (%enter-states (cdr states) then)))))

; Leaves the present states up to those shared with target, enters target's, and calls then.
(define (%rewind target then)
  (%enter-states (%states-inside target (%unwind-to target)) then))

; A continuation as a procedure tells what it is made of when it gets this instead of values.
(define %continuation-key (list 'continuation))

(define (%full-continuation continuation state)
  (lambda results
    (let ((value (if (and (pair? results) (null? (cdr results)))
                     (car results)
                     (%apply values results))))
      (cond ((eq? value %continuation-key) (vector 'full continuation state))
            ((eq? (%dynamic) state) (%throw continuation value))
            (else (%rewind state (lambda () (%throw continuation value))))))))

(define (call-with-current-continuation procedure)
  (if (not (procedure? procedure)) (%procedure-check 'call-with-current-continuation 0 procedure))
  (%call/cc
    (lambda (continuation)
      (procedure (%full-continuation continuation (%dynamic))))))

; The same procedure, whose name errors give.
(define call/cc call-with-current-continuation)

(define (call-with-escape-continuation procedure)
  (%procedure-check 'call-with-escape-continuation 0 procedure)
  (call/cc procedure))

(define (dynamic-wind before thunk after)
  (if (not (and (procedure? before) (procedure? thunk) (procedure? after)))
      (%procedure-check 'dynamic-wind 0 before thunk after))
  (before)
  (%set-dynamic! (%inside before after (%bindings) (%handlers) #f))
  (let ((result (thunk)))
    (%leave-state)
    (after)
    result))

(define (call-with-values producer consumer)
  (if (not (and (procedure? producer) (procedure? consumer)))
      (%procedure-check 'call-with-values 0 producer consumer))
  (%apply consumer (%values->list (producer))))

(define (exit . value)
  (%rewind '() (lambda () (%exit (if (null? value) #t (car value))))))

(define (emergency-exit . value)
  (%exit (if (null? value) #t (car value))))

; Parameters. A parameter's cell holds its global value and its converter; the procedure gives the
; cell to whoever shows it the key.

(define %parameter-key (list 'parameter))

(define (make-parameter value . converter)
  (if (pair? converter) (%procedure-check 'make-parameter 1 (car converter)))
  (let* ((converter (if (null? converter) (lambda (value) value) (car converter)))
         (cell (cons (converter value) converter)))
    (lambda arguments
      (cond ((null? arguments)
             (let ((binding (assq cell (%bindings))))
               (if binding (cdr binding) (car cell))))
            ((eq? (car arguments) %parameter-key) cell)
            (else (error "a parameter is called without arguments, found" (car arguments)))))))

; Calls thunk with parameters bound: bindings is a list of pairs of a parameter and a value.
(define (%parameterize bindings thunk)
  (%with-state
    (%inside
      #f #f
      (let loop ((rest bindings) (result (%bindings)))
        (if (null? rest)
            result
            (let ((cell ((car (car rest)) %parameter-key)))
              (loop (cdr rest)
                    (cons (cons cell ((cdr cell) (cdr (car rest)))) result)))))
      (%handlers)
      #f)
    thunk))

; Exceptions (R7RS 6.11). What raise, error or a procedure of the library raises comes to %signal by
; way of the machine; it has no value to go on with. A handler runs with the handlers around its own.

(define (%with-handlers handlers thunk)
  (%with-state (%inside #f #f (%bindings) handlers #f) thunk))

(define (with-exception-handler handler thunk)
  (if (not (and (procedure? handler) (procedure? thunk)))
      (%procedure-check 'with-exception-handler 0 handler thunk))
  (%with-handlers (cons handler (%handlers)) thunk))

(define (raise-continuable object)
  (let ((handlers (%handlers)))
    (if (null? handlers)
        (raise object)
        (%with-handlers (cdr handlers) (lambda () ((car handlers) object))))))

(define (%signal object)
  (let ((handlers (%handlers)))
    (%with-handlers (cdr handlers)
                    (lambda ()
                      ((car handlers) object)
                      (%fault 119 "the exception handler returned; it was given" object)))))

(%set-exception-handler! %signal)

; What guard does: thunk is its body, and handle gets the object and a thunk that raises it again
; where it was raised. The body runs in a prompt, so that it can be part of a composable continuation;
; where the object was raised is one itself, and goes on inside the prompt again.
(define (%guard thunk handle)
  (%guard-in (list 'guard) thunk handle))

(define (%guard-in tag thunk handle)
  (%call-with-prompt
    tag
    thunk
    (lambda (object raised)
      (handle object
              (lambda ()
                (%guard-in tag
                           (lambda ()
                             (%reinstate raised (lambda () (raise-continuable object))))
                           handle))))
    (cons (lambda (object)
            (%call/cc
              (lambda (continuation)
                (%abort tag
                        (list object
                              (%composable-part continuation
                                                (%find-prompt tag (%dynamic))
                                                tag))))))
          (%handlers))))

; apply. The machine spreads at most 8,000 arguments over a primitive; those that take any number
; get longer lists in pieces.

(define (%append-last items)
  (if (null? (cdr items))
      (car items)
      (cons (car items) (%append-last (cdr items)))))

(define (apply procedure first . rest)
  (let ((arguments (if (null? rest) first (cons first (%append-last rest)))))
    (if (%apply-long? procedure arguments rest)
        (%apply-long procedure arguments)
        (%apply procedure arguments))))

(define %primitives-that-fold
  (list + * - / max min gcd lcm bitwise-and bitwise-or bitwise-xor))
(define %primitives-that-compare
  (list = < > <= >= char=? char<? char>? char<=? char>=?
        string=? string<? string>? string<=? string>=? symbol=? symbol<? boolean=?))

(define (%apply-long procedure arguments)
  (cond ((memq procedure %primitives-that-fold)
         (let loop ((result (%apply procedure (list-head arguments 4000)))
                    (rest (list-tail arguments 4000)))
           (if (%longer? rest 4000)
               (loop (%apply procedure (cons result (list-head rest 4000)))
                     (list-tail rest 4000))
               (%apply procedure (cons result rest)))))
        ((memq procedure %primitives-that-compare)
         (let loop ((rest arguments) (holds #t))
           (if (%longer? rest 4000)
               (let ((holds-here (%apply procedure (list-head rest 4000))))
                 (loop (list-tail rest 3999) (and holds-here holds)))
               (and (%apply procedure rest) holds))))
        ((eq? procedure list) (list-copy arguments))
        ((eq? procedure vector) (list->vector arguments))
        ((eq? procedure string) (list->string arguments))
        (else (%apply procedure arguments))))

; What the derived forms of the compiler call, under names that programs leave alone.

(define (%call-with-values producer consumer)
  (%apply consumer (%values->list (producer))))
(define (%list . elements) elements)
(define (%cons first second) (cons first second))
(define (%eqv? a b) (eqv? a b))
(define (%append first second) (append first second))
(define (%list->vector elements) (list->vector elements))
(define (%car pair) (car pair))
(define (%cdr pair) (cdr pair))

; The least number of arguments that formals take, and whether they take more.
(define (%formals-arity formals)
  (let loop ((formals formals) (count 0))
    (if (pair? formals)
        (loop (cdr formals) (+ count 1))
        (cons count (not (null? formals))))))

; A procedure that calls the first of procedures that takes its number of arguments.
(define (%case-lambda formals . procedures)
  (let ((clauses (map (lambda (formals procedure) (cons (%formals-arity formals) procedure))
                      formals procedures)))
    (lambda arguments
      (let ((count (length arguments)))
        (let find ((rest clauses))
          (if (null? rest)
              (%fault 103 (string-append
                            (if (null? procedures)
                                "anonymous procedure"
                                (%closure-name (car procedures)))
                            " has no clause for "
                            (number->string count)
                            (if (= count 1) " argument" " arguments")))
              (let ((arity (car (car rest))))
                (if (if (cdr arity) (>= count (car arity)) (= count (car arity)))
                    (%apply (cdr (car rest)) arguments)
                    (find (cdr rest))))))))))

; What this version knows of and does not have yet.

(define (%not-in-this-version name)
  (%fault 113 (string-append (symbol->string name) " is not in this version")))


(define (assert value . irritants)
  (if (not value) (%apply error (cons "an assertion failed" irritants))))
