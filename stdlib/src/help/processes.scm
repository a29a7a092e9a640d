; Processes, the image, and help: what is pscheme's own.

(section "pscheme")

(help
  "(help name)"
  "(help library)"
  "(help)"
  "Shows what a name means: how it is called, what it does, where it comes from, and examples. A library, as (scheme base), has its names listed. The name is not evaluated and need not be quoted."
  (help lenght) shows "lenght has no meaning here; is it length?\n"
  (begin (define (double x) (* 2 x)) (help double)) shows "double = procedure (double x)\n  defined at eval:1\n")

(spawn
  "It has a mailbox of its own, parameters have their outermost values in it, and it runs beside the others until the thunk returns or an error is not handled."
  (define (worker) (recv ((from n) (send from (* n n)))))
  (let ((process (spawn worker)))
    (send process (list (self) 7))
    (recv (answer answer))) => 49)

(spawn-monitor
  "(spawn-monitor thunk)"
  "Two values: the number of a new process that runs the thunk, and a monitor, so that the message (down monitor number reason) comes when it ends, however soon that is: the reason is as for monitor."
  (call-with-values
    (lambda () (spawn-monitor (lambda () 'done)))
    (lambda (process monitor)
      (recv (('down _ number reason) (list (= number process) reason))))) => (#t (finished done)))

(self
  (exact-integer? (self)) => #t)

(send
  "Messages are kept in the order in which they come, until a recv takes them."
  (begin (send (self) 'hello) (recv (message message))) => hello)

(!
  (begin (! (self) '(price 5)) (recv (('price n) n))) => 5)

(recv
  "(recv (pattern body ...) ... )"
  "(recv (pattern (where condition) body ...) ... (after seconds body ...))"
  "Takes the first message that fits a clause out of the mailbox and evaluates the body; the others stay. It waits until there is one, or for so many seconds, and then evaluates the body of after. In a pattern _ fits anything, a name anything, which it stands for then, a literal or 'datum what is equal?, a list or vector one whose parts fit; in `(ok ,value) what is unquoted is a pattern."
  (begin
    (for-each (lambda (message) (send (self) message)) '(noise (sum 2 3)))
    (recv (('sum a b) (+ a b)))) => 5
  (recv (n (where (number? n)) n) (after 0 'nothing)) => nothing)

(after
  "(after seconds body ...)"
  "The last clause of recv: what is evaluated if no message that fits has come in so many seconds. By itself it is an error."
  (recv (_ 'something) (after 0.01 'silence)) => silence
  (after 1 'late) fails "E0308 after stands in the last clause of recv")

(where
  "(where condition)"
  "Stands behind a pattern of recv: the clause fits only if the condition, which sees the names of the pattern, is not #f. By itself it is an error."
  (begin
    (send (self) -1)
    (send (self) 1)
    (recv (n (where (positive? n)) n))) => 1)

(sleep
  "A number that is not positive does not wait."
  (begin (sleep 0.001) 'awake) => awake)

(sleep-until
  (begin (sleep-until (+ (current-second) 0.001)) 'awake) => awake)

(yield
  (let ((seen '()))
    (spawn (lambda () (set! seen (cons 'other seen))))
    (yield)
    (cons 'first seen)) => (first other))

(register!
  "A name that another process has is an error; the name is free again when the process ends."
  (begin (register! 'main (self)) (send 'main 'hello) (recv (message message))) => hello
  (register! "main" (self)) fails "E0104 register! expects a symbol as its first argument, found \"main\"")

(unregister!
  (begin (register! 'main (self)) (unregister! 'main)) => #t
  (unregister! 'nobody) => #f)

(whereis
  (begin (register! 'main (self)) (= (whereis 'main) (self))) => #t
  (whereis 'nobody) => #f)

(monitor
  "The reason is (finished value), (failed object) with what was raised, (discarded), or (ended) of a process that had ended before and is not kept."
  (let ((process (spawn (lambda () (recv (_ 'done))))))
    (monitor process)
    (send process 'stop)
    (recv (('down _ number reason) reason))) => (finished done))

(demonitor
  "A message that has come already stays."
  (let ((watch (monitor (spawn (lambda () (recv (_ 'done)))))))
    (demonitor watch)
    (recv (('down . _) 'told) (after 0 'not-told))) => not-told)

(processes
  "(processes)"
  "A list of the numbers of all processes that have not finished, those that failed and are kept included."
  (if (memv (self) (processes)) 'here 'not-here) => here)

(process-info
  "(process-info process)"
  "What is known of a process, as an association list with number, state, name, messages, work, due, monitors and raised; #f if it has ended and is not kept."
  (cdr (assq 'state (process-info (self)))) => running
  (cdr (assq 'messages (process-info (self)))) => 0)

(discard!
  "One that is neither is an error; one that has ended already is none."
  (let ((process (spawn (lambda () (car 5)))))
    (sleep 0.001)
    (discard! process)
    (process-info process)) => #f)

(image?
  "A program that runs without an image is not durable."
  (boolean? (image?)) => #t)

(await-commit
  (let ((durable (await-commit))) (eq? durable (image?))) => #t)

(image-tag!
  (eq? (image-tag! "before-the-change") (image?)) => #t
  (guard (e (#t (error-object-message e))) (image-tag! "12")) => "image-tag!: a tag begins with a letter")

(image-log
  "(image-log [count])"
  "A list of the commits that the image keeps, the newest first, or of the newest so many: the first is one that holds this call. Each is an association list with commit (its number), time (as current-second), cause (a symbol), rewound-to (the commit whose state it has, or #f), pages and bytes (what it wrote and is still kept), and tags (strings). Waits for that commit to be durable; the empty list at once if the program runs without an image."
  (list? (image-log)) => #t
  (= (length (image-log 1)) (if (image?) 1 0)) => #t)

(atomically
  "(atomically thunk)"
  "Calls the thunk and gives its value; no commit shows a state from inside, so that after a crash either all of it has happened or nothing. Waiting inside, for a commit, a message or a time, is an error."
  (let ((from 10) (to 0))
    (atomically (lambda () (set! from (- from 4)) (set! to (+ to 4))))
    (list from to)) => (6 4))

(on-commit
  (let ((main (self)))
    (on-commit (lambda () (send main 'it-is-durable)))
    (recv (message message))) => it-is-durable)

(transient
  "(transient thunk)"
  "A procedure that gives the value of the thunk, which is called on first use and again after each opening of the image: for what must not be in the image, or can be computed again."
  (let* ((count 0) (value (transient (lambda () (set! count (+ count 1)) 'made))))
    (list (value) (value) count)) => (made made 1))
