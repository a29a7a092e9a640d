//! It resumes, it does not replay: a run that loses its machine executes again exactly the units of
//! work done since its last commit, and nothing else.

mod support;

use pscheme::vm::engine::Engine;
use pscheme::vm::process::Event;
use support::{Console, Random, Suspended, session_for};

/// Units of work between two commits.
const INTERVAL: i64 = 700;

const PROGRAM: &str = "
    (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
    (define (deep n) (if (= n 0) (fib 15) (+ 1 (deep (- n 1)))))
    (define kept '())
    (do ((i 0 (+ i 1))) ((= i 12))
      (set! kept (cons (deep (* i 100)) kept)))
    (write kept)";

fn over(machine: &mut Suspended, event: Event) -> bool {
    machine.is_over(event, "resume")
}

#[test]
fn a_resumed_run_repeats_only_what_was_not_committed() {
    let console = Console::default();
    let mut straight = Suspended::new(session_for("resume", PROGRAM, &console), &console);
    let before = straight.vm.machine.safepoints;
    loop {
        let event = straight.vm.advance(Engine::fastest());
        if over(&mut straight, event) {
            break;
        }
    }
    let undisturbed = straight.vm.machine.safepoints - before;
    let expected = console.lock().unwrap().clone();

    for seed in 1..=20 {
        let mut random = Random(seed);
        let console = Console::default();
        let mut machine = Suspended::new(session_for("resume", PROGRAM, &console), &console);
        machine.suspend("resume");
        let (mut executed, mut lost, mut crashes) = (0, 0, 0);
        'run: loop {
            // Work up to the next commit, or a part of it that a crash throws away.
            let crash = crashes < 30 && random.below(3) == 0;
            let work = if crash { 1 + random.below(INTERVAL as u64) as i64 } else { INTERVAL };
            let start = machine.vm.machine.safepoints;
            let event = machine.run_part(Engine::fastest(), work);
            let done = machine.vm.machine.safepoints - start;
            executed += done;
            if over(&mut machine, event) {
                break 'run;
            }
            if crash {
                lost += done;
                crashes += 1;
                machine.lose_machine("resume");
            } else {
                machine.suspend("resume");
            }
        }
        assert!(crashes > 5, "seed {seed}: {crashes} crashes");
        assert_eq!(executed, undisturbed + lost, "seed {seed}");
        // The console may show something again after a crash; the whole result comes last.
        assert!(console.lock().unwrap().ends_with(&expected), "seed {seed}");
    }
}
