//! Random programs: compiled with and without inline primitives they must do the same, keep the
//! verifier's rules, and never read a register that the machine has lost.

mod support;

use pscheme_compiler::listing::list_program;
use std::fmt::Write;
use support::check::check_unit;
use support::machine::run_program;

const PROGRAMS: u64 = 500;
const DEPTH: u32 = 5;

/// A generator of expressions with integer values, from a seed that a failure prints.
struct Generator {
    state: u64,
    /// Variables in scope; those at even positions are assigned now and then.
    scope: Vec<String>,
    next: u32,
}

impl Generator {
    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % bound
    }

    fn bind(&mut self) -> String {
        self.next += 1;
        let name = format!("v{}", self.next);
        self.scope.push(name.clone());
        name
    }

    fn variable(&mut self) -> String {
        let index = self.below(self.scope.len() as u64) as usize;
        self.scope[index].clone()
    }

    fn test(&mut self, depth: u32) -> String {
        let (left, right) = (self.expression(depth), self.expression(depth));
        match self.below(6) {
            0 => format!("(not (< {left} {right}))"),
            1 => format!("(and (< {left} {right}) (< {} 3))", self.expression(depth)),
            2 => format!("(or (< {left} {right}) (< 3 {}))", self.expression(depth)),
            3 => format!("(if (< {left} {right}) (not #f) (< {} 1))", self.expression(depth)),
            _ => format!("(< {left} {right})"),
        }
    }

    fn expression(&mut self, depth: u32) -> String {
        if depth == 0 || self.below(8) == 0 {
            return match self.below(3) {
                0 => (self.below(9) as i64 - 4).to_string(),
                _ => self.variable(),
            };
        }
        let inner = depth - 1;
        match self.below(13) {
            0 | 1 => format!("(+ {} {})", self.expression(inner), self.expression(inner)),
            2 => format!("(- {} {})", self.expression(inner), self.expression(inner)),
            3 => {
                let test = self.test(inner);
                format!("(if {test} {} {})", self.expression(inner), self.expression(inner))
            }
            4 => {
                let values = [self.expression(inner), self.expression(inner)];
                let scope = self.scope.len();
                let names = [self.bind(), self.bind()];
                let body = self.expression(inner);
                self.scope.truncate(scope);
                let [first, second] = values;
                format!("(let (({} {first}) ({} {second})) {body})", names[0], names[1])
            }
            5 | 6 => self.loop_form(inner),
            7 => self.procedure(inner),
            8 => {
                let name = self.variable();
                let (value, body) = (self.expression(inner), self.expression(inner));
                format!("(begin (set! {name} {value}) (+ {name} {body}))")
            }
            9 => self.recursion(inner),
            10 => format!("(car (cons {} {}))", self.expression(inner), self.expression(inner)),
            11 => format!("(or (car (list {})) 1)", self.expression(inner)),
            _ => format!("(same {} {})", self.expression(inner), self.expression(inner)),
        }
    }

    fn loop_form(&mut self, depth: u32) -> String {
        let initial = [self.expression(depth), self.expression(depth)];
        let scope = self.scope.len();
        let (a, b) = (self.bind(), self.bind());
        let (next_a, next_b) = (self.expression(depth), self.expression(depth));
        let other = if self.below(2) == 0 { b.clone() } else { self.expression(depth) };
        let result = self.expression(depth);
        self.scope.truncate(scope);
        self.next += 1;
        let (label, count) = (format!("loop{}", self.next), format!("n{}", self.next));
        let [first, second] = initial;
        format!(
            "(let {label} (({count} 0) ({a} {first}) ({b} {second})) (if (< {count} 3)
              (if (< {a} 2) ({label} (+ {count} 1) {next_a} {next_b})
                            ({label} (+ {count} 2) {other} {a})) {result}))"
        )
    }

    fn procedure(&mut self, depth: u32) -> String {
        let arguments: Vec<String> = (0..4).map(|_| self.expression(depth)).collect();
        let scope = self.scope.len();
        let (x, y) = (self.bind(), self.bind());
        let body = self.expression(depth);
        self.scope.truncate(scope);
        let [a, b, c, d] = arguments.as_slice() else { unreachable!() };
        match self.below(3) {
            0 => format!("((lambda ({x} {y}) {body}) {a} {b})"),
            1 => format!(
                "(let ((f (lambda ({x} {y}) {body}))) (if (< {c} {d}) (f {a} 1) (f 2 {b})))"
            ),
            _ => format!("(let ((f (lambda ({x} {y}) {body}))) (+ (f {a} {b}) (f {c} {d})))"),
        }
    }

    fn recursion(&mut self, depth: u32) -> String {
        let scope = self.scope.len();
        let n = self.bind();
        let (end, more) = (self.expression(depth), self.expression(depth));
        self.scope.truncate(scope);
        self.next += 1;
        let (f, g) = (format!("f{}", self.next), format!("g{}", self.next));
        match self.below(2) {
            0 => format!("(letrec (({f} (lambda ({n}) (if (< {n} 1) {end} (+ {more} ({f} (- 1 1))))))) ({f} 2))"),
            _ => format!(
                "(letrec (({f} (lambda ({n}) (if (< {n} 1) {end} ({g} 0)))) ({g} (lambda ({n}) (+ {more} ({f} 0)))))
                  (+ ({f} 1) ({g} 0)))"
            ),
        }
    }
}

/// The outcome of a program compiled in one way.
fn outcome(seed: u64, text: &str, redefined: &[&str]) -> String {
    let compiled = support::compile_form(text, redefined);
    let program = compiled.unwrap_or_else(|failure| panic!("seed {seed}: {}", failure.render()));
    for thunk in &program.thunks {
        if let Err(broken) = check_unit(thunk) {
            panic!("seed {seed}: {text}\n{broken}\n{}", list_program(&program));
        }
    }
    let run = std::panic::AssertUnwindSafe(|| match run_program(&program).1 {
        Ok(value) => value.write(),
        Err(error) => format!("error: {error}"),
    });
    std::panic::catch_unwind(run)
        .unwrap_or_else(|_| panic!("seed {seed}: {text}\n{}", list_program(&program)))
}

#[test]
fn random_programs_do_the_same_however_they_are_compiled() {
    let mut values = 0;
    for seed in 1..=PROGRAMS {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let scope = vec!["p".into(), "q".into()];
        let mut generator = Generator { state, scope, next: 0 };
        let body = generator.expression(DEPTH);
        let mut text = String::new();
        let _ = write!(text, "(let ((same (lambda (x y) (- x y))) (p 1) (q 2)) {body})");
        let inline = outcome(seed, &text, &[]);
        let called = outcome(seed, &text, &["+", "-", "<", "car", "cons", "list"]);
        if [&inline, &called].iter().any(|outcome| outcome.contains(support::machine::TOO_LONG)) {
            continue;
        }
        assert_eq!(inline, called, "seed {seed}: {text}");
        values += u32::from(!inline.starts_with("error"));
    }
    assert!(values > 300, "most programs have a value: {values}");
    assert!(support::compile("empty", "").is_ok());
}
