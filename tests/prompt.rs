//! The prompt without a terminal: values and their numbers, errors, interruptions, and what a prompt
//! that was killed goes on with.

mod support;

use pscheme::heap::kind::body;
use pscheme::heap::store::MemoryImage;
use pscheme::prompt::{
    Ending, HISTORY_CHARACTERS_MAX, HISTORY_ENTRIES_MAX, INTERRUPTIONS_HANDLED_MAX,
    NAMED_VALUES_MAX, Prompt, Turn,
};
use pscheme::{Session, SessionOptions};
use support::{Console, TestHost};

/// Turns after which a test gives up.
const TURNS_MAX: usize = 1_000_000;

/// A prompt without an image.
fn transient(console: &Console) -> Prompt {
    Prompt::new(Session::transient(SessionOptions::new(TestHost::new(console))).unwrap())
}

/// A prompt in an image, as its last commit left it.
fn open(image: &MemoryImage, console: &Console) -> Prompt {
    let store = Box::new(image.open().unwrap());
    Prompt::new(Session::open(store, SessionOptions::new(TestHost::new(console))).unwrap())
}

/// Runs until the entry is over; what came besides work. Times that somebody waits for come at once.
fn finish(prompt: &mut Prompt) -> Vec<Turn> {
    let mut turns = Vec::new();
    for _ in 0..TURNS_MAX {
        match prompt.turn().unwrap() {
            Turn::Worked => {}
            Turn::Idle { due_us: Some(due_us), .. } => wait_until(prompt, due_us),
            turn => {
                let is_last = matches!(turn, Turn::Done(_) | Turn::Idle { .. } | Turn::Exit { .. });
                turns.push(turn);
                if is_last {
                    return turns;
                }
            }
        }
    }
    panic!("the entry does not end: {turns:?}");
}

fn wait_until(prompt: &mut Prompt, due_us: i64) {
    prompt.session.vm.machine.host.wait_until_us(due_us, &false.into());
}

fn evaluate(prompt: &mut Prompt, text: &str) -> Vec<Turn> {
    prompt.begin(text);
    finish(prompt)
}

fn ending(turns: &[Turn]) -> &Ending {
    match turns.last() {
        Some(Turn::Done(ending)) => ending,
        other => panic!("the entry is not over: {other:?}"),
    }
}

/// What was written since the last look.
fn written(console: &Console) -> String {
    String::from_utf8(std::mem::take(&mut console.lock().unwrap())).unwrap()
}

/// Evaluates and gives what was written.
fn shown(prompt: &mut Prompt, console: &Console, text: &str) -> String {
    let turns = evaluate(prompt, text);
    assert_eq!(*ending(&turns), Ending::Whole, "{text}");
    written(console)
}

#[test]
fn values_have_numbers_and_names() {
    let console = Console::default();
    let mut prompt = transient(&console);
    let turns = evaluate(&mut prompt, "(+ 1 2)");
    assert_eq!(turns, [Turn::Value { number: 1 }, Turn::Written, Turn::Done(Ending::Whole)]);
    assert_eq!(written(&console), "3\n");
    assert_eq!(shown(&mut prompt, &console, "(values \"a\" (if #f #f) 'b)"), "\"a\"\nb\n");
    assert_eq!(shown(&mut prompt, &console, "(define x $3) (list $1 $2 x)"), "(3 \"a\" b)\n");
    assert_eq!(evaluate(&mut prompt, "(values)"), [Turn::Done(Ending::Whole)]);
    assert_eq!(evaluate(&mut prompt, " ; nothing"), [Turn::Done(Ending::Whole)]);
    assert_eq!(
        shown(&mut prompt, &console, "(define c (list 1)) (set-cdr! c c) c"),
        "#0=(1 . #0#)\n"
    );
}

#[test]
fn a_macro_of_one_form_is_used_in_the_next() {
    let console = Console::default();
    let mut prompt = transient(&console);
    let text = "(define-syntax twice (syntax-rules () ((_ e) (begin e e)))) (twice (display 1))";
    assert_eq!(shown(&mut prompt, &console, text), "11");
}

#[test]
fn an_error_ends_the_entry_and_keeps_its_stack() {
    let console = Console::default();
    let mut prompt = transient(&console);
    let turns = evaluate(&mut prompt, "(define (f x) (+ 1 (car x)))\n(f 5) (display 'not-reached)");
    let Ending::Failed(report) = ending(&turns) else { panic!("{turns:?}") };
    assert!(report.contains("error[E0104]") && report.contains("prompt:1:1:20"), "{report}");
    assert_eq!(written(&console), "");
    let first = prompt.last_failed().unwrap();
    let turns = evaluate(&mut prompt, "(vector-ref (vector) 0)");
    assert!(matches!(ending(&turns), Ending::Failed(_)));
    assert_ne!(prompt.last_failed().unwrap(), first);
    assert_eq!(prompt.session.vm.processes().count(), 1, "the older one was let go of");
    let turns = evaluate(&mut prompt, "(let ((x 1)) (car)");
    let Ending::Failed(report) = ending(&turns) else { panic!("{turns:?}") };
    assert!(report.contains("E0201"), "{report}");
    assert_eq!(shown(&mut prompt, &console, "'fine"), "fine\n");
}

/// Begins an entry, lets it run a while, interrupts it, and runs it to its end.
fn interrupted(prompt: &mut Prompt, text: &str) -> Vec<Turn> {
    prompt.begin(text);
    for _ in 0..50 {
        prompt.turn().unwrap();
    }
    prompt.interrupt();
    finish(prompt)
}

#[test]
fn whatever_an_evaluation_does_can_be_interrupted() {
    let console = Console::default();
    let mut prompt = transient(&console);
    for text in [
        "(let loop () (loop))",
        "(define (deep n) (+ 1 (deep n))) (deep 0)",
        "(let loop () (yield) (loop))",
        "(sleep 1000000)",
        "(recv (x x))",
        "(let wait () (sleep 0.001) (wait))",
        "(let ((endless (list 1 2))) (set-cdr! endless (make-list 3000000 1)) endless)",
    ] {
        let turns = interrupted(&mut prompt, text);
        assert_eq!(*ending(&turns), Ending::Interrupted(None), "{text}");
    }
    written(&console);
    assert_eq!(shown(&mut prompt, &console, "(+ 1 1)"), "2\n");
    prompt.interrupt();
    assert_eq!(shown(&mut prompt, &console, "(+ 1 2)"), "3\n", "nothing was there to interrupt");
}

#[test]
fn handlers_and_winders_see_an_interruption() {
    let console = Console::default();
    let mut prompt = transient(&console);
    let text = "(guard (e (#t (display (error-object-message e)) 'caught))
                  (dynamic-wind (lambda () (display 'in))
                                (lambda () (let loop () (loop)))
                                (lambda () (display 'out))))";
    let turns = interrupted(&mut prompt, text);
    assert_eq!(*ending(&turns), Ending::Whole);
    assert_eq!(written(&console), "inoutthe evaluation was interruptedcaught\n");
}

#[test]
fn handlers_that_always_go_on_are_ended() {
    let console = Console::default();
    let mut prompt = transient(&console);
    prompt.begin("(let again () (guard (e (#t (display 1))) (let loop () (loop))) (again))");
    for _ in 0..INTERRUPTIONS_HANDLED_MAX {
        for _ in 0..50 {
            assert_eq!(prompt.turn().unwrap(), Turn::Worked);
        }
        prompt.interrupt();
    }
    for _ in 0..50 {
        assert_eq!(prompt.turn().unwrap(), Turn::Worked);
    }
    prompt.interrupt();
    assert_eq!(*ending(&finish(&mut prompt)), Ending::Interrupted(None));
    assert_eq!(written(&console), "1".repeat(INTERRUPTIONS_HANDLED_MAX as usize));
}

#[test]
fn other_processes_run_while_an_entry_is_interrupted() {
    let console = Console::default();
    let mut prompt = transient(&console);
    evaluate(&mut prompt, "(define n 0) (define (count) (set! n (+ n 1)) (count))");
    evaluate(&mut prompt, "(spawn count) (spawn count)");
    assert_eq!(
        *ending(&interrupted(&mut prompt, "(let loop () (loop))")),
        Ending::Interrupted(None)
    );
    written(&console);
    let number = |text: String| text.trim().parse::<u64>().unwrap();
    let first = number(shown(&mut prompt, &console, "n"));
    assert!(number(shown(&mut prompt, &console, "n")) > first);
}

#[test]
fn an_evaluation_goes_on_after_a_kill_under_its_number() {
    let image = MemoryImage::new();
    let console = Console::default();
    let mut prompt = open(&image, &console);
    let definitions = "(define-syntax when2 (syntax-rules () ((_ c e) (if c e #f))))
                       (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))";
    evaluate(&mut prompt, definitions);
    evaluate(&mut prompt, "'first");
    prompt.add_to_history("(when2 #t (fib 22)) (list $1 $2)");
    prompt.begin("(when2 #t (fib 22)) (list $1 $2)");
    written(&console);
    let mut kills = 0;
    loop {
        assert_eq!(prompt.history(), ["(when2 #t (fib 22)) (list $1 $2)"]);
        for _ in 0..5 {
            assert!(
                !matches!(prompt.turn().unwrap(), Turn::Done(_)),
                "the test kills before the end"
            );
        }
        prompt.session.commit_and_wait().unwrap();
        drop(prompt);
        prompt = open(&image, &console);
        assert_eq!(prompt.resumed().entry.as_deref(), Some("(when2 #t (fib 22)) (list $1 $2)"));
        kills += 1;
        if kills == 3 {
            break;
        }
    }
    let turns = finish(&mut prompt);
    let numbers: Vec<&Turn> =
        turns.iter().filter(|turn| matches!(turn, Turn::Value { .. })).collect();
    assert_eq!(numbers, [&Turn::Value { number: 2 }, &Turn::Value { number: 3 }]);
    assert_eq!(written(&console), "17711\n(first 17711)\n");
    assert_eq!(shown(&mut prompt, &console, "(when2 #t 'macro)"), "macro\n");
}

#[test]
fn a_value_is_written_again_whole_after_a_kill() {
    let image = MemoryImage::new();
    let console = Console::default();
    let mut prompt = open(&image, &console);
    prompt.begin("(make-list 30000 'x)");
    while !matches!(prompt.turn().unwrap(), Turn::Value { number: 1 }) {}
    for _ in 0..5 {
        assert_eq!(prompt.turn().unwrap(), Turn::Worked, "the test kills before the end");
    }
    prompt.session.commit_and_wait().unwrap();
    drop(prompt);
    let mut prompt = open(&image, &console);
    let turns = finish(&mut prompt);
    assert_eq!(turns, [Turn::Value { number: 1 }, Turn::Written, Turn::Done(Ending::Whole)]);
    assert_eq!(written(&console), format!("({})\n", ["x"; 30000].join(" ")));
    assert_eq!(shown(&mut prompt, &console, "(length $1)"), "30000\n");
    assert_eq!(prompt.session.vm.processes().count(), 0);
}

#[test]
fn an_image_says_what_goes_on() {
    let image = MemoryImage::new();
    let console = Console::default();
    let mut prompt = open(&image, &console);
    assert_eq!((prompt.resumed().processes, prompt.resumed().entry), (0, None));
    evaluate(&mut prompt, "(spawn (lambda () (sleep 1000)))");
    evaluate(&mut prompt, "(spawn (lambda () (recv (x x))))");
    evaluate(&mut prompt, "(car 1)");
    prompt.session.commit_and_wait().unwrap();
    drop(prompt);
    let resumed = open(&image, &console).resumed();
    assert_eq!((resumed.processes, resumed.failed, resumed.entry), (2, 0, None));
    assert!(resumed.commit > 1);
}

#[test]
fn the_history_is_bounded_and_without_repetitions() {
    let image = MemoryImage::new();
    let console = Console::default();
    let mut prompt = open(&image, &console);
    for number in 0..HISTORY_ENTRIES_MAX + 10 {
        prompt.add_to_history(&format!("(entry {number})"));
        prompt.add_to_history(&format!("(entry {number})  "));
    }
    prompt.add_to_history("");
    prompt.add_to_history(&"x".repeat(HISTORY_CHARACTERS_MAX + 1));
    prompt.session.commit_and_wait().unwrap();
    drop(prompt);
    let history = open(&image, &console).history();
    assert_eq!(history.len(), HISTORY_ENTRIES_MAX);
    assert_eq!(history[0], "(entry 10)");
    assert_eq!(history[history.len() - 1], format!("(entry {})", HISTORY_ENTRIES_MAX + 9));
}

#[test]
fn old_values_lose_their_names() {
    let console = Console::default();
    let mut prompt = transient(&console);
    evaluate(&mut prompt, "'oldest");
    let numbers: Vec<String> = (0..NAMED_VALUES_MAX).map(|number| number.to_string()).collect();
    evaluate(&mut prompt, &numbers.join(" "));
    written(&console);
    assert!(matches!(ending(&evaluate(&mut prompt, "$1")), Ending::Failed(_)));
    assert_eq!(shown(&mut prompt, &console, "$2"), "0\n");
}

#[test]
fn exit_leaves_the_prompt_and_the_image_goes_on() {
    let image = MemoryImage::new();
    let console = Console::default();
    let mut prompt = open(&image, &console);
    let turns = evaluate(&mut prompt, "(define x 1) (exit 7)");
    assert_eq!(turns, [Turn::Exit { status: 7 }]);
    drop(prompt);
    let mut prompt = open(&image, &console);
    assert_eq!((prompt.resumed().entry, prompt.session.exit_status()), (None, None));
    assert_eq!(shown(&mut prompt, &console, "x"), "1\n");
}

#[test]
fn an_evaluation_at_the_limit_gives_its_memory_back() {
    let console = Console::default();
    let mut options = SessionOptions::new(TestHost::new(&console));
    options.limits.heap_bytes = 64 << 20;
    let mut prompt = Prompt::new(Session::transient(options).unwrap());
    let turns = evaluate(&mut prompt, "(let loop ((all '())) (loop (cons all all)))");
    let Ending::Failed(report) = ending(&turns) else { panic!("{turns:?}") };
    assert!(report.contains("E0109"), "{report}");
    assert_eq!(
        shown(&mut prompt, &console, "(vector-length (make-vector 1000000 0))"),
        "1000000\n"
    );
}

#[test]
fn an_interruption_is_durable_when_it_is_told() {
    let image = MemoryImage::new();
    let console = Console::default();
    let mut prompt = open(&image, &console);
    let turns = interrupted(&mut prompt, "(let loop () (loop))");
    let Ending::Interrupted(Some(commit)) = ending(&turns) else { panic!("{turns:?}") };
    let commit = commit.0;
    drop(prompt);
    let prompt = open(&image, &console);
    assert!(prompt.resumed().commit >= commit);
    assert_eq!(prompt.resumed().entry, None);
    let failed = prompt.last_failed().expect("its stack is kept");
    assert!(prompt.session.vm.heap.field(failed, body::Process::CONTINUATION).is_object());
}

#[test]
fn an_entry_that_waits_for_input_is_interrupted() {
    let console = Console::default();
    console.typed.stay_open();
    let mut prompt = transient(&console);
    let is_idle = |turns: Vec<Turn>| turns.last() == Some(&idle_for_input());
    assert!(is_idle(evaluate(
        &mut prompt,
        "(guard (e (#t (list 'handled (read-line)))) (read-line))"
    )));
    prompt.interrupt();
    assert!(is_idle(finish(&mut prompt)), "the handler reads");
    console.typed.piece(b"typed\n");
    console.typed.wait();
    assert_eq!(ending(&finish(&mut prompt)), &Ending::Whole);
    assert_eq!(console.lock().unwrap().as_slice(), b"(handled \"typed\")\n");
    assert!(is_idle(evaluate(&mut prompt, "(%read-char (current-input-port))")));
    prompt.interrupt();
    assert_eq!(ending(&finish(&mut prompt)), &Ending::Interrupted(None));
    assert!(!prompt.session.vm.has_input_waiters());
}

fn idle_for_input() -> Turn {
    Turn::Idle { due_us: None, awaits_input: true }
}
