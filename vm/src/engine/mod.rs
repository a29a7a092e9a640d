//! Engines: three ways to run the same instructions.
//!
//! The tail engine (`tail.rs`) has one handler per instruction, each ending in a tail call to the
//! next; the native engine (`native.rs`) has the same handlers and goes to machine code where there is some;
//! the match engine (`matching.rs`) is a loop around a `match`. All call the same fast paths
//! (`hot.rs`) and slow paths (`slow.rs`), so an instruction is written once. The build script allows
//! the tail engine where the optimiser turns its calls into jumps; a measurement at the first use
//! makes sure and falls back otherwise.

#![allow(unsafe_code, reason = "enters the handlers with raw frames")]

pub(crate) mod hot;
mod matching;
#[cfg(pscheme_machine_code)]
mod native;
mod slow;
#[cfg(pscheme_tail_engine)]
mod tail;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

#[cfg(pscheme_machine_code)]
use crate::machine::Machine;
use crate::machine::{Stop, Vm};

/// When code is translated to machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Eagerness {
    /// When it was entered often, by a thread beside the machine.
    Hot,
    /// When it is entered for the first time, before it runs.
    AtOnce,
}

/// Which engine runs the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Tail-called handlers.
    Tail,
    /// A loop around a `match`.
    Match,
    /// Tail-called handlers, and machine code for what is hot.
    Native(Eagerness),
}

impl Engine {
    /// The fastest engine of this build, as far as the environment lets it: `PSCHEME_JIT` is `off` for none with
    /// machine code, or `always` to have code translated before it runs for the first time.
    pub fn fastest() -> Engine {
        #[cfg(pscheme_tail_engine)]
        if tail::calls_are_jumps() {
            return match std::env::var_os("PSCHEME_JIT") {
                _ if cfg!(not(pscheme_machine_code)) => Engine::Tail,
                Some(off) if off == "off" => Engine::Tail,
                Some(always) if always == "always" => Engine::Native(Eagerness::AtOnce),
                _ => Engine::Native(Eagerness::Hot),
            };
        }
        Engine::Match
    }

    /// The engines of this build.
    pub fn all() -> &'static [Engine] {
        if cfg!(pscheme_machine_code) {
            &[Engine::Tail, Engine::Match, Engine::Native(Eagerness::AtOnce)]
        } else if cfg!(pscheme_tail_engine) {
            &[Engine::Tail, Engine::Match]
        } else {
            &[Engine::Match]
        }
    }
}

/// The address of the function by which machine code has primitives carried out.
#[cfg(pscheme_machine_code)]
pub(crate) fn native_primitive() -> u64 {
    native::primitive as *const () as u64
}

impl Vm {
    /// Runs the machine until something stops it, with `fuel` units of work.
    ///
    /// # Panics
    /// If called while it already runs: no host frame may stand between two Scheme frames. And with what panicked in a
    /// primitive or a function of the host: the machine then stands somewhere in the middle.
    pub fn run(&mut self, engine: Engine, fuel: i64) -> Stop {
        assert!(!self.machine.running, "the machine was entered from a primitive");
        self.machine.running = true;
        self.machine.fuel = fuel;
        // SAFETY: base and pc were set by this crate to a verified instruction and its frame.
        let result = catch_unwind(AssertUnwindSafe(|| unsafe {
            match engine {
                #[cfg(pscheme_tail_engine)]
                Engine::Tail => tail::run(self),
                #[cfg(pscheme_machine_code)]
                Engine::Native(eagerness) => {
                    let Machine { native, primitives, .. } = &mut self.machine;
                    if native.is_ready(&mut self.heap, primitives, eagerness) {
                        native.take_finished(&self.heap);
                        native::run(self);
                    } else {
                        tail::run(self);
                    }
                }
                // An engine that this build has not is the next best.
                #[cfg(all(pscheme_tail_engine, not(pscheme_machine_code)))]
                Engine::Native(_) => tail::run(self),
                #[cfg(not(pscheme_tail_engine))]
                Engine::Tail | Engine::Native(_) => matching::run(self, u64::MAX),
                Engine::Match => matching::run(self, u64::MAX),
            }
        }));
        self.machine.running = false;
        if let Some(panic) = result.err().or_else(|| self.machine.panic.take()) {
            resume_unwind(panic);
        }
        self.machine.safepoints += (fuel - self.machine.fuel) as u64;
        self.machine.stop.take().expect("an engine stops for a reason")
    }

    /// Runs at most `count` instructions and `fuel` units of work on the match engine, so that a
    /// test can stop anywhere; `None` if nothing but the count stopped it.
    pub fn step(&mut self, count: u64, fuel: i64) -> Option<Stop> {
        assert!(!self.machine.running, "the machine was entered from a primitive");
        self.machine.running = true;
        self.machine.fuel = fuel;
        // SAFETY: as in `run`.
        unsafe { matching::run(self, count) };
        self.machine.running = false;
        self.machine.stop.take()
    }
}
