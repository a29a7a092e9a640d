//! Hash tables against a model: random insertions, changes and removals with keys of every sort,
//! with collections in between.

mod support;

use std::fmt::Write;

use pscheme_vm::engine::Engine;
use support::{Ending, Machine};

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }
}

/// Keys are held in a vector of the program, so that a key can be used again as the same object.
const KEYS: &str = "
    (define keys
      (list->vector
        (append
          (map list (iota 30))
          (map (lambda (n) (vector n 'v)) (iota 20))
          (map number->string (iota 20))
          (map (lambda (n) (lambda () n)) (iota 20))
          (iota 20)
          (map (lambda (n) (* n 1.5e200)) (iota 10))
          (map (lambda (n) (+ n 100000000000000000000)) (iota 10))
          '(a b c #t #f () #\\x))))";
const KEY_COUNT: u64 = 137;

/// One run of `steps` operations in a table made by `maker`; compares all entries in their order.
fn run(machine: &mut Machine, maker: &str, seed: u64, steps: usize) {
    let mut random = Random(seed);
    let mut model: Vec<(u64, u64)> = Vec::new();
    let mut program = format!("{KEYS} (define t ({maker})) (define (key n) (vector-ref keys n))\n");
    for step in 0..steps as u64 {
        let key = random.below(KEY_COUNT);
        let known = model.iter().position(|&(known, _)| known == key);
        match random.below(10) {
            0..6 => {
                let _ = writeln!(program, "(hash-table-set! t (key {key}) {step})");
                match known {
                    Some(at) => model[at].1 = step,
                    None => model.push((key, step)),
                }
            }
            6..9 => {
                let _ = writeln!(program, "(hash-table-delete! t (key {key}))");
                known.map(|at| model.remove(at));
            }
            _ => {
                let expected = known.map_or("none".into(), |at| model[at].1.to_string());
                let _ = writeln!(
                    program,
                    "(assert (eqv? (hash-table-ref/default t (key {key}) 'none) '{expected}) {step})"
                );
            }
        }
        if random.below(60) == 0 {
            program.push_str("(make-vector 60000 0) (iota 4000)\n");
        }
    }
    program.push_str("(list (hash-table-count t) (hash-table-values t) (every (lambda (e) (eqv? (hash-table-ref t (car e)) (cdr e))) (hash-table->alist t)))");
    let values: Vec<String> = model.iter().map(|(_, value)| value.to_string()).collect();
    let expected = format!("({} ({}) #t)", model.len(), values.join(" "));
    assert_eq!(machine.run(&program), Ending::Value(expected), "{maker}, seed {seed}");
}

#[test]
fn tables_agree_with_a_model() {
    let mut machine = Machine::new(Engine::fastest());
    for seed in 0..6 {
        for maker in ["make-eq-hash-table", "make-eqv-hash-table"] {
            run(&mut machine, maker, seed, 1500);
        }
    }
}

#[test]
fn tables_of_structures_agree_with_a_model() {
    // Under equal? the strings of the keys are distinct, as are their lists and vectors.
    let mut machine = Machine::new(Engine::fastest());
    for seed in 10..16 {
        run(&mut machine, "make-hash-table", seed, 1500);
    }
}

#[test]
fn tables_agree_with_a_model_in_zeal() {
    let mut machine = Machine::new(Engine::fastest());
    machine.vm.heap.set_zeal(true);
    for (seed, maker) in [(20, "make-eq-hash-table"), (21, "make-hash-table")] {
        run(&mut machine, maker, seed, 400);
    }
}
