; Prompts and composable continuations (SRFI 226; call-with-prompt and abort-to-prompt as Guile has
; them).
;
; A prompt is a vector #(tag continuation handler) in a dynamic state of its own. Its continuation
; is what waits in %call-with-prompt for the value of the body: what stands before it in the chain
; of continuations is the body's. A prompt is in force only while its continuation is in the chain,
; in which it keeps its identity.
;
; A composable continuation is the part of the chain before a prompt's continuation, and the states
; inside the prompt's. It goes on by copies of both: the states lie inside the present one then, and
; the chain before the present continuation. Prompts in the part get continuations among the copies.
; Frames are not copied.

(define (%prompt-continuation prompt) (vector-ref prompt 1))

; Tags. Any object is one, the same by eq?; those made here are the same as no other.

(define %prompt-tag-type (%make-record-type 'prompt-tag '#(name) 'prompt-tag))
(define %default-prompt-tag (%record %prompt-tag-type 'default))

(define (make-continuation-prompt-tag . name)
  (%record %prompt-tag-type (if (pair? name) (car name) 'prompt)))
(define (continuation-prompt-tag? object) (%record? object %prompt-tag-type))
(define (default-continuation-prompt-tag) %default-prompt-tag)

(define make-prompt-tag make-continuation-prompt-tag)
(define default-prompt-tag default-continuation-prompt-tag)

(define (%optional options default)
  (if (pair? options) (car options) default))

; Prompts.

; What the continuation of a prompt gets from who aborts to it is a pair of this and a thunk.
(define %abort-mark (list 'abort))

(define (%call-with-prompt tag thunk handler handlers)
  (let ((prompt (vector tag #f handler)))
    (%set-dynamic! (%inside #f #f (%bindings) handlers prompt))
    (let ((result (%call/cc
                    (lambda (continuation)
                      (vector-set! prompt 1 continuation)
                      (thunk)))))
      (%leave-state)
      (if (and (pair? result) (eq? (car result) %abort-mark))
          ((cdr result))
          result))))

; The innermost state from state on that is of a prompt with this tag. A process begins inside a
; prompt of the default tag, which has no state: the empty list stands for it, and for none with
; other tags.
(define (%find-prompt tag state)
  (if (null? state)
      '()
      (let ((prompt (vector-ref state 6)))
        (if (and prompt (eq? (vector-ref prompt 0) tag))
            state
            (%find-prompt tag (%state-next state))))))

(define (%no-prompt tag)
  (%fault 124 "no prompt is in force with the tag" tag))

; The same, and an error if there is none.
(define (%prompt-state tag)
  (let ((state (%find-prompt tag (%dynamic))))
    (if (and (null? state) (not (eq? tag %default-prompt-tag))) (%no-prompt tag))
    state))

; The continuation of the prompt of a state.
(define (%prompt-end state)
  (if (null? state) '() (%prompt-continuation (vector-ref state 6))))

; Leaves the present states up to the prompt's, and calls its handler with a list of arguments in
; its place. What winds a state up may come back where the prompt is not.
(define (%abort tag arguments)
  (let ((state (%dynamic)))
    (if (null? state)
        (if (eq? tag %default-prompt-tag)
            (%call-in '() '() (lambda () (%apply (%default-handler tag) arguments)))
            (%no-prompt tag))
        (let ((prompt (vector-ref state 6)))
          (if (and prompt (eq? (vector-ref prompt 0) tag))
              (%throw (%prompt-continuation prompt)
                      (cons %abort-mark (lambda () (%apply (vector-ref prompt 2) arguments))))
              (begin
                (%unwind-state)
                (%abort tag arguments)))))))

(define (call-with-prompt tag thunk handler)
  (if (not (and (procedure? thunk) (procedure? handler)))
      (%procedure-check 'call-with-prompt 1 thunk handler))
  (%call-with-prompt tag thunk handler (%handlers)))

; The handler gets the continuation from here to the prompt, and the values.
(define (abort-to-prompt tag . arguments)
  (let ((around (%prompt-state tag)))
    (if (null? around) (%no-prompt tag))
    (%call/cc
      (lambda (continuation)
        (let ((part (%composable-part continuation around tag)))
          (%abort tag (cons (%partial-continuation (%detached part)) arguments)))))))

(define (%default-handler tag)
  (lambda (thunk) (call-with-continuation-prompt thunk tag)))

(define (call-with-continuation-prompt thunk . options)
  (%procedure-check 'call-with-continuation-prompt 0 thunk)
  (let* ((tag (%optional options %default-prompt-tag))
         (handler (or (and (pair? options) (%optional (cdr options) #f))
                      (%default-handler tag))))
    (if (not (procedure? handler))
        (%wrong-type 'call-with-continuation-prompt 2 "a procedure or #f" handler))
    (%call-with-prompt tag thunk handler (%handlers))))

(define (abort-current-continuation tag . arguments)
  (%prompt-state tag)
  (%abort tag arguments))

(define (continuation-violation-prompt-tag condition)
  (if (not (continuation-violation? condition))
      (%wrong-type 'continuation-violation-prompt-tag 0 "a condition of a missing prompt" condition))
  (car (error-object-irritants condition)))

; Parts of continuations: vectors
;   #(kind continuation state around end tag)
; of the kind full, composable or non-composable; the continuation and the state it was captured in;
; for those that a prompt with this tag delimits, the state and the continuation that the part ends
; at.

(define (%composable-part continuation around tag)
  (vector 'composable continuation (%dynamic) around (%prompt-end around) tag))

; Copies of the continuations from first on, before base instead of end.
(define (%copied first end base)
  (let ((made (%copy-continuations first end base)))
    (if (pair? made)
        (let loop ((last (cdr made)))
          (let ((next (%copy-continuations-behind! last end base)))
            (if next (loop next) (car made))))
        made)))

; A composable part that keeps nothing alive of what lies beyond the prompt: it may be kept for
; long. Bindings and handlers stay those they are an extension of.
(define (%detached part)
  (let ((around (vector-ref part 3)))
    (let ((root (vector '() #f #f (%state-bindings around) 0 (%state-handlers around) #f)))
      (let loop ((states (%states-inside (vector-ref part 2) around))
                 (inside root)
                 (end (vector-ref part 4))
                 (base '()))
        (if (null? states)
            (vector 'composable
                    (%copied (vector-ref part 1) end base)
                    inside
                    root
                    '()
                    (vector-ref part 5))
            (let* ((state (vector-copy (car states)))
                   (prompt (vector-ref state 6)))
              (vector-set! state 0 inside)
              (if prompt
                  (let ((copy (%copied (%prompt-continuation prompt) end base)))
                    (vector-set! state 6 (vector (vector-ref prompt 0) copy (vector-ref prompt 2)))
                    (loop (cdr states) state (%prompt-continuation prompt) copy))
                  (loop (cdr states) state end base))))))))

; A copy of state, which lay inside around, inside the present one: what it adds to bindings and
; handlers is added to the present ones.
(define (%rebased state around)
  (%inside (vector-ref state 1)
           (vector-ref state 2)
           (let ((outer (%state-bindings around)))
             (let loop ((bindings (%state-bindings state)))
               (if (eq? bindings outer)
                   (%bindings)
                   (cons (car bindings) (loop (cdr bindings))))))
           (let ((handlers (%state-handlers state))
                 (outer (%state-handlers around))
                 (present (%handlers)))
             (cond ((eq? handlers outer) present)
                   ((and (pair? handlers) (eq? (cdr handlers) outer))
                    (cons (car handlers) present))
                   ((pair? present) (cdr present))
                   (else '())))
           #f))

; Enters copies of states, the outermost of which lay inside around, and calls finish with what the
; rest of the part ends at. All of this is in tail position, so that the present continuation is the
; one the part goes before.
(define (%enter-copies states around end finish)
  (if (null? states)
      (finish end)
      (let* ((old (car states))
             (before (vector-ref old 1))
             (prompt (vector-ref old 6)))
        (if before (before))
        (let ((state (%rebased old around)))
          (if prompt
              (%call/cc
                (lambda (base)
                  (let ((copy (%copied (%prompt-continuation prompt) end base)))
                    (vector-set! state 6 (vector (vector-ref prompt 0) copy (vector-ref prompt 2)))
                    (%call-in copy state
                              (lambda ()
                                (%enter-copies (cdr states) old (%prompt-continuation prompt)
                                               finish))))))
              (begin
                (%set-dynamic! state)
                (%enter-copies (cdr states) old end finish)))))))

; Goes on with a composable part before the present continuation: deliver gets its copy and the
; state.
(define (%compose part deliver)
  (let ((around (vector-ref part 3)))
    (%enter-copies
      (%states-inside (vector-ref part 2) around)
      around
      (vector-ref part 4)
      (lambda (end)
        (%call/cc
          (lambda (base)
            (let ((state (%dynamic)))
              (deliver (%copied (vector-ref part 1) end base) state))))))))

; Goes on with a part that replaces the present continuation up to the prompt. If that is the prompt
; the part was captured in, what both share is not left.
(define (%replace part deliver)
  (let ((now (%prompt-state (vector-ref part 5))))
    (if (eq? now (vector-ref part 3))
        (%go-on-with part deliver)
        (begin
          (%unwind-to now)
          (%call-in (%prompt-end now) now (lambda () (%compose part deliver)))))))

(define (%go-on-with part deliver)
  (let ((state (vector-ref part 2)))
    (%rewind state (lambda () (deliver (vector-ref part 1) state)))))

(define (%go-on part deliver)
  (case (vector-ref part 0)
    ((full) (%go-on-with part deliver))
    ((composable) (%compose part deliver))
    (else (%replace part deliver))))

; Calls thunk where the part would get a value.
(define (%reinstate part thunk)
  (%go-on part (lambda (continuation state) (%call-in continuation state thunk))))

(define (%partial-continuation part)
  (lambda results
    (let ((value (if (and (pair? results) (null? (cdr results)))
                     (car results)
                     (%apply values results))))
      (if (eq? value %continuation-key)
          part
          (%go-on part (lambda (continuation state) (%throw continuation value)))))))

(define (%call-what-comes receiver) ((%call/cc receiver)))

; A continuation that calls the thunk it gets, in tail position. It is alone: it has nothing behind
; it.
(define %caller
  (%call/cc
    (lambda (end)
      (%call-what-comes
        (lambda (continuation)
          (%throw end (%copy-continuations continuation end '())))))))

; Calls thunk in place of the present continuation, in another continuation and state.
(define (%call-in continuation state thunk)
  (let ((caller (%copy-continuations %caller '() continuation)))
    (%set-dynamic! state)
    (%throw caller thunk)))

; Continuations as procedures.

(define (call-with-composable-continuation procedure . options)
  (%procedure-check 'call-with-composable-continuation 0 procedure)
  (let* ((tag (%optional options %default-prompt-tag))
         (around (%prompt-state tag)))
    (%call/cc
      (lambda (continuation)
        (procedure
          (%partial-continuation (%detached (%composable-part continuation around tag))))))))

(define (call-with-non-composable-continuation procedure . options)
  (%procedure-check 'call-with-non-composable-continuation 0 procedure)
  (let* ((tag (%optional options %default-prompt-tag))
         (around (%prompt-state tag)))
    (%call/cc
      (lambda (continuation)
        (procedure
          (%partial-continuation
            (vector 'non-composable continuation (%dynamic) around (%prompt-end around) tag)))))))

(define %a-full-continuation (%full-continuation '() '()))
(define %a-partial-continuation (%partial-continuation #f))

(define (continuation? object)
  (or (%same-lambda? object %a-full-continuation)
      (%same-lambda? object %a-partial-continuation)))

(define (%part-of name continuation)
  (if (not (continuation? continuation)) (%wrong-type name 0 "a continuation" continuation))
  (continuation %continuation-key))

(define (non-composable-continuation? object)
  (and (continuation? object)
       (not (eq? (vector-ref (object %continuation-key) 0) 'composable))))

(define (call-in-continuation continuation procedure . arguments)
  (%procedure-check 'call-in-continuation 1 procedure)
  (%reinstate (%part-of 'call-in-continuation continuation)
              (lambda () (%apply procedure arguments))))

(define (call-in continuation procedure . arguments)
  (if (not (non-composable-continuation? continuation))
      (%wrong-type 'call-in 0 "a non-composable continuation" continuation))
  (%procedure-check 'call-in 1 procedure)
  (%reinstate (continuation %continuation-key) (lambda () (%apply procedure arguments))))

(define (return-to continuation . results)
  (if (not (non-composable-continuation? continuation))
      (%wrong-type 'return-to 0 "a non-composable continuation" continuation))
  (%apply continuation results))

; Whether a prompt is there in the states from state on to around.
(define (%prompt-within? tag state around)
  (let loop ((state state))
    (and (not (eq? state around))
         (let ((prompt (vector-ref state 6)))
           (or (and prompt (eq? (vector-ref prompt 0) tag))
               (loop (%state-next state)))))))

(define (continuation-prompt-available? tag . options)
  (if (null? options)
      (or (eq? tag %default-prompt-tag) (%prompt-within? tag (%dynamic) '()))
      (let ((part (%part-of 'continuation-prompt-available? (car options))))
        (if (eq? (vector-ref part 0) 'full)
            (or (eq? tag %default-prompt-tag) (%prompt-within? tag (vector-ref part 2) '()))
            (or (and (eq? (vector-ref part 0) 'non-composable) (eq? tag (vector-ref part 5)))
                (%prompt-within? tag (vector-ref part 2) (vector-ref part 3)))))))

; What reset and shift become: a continuation that shift captures goes on inside a reset.

(define (%reset thunk) (call-with-continuation-prompt thunk))

(define (%shift procedure)
  (call-with-composable-continuation
    (lambda (continuation)
      (abort-current-continuation
        %default-prompt-tag
        (lambda ()
          (procedure
            (lambda results
              (%reset (lambda () (%apply continuation results))))))))))
