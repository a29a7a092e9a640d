//! Calls that the fast path does not cover: optional and rest parameters, primitives and
//! continuations as procedures, and every error of a call.

#![allow(unsafe_code, reason = "sets up frames on the running stack")]

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::frame::Link;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::{NURSERY_PAGES, PAGE_BYTES};
use pscheme_heap::word::Word;

use crate::code_info::parameters_text;
use crate::fault::{Fault, Interrupt};
use crate::machine::{CodeView, Stop, TopFrame, Vm};
use crate::primitive::Arguments;
use crate::print::summary;

/// Arguments `apply` spreads at most; longer lists only fit a rest parameter.
pub const APPLY_SPREAD_MAX: usize = 8000;

/// Where a closure's code is entered, and what it takes: as much of its [`CodeView`] as a call needs.
#[derive(Clone, Copy)]
struct Entry {
    code: Word,
    shape: u64,
}

impl Entry {
    #[inline(always)]
    fn required(self) -> usize {
        self.shape as u16 as usize
    }
    /// Required and optional parameters.
    #[inline(always)]
    fn positional(self) -> usize {
        self.required() + (self.shape >> 16) as u8 as usize
    }
    #[inline(always)]
    fn has_rest(self) -> bool {
        (self.shape >> 24) as u8 != 0
    }
}

/// What a value does when it is called with some number of arguments.
enum Callee {
    Closure(Entry),
    Primitive(&'static crate::primitive::Primitive),
    Continuation,
}

impl Vm {
    /// What calling `procedure` with `count` arguments does.
    #[inline]
    fn resolve(&self, procedure: Word, count: usize) -> Result<Callee, Interrupt> {
        match self.heap.kind_of(procedure) {
            Some(Kind::Closure) => {
                let code = self.heap.field(procedure, body::Closure::CODE);
                let entry = Entry { code, shape: self.heap.raw(code, body::Code::SHAPE) };
                if count < entry.required() || (count > entry.positional() && !entry.has_rest()) {
                    return Err(self.wrong_count(procedure, count));
                }
                Ok(Callee::Closure(entry))
            }
            Some(Kind::Primitive) => {
                let code = self.heap.raw(procedure, body::Primitive::CODE) as usize;
                let row = self.primitive(code).expect("verified heaps name known primitives");
                if count < row.minimum as usize || row.maximum.is_some_and(|m| count > m as usize) {
                    return Err(self.wrong_count(procedure, count));
                }
                Ok(Callee::Primitive(row))
            }
            Some(Kind::Continuation) => Ok(Callee::Continuation),
            _ => Err(Fault::new(
                ErrorCode::NotProcedure,
                format!("{} is not a procedure", summary(&self.heap, procedure)),
            )
            .with_irritants(&[procedure])
            .into()),
        }
    }

    #[cold]
    fn wrong_count(&self, procedure: Word, count: usize) -> Interrupt {
        let (name, least, most, signature) = match self.heap.kind_of(procedure) {
            Some(Kind::Primitive) => {
                let row = self
                    .primitive(self.heap.raw(procedure, body::Primitive::CODE) as usize)
                    .expect("known");
                let maximum = row.maximum.map(usize::from);
                (row.name.to_string(), row.minimum as usize, maximum, row.signature().to_string())
            }
            _ => {
                let view =
                    CodeView::of(&self.heap, self.heap.field(procedure, body::Closure::CODE));
                let most = (!view.rest).then_some(view.required + view.optional);
                let name = code_name(self, view.code);
                let parameters = parameters_text(&self.heap, view);
                let signature = match name.as_str() {
                    ANONYMOUS => format!("(lambda ({}) …)", parameters.trim_start()),
                    _ => format!("({name}{parameters})"),
                };
                (name, view.required, most, signature)
            }
        };
        let expected = match most {
            Some(most) if most == least => format!("{least}"),
            Some(most) => format!("{least} to {most}"),
            None => format!("at least {least}"),
        };
        let plural = if expected == "1" { "" } else { "s" };
        Fault::new(
            ErrorCode::WrongArgumentCount,
            format!("{name} expects {expected} argument{plural}, found {count}: {signature}"),
        )
        .into()
    }

    /// Carries out a call of any procedure from the instruction at `pc`: the window at `window`
    /// holds `count` arguments from its third word on.
    ///
    /// # Errors
    /// If the value cannot be called so; the state is as before the call.
    pub(crate) fn call_any(
        &mut self,
        procedure: Word,
        window: usize,
        count: usize,
    ) -> Result<(), Interrupt> {
        let callee = self.resolve(procedure, count)?;
        let link = Link::new(self.offset_of(self.machine.pc) + 16, window);
        let base = self.machine.base.wrapping_add(window);
        // SAFETY: the stack limit was checked, and windows lie inside the frame.
        unsafe {
            *base = procedure.0;
            *base.add(1) = link.0;
        }
        self.machine.base = base;
        self.enter(callee, count)
    }

    /// Carries out a tail call of any procedure: the running frame's arguments are replaced.
    ///
    /// # Errors
    /// As [`Vm::call_any`].
    pub(crate) fn tail_call_any(
        &mut self,
        procedure: Word,
        window: usize,
        count: usize,
    ) -> Result<(), Interrupt> {
        let callee = self.resolve(procedure, count)?;
        let base = self.machine.base;
        // SAFETY: as in `call_any`; the copy goes down within the frame.
        unsafe {
            std::ptr::copy(base.add(window + 2), base.add(2), count);
            *base = procedure.0;
        }
        self.enter(callee, count)
    }

    /// Makes a call on the empty stack: `call` is a procedure of no arguments, or multiple values
    /// that are a procedure and its arguments.
    ///
    /// # Errors
    /// If it cannot be called so.
    pub(crate) fn start_call(&mut self, call: Word) -> Result<(), Interrupt> {
        let whole = self.heap.kind_of(call) == Some(Kind::MultipleValues);
        let count = if whole { self.heap.header(call).body_words() - 1 } else { 0 };
        let procedure = if whole { self.heap.field(call, 0) } else { call };
        let callee = self.resolve(procedure, count)?;
        self.return_to_continuation(procedure);
        for index in 0..count {
            self.set_argument(index, self.heap.field(call, 1 + index));
        }
        self.enter(callee, count)
    }

    /// Enters a callee whose frame is set up at the base.
    #[inline]
    fn enter(&mut self, callee: Callee, count: usize) -> Result<(), Interrupt> {
        self.machine.top = TopFrame::Arguments(count);
        match callee {
            Callee::Closure(entry) => {
                self.adapt_arguments(entry, count)?;
                self.machine.pc = self.address_of(entry.code.offset() + body::Code::TAIL_BYTES);
                self.machine.top = TopFrame::Instruction;
                Ok(())
            }
            Callee::Primitive(row) => {
                // SAFETY: the arguments lie at the base's third word and up.
                let arguments = unsafe { Arguments::new(self.machine.base.add(2), count) };
                let result = row.call(self, arguments);
                self.return_result(result)
            }
            Callee::Continuation => self.throw_arguments(count),
        }
    }

    /// Returns a primitive's result from the frame at the base.
    fn return_result(&mut self, result: Result<Word, Interrupt>) -> Result<(), Interrupt> {
        match result {
            Ok(value) => {
                self.return_value(value);
                Ok(())
            }
            Err(Interrupt::Park(park, value)) => {
                self.return_value(value);
                Err(Interrupt::Park(park, value))
            }
            Err(other) => Err(other),
        }
    }

    /// Returns `value` from the frame at the base.
    fn return_value(&mut self, value: Word) {
        // SAFETY: the frame at the base has its link.
        unsafe {
            let link = Link(*self.machine.base.add(1));
            *self.machine.base = value.0;
            self.machine.base = self.machine.base.sub(link.shift_words());
            self.machine.pc = self.address_of(link.return_offset());
        }
        self.machine.top = TopFrame::Instruction;
    }

    /// Fills in optional parameters and builds the rest list.
    fn adapt_arguments(&mut self, entry: Entry, count: usize) -> Result<(), Interrupt> {
        let positional = entry.positional();
        if !entry.has_rest() {
            for index in count..positional {
                self.set_argument(index, Word::UNBOUND);
            }
            return Ok(());
        }
        let extra = count.saturating_sub(positional);
        self.reserve(extra as u64 * 16)?;
        let mut list = Word::NULL;
        for index in (positional..count).rev() {
            list = self.heap.pair(self.argument(index), list);
        }
        for index in count..positional {
            self.set_argument(index, Word::UNBOUND);
        }
        self.set_argument(positional, list);
        Ok(())
    }

    fn argument(&self, index: usize) -> Word {
        // SAFETY: frames have room for all arguments, which the call wrote.
        Word(unsafe { *self.machine.base.add(2 + index) })
    }

    fn set_argument(&mut self, index: usize, value: Word) {
        // SAFETY: as in `argument`.
        unsafe { *self.machine.base.add(2 + index) = value.0 }
    }

    /// Replaces the continuation by the one being called, and returns the arguments to it.
    fn throw_arguments(&mut self, count: usize) -> Result<(), Interrupt> {
        let value = if count == 1 {
            self.argument(0)
        } else {
            self.reserve(count as u64 * 8 + 24)?;
            let values = self.heap.object(Kind::MultipleValues, 0, count);
            for index in 0..count {
                let at = values.offset() + 8 + index as u64 * 8;
                self.heap.space.write(at, self.argument(index).0);
            }
            values
        };
        // SAFETY: register 0 holds the procedure that was called.
        let continuation = Word(unsafe { *self.machine.base });
        self.throw(continuation, value)
    }

    /// Returns `value` to `continuation` in place of the running computation. The dynamic state is the
    /// thrower's affair: an object can be captured in more than one.
    ///
    /// # Errors
    /// If a running process's interrupted state is used as a procedure.
    pub(crate) fn throw(&mut self, continuation: Word, value: Word) -> Result<(), Interrupt> {
        if !continuation.is_object() {
            self.machine.continuation = Word::NULL;
        } else {
            if self.heap.field(continuation, body::Continuation::CODE).is_object() {
                let message = "nothing can return to where a process was interrupted";
                return Err(Fault::new(ErrorCode::NotProcedure, message.to_string()).into());
            }
            self.machine.continuation = continuation;
        }
        self.machine.underflow_burst = 1;
        self.return_to_continuation(value);
        Ok(())
    }

    /// `apply` in tail position: `list` is spread over the arguments of `procedure`, or its tail
    /// copied for a rest parameter.
    ///
    /// # Errors
    /// If `list` is no list or too long; then the state is as before.
    pub(crate) fn apply(&mut self, procedure: usize, list: usize) -> Result<(), Interrupt> {
        let callee = self.register(procedure);
        let (length, proper) = self.list_length(self.register(list));
        if !proper {
            let found = summary(&self.heap, self.register(list));
            return Err(Fault::new(
                ErrorCode::WrongType,
                format!("apply expects a list as its last argument, found {found}"),
            )
            .into());
        }
        let callee_entry = self.resolve(callee, length)?;
        let spread = match &callee_entry {
            Callee::Closure(entry) if entry.has_rest() => entry.positional().min(length),
            _ => length,
        };
        if spread > APPLY_SPREAD_MAX {
            return Err(Fault::new(
                ErrorCode::ImplementationLimit,
                format!("apply spreads at most {APPLY_SPREAD_MAX} arguments, found {length}"),
            )
            .into());
        }
        if spread < length {
            self.copy_list_tail(list, spread)?;
        }
        let (callee, mut rest) = (self.register(procedure), self.register(list));
        // SAFETY: the stack's slack has room for the arguments that are spread.
        unsafe { *self.machine.base = callee.0 };
        for index in 0..spread {
            self.set_argument(index, self.heap.car(rest));
            rest = self.heap.cdr(rest);
        }
        match callee_entry {
            Callee::Closure(entry) if entry.has_rest() && spread == entry.positional() => {
                self.set_argument(spread, rest);
                self.machine.pc = self.address_of(entry.code.offset() + body::Code::TAIL_BYTES);
                self.machine.top = TopFrame::Instruction;
                Ok(())
            }
            entry => self.enter(entry, length),
        }
    }

    /// Replaces the list in register `list` by one whose pairs from position `keep` on are new.
    fn copy_list_tail(&mut self, list: usize, keep: usize) -> Result<(), Interrupt> {
        let chunk = (u64::from(NURSERY_PAGES) * PAGE_BYTES / 64) as usize;
        let mut source = self.register(list);
        let head = self.heap.protect(Word::NULL);
        let last = self.heap.protect(Word::NULL);
        let from = self.heap.protect(Word::NULL);
        let mut position = 0;
        while source.is_pair() {
            self.heap.set_protected(from, source);
            if position % chunk == 0
                && let Err(interrupt) = self.reserve(chunk as u64 * 16)
            {
                self.heap.unprotect(head);
                return Err(interrupt);
            }
            source = self.heap.protected(from);
            let pair = self.heap.pair(self.heap.car(source), Word::NULL);
            match self.heap.protected(last) {
                Word::NULL => self.heap.set_protected(head, pair),
                before => self.heap.set_cdr(before, pair),
            }
            self.heap.set_protected(last, pair);
            source = self.heap.cdr(source);
            position += 1;
        }
        debug_assert!(position >= keep);
        let copy = self.heap.protected(head);
        self.heap.unprotect(head);
        self.set_register(list, copy);
        Ok(())
    }

    /// Length of a list and whether it ends in the empty list; stops at a cycle.
    pub fn list_length(&self, list: Word) -> (usize, bool) {
        let (mut slow, mut fast, mut length) = (list, list, 0);
        while fast.is_pair() {
            fast = self.heap.cdr(fast);
            length += 1;
            if length % 2 == 0 {
                slow = self.heap.cdr(slow);
                if slow == fast && fast.is_pair() {
                    return (length, false);
                }
            }
        }
        (length, fast == Word::NULL)
    }

    /// Register `index` of the running frame.
    #[inline(always)]
    pub(crate) fn register(&self, index: usize) -> Word {
        // SAFETY: the verifier bounds registers by the frame.
        Word(unsafe { *self.machine.base.add(index) })
    }

    #[inline(always)]
    pub(crate) fn set_register(&mut self, index: usize, value: Word) {
        // SAFETY: as in `register`.
        unsafe { *self.machine.base.add(index) = value.0 }
    }

    /// Notes why the engine stops.
    pub(crate) fn stop_for(&mut self, interrupt: Interrupt) {
        self.machine.stop = Some(match interrupt {
            Interrupt::Error(fault) => Stop::Error(fault),
            Interrupt::Park(park, _) => Stop::Park(park),
            Interrupt::AwaitInput => Stop::AwaitInput,
            Interrupt::Exit(status) => Stop::Exit(status),
        });
    }
}

/// What a procedure without a name is called.
pub const ANONYMOUS: &str = "anonymous procedure";

/// The name of a code object, or a word for one without.
pub fn code_name(vm: &Vm, code: Word) -> String {
    let name = vm.heap.field(code, body::Code::NAME);
    match vm.heap.kind_of(name) {
        Some(Kind::String) => vm.heap.string_text(name),
        Some(Kind::Symbol) => vm.heap.symbol_name(name),
        _ => ANONYMOUS.into(),
    }
}
