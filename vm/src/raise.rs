//! What happens to an object that was raised: exception handlers get it, or the process fails with it
//! and is kept with its stack.
//!
//! A fault of an instruction or a primitive becomes a condition object here. The process is sealed as
//! it stood, and the library's procedure is called on top of that; it never returns, because none of
//! this can be continued. So the frames below serve whoever looks at the stack, and nobody else.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::frame::FRAME_WORDS_MIN;
use pscheme_heap::kind::{Header, Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;

use crate::fault::Fault;
use crate::machine::{Stop, TopFrame, Vm};
use crate::monitor::End;
use crate::process::{Event, ProcessState};

/// Characters of a condition's message at most.
const MESSAGE_CHARACTERS_MAX: usize = 4096;
/// Irritants of a condition made by the machine at most.
const IRRITANTS_MAX: usize = 16;
/// Which element of the vector that is a dynamic state is the list of handlers; the library's
/// control.scm makes it.
const STATE_HANDLERS: usize = 5;

impl Vm {
    /// Deals with an error of the running process.
    pub(crate) fn raise(&mut self, fault: Box<Fault>) -> Event {
        // What ends an atomic section or a process from outside, and damage, are no exceptions of
        // the program.
        let is_final = matches!(
            fault.code,
            ErrorCode::AtomicTooLong | ErrorCode::ImageDamaged | ErrorCode::InterruptedForGood
        );
        let object = self.raised_object(fault);
        let place = self.heap.protect(object);
        self.seal_where_it_stands();
        let object = self.heap.protected(place);
        self.heap.unprotect(place);
        if !is_final && self.has_handlers() {
            self.call_handlers(object)
        } else {
            self.fail(object)
        }
    }

    /// Whether the running process has an exception handler.
    fn has_handlers(&self) -> bool {
        let state = self.machine.dynamic;
        self.heap.root(Root::ExceptionHandler).is_object()
            && self.heap.kind_of(state) == Some(Kind::Vector)
            && self.heap.header(state).body_words() > STATE_HANDLERS
            && self.heap.field(state, STATE_HANDLERS).is_pair()
    }

    /// Calls the library's procedure with the object, on top of the sealed stack.
    fn call_handlers(&mut self, object: Word) -> Event {
        let place = self.heap.protect(object);
        self.make_room(Header::new(Kind::MultipleValues, 0, 2).nursery_bytes());
        let call = self.heap.object(Kind::MultipleValues, 0, 2);
        self.heap.initialise(call, 0, self.heap.root(Root::ExceptionHandler).0);
        self.heap.initialise(call, 1, self.heap.protected(place).0);
        let started = self.start_call(call);
        let object = self.heap.protected(place);
        self.heap.unprotect(place);
        match started {
            Ok(()) => Event::Slice,
            // In a damaged image it may be a procedure of another shape.
            Err(_) => self.fail(object),
        }
    }

    /// Ends the process with the object; it is kept with its stack.
    fn fail(&mut self, object: Word) -> Event {
        let process = self.machine.process;
        let continuation = self.machine.continuation;
        self.heap.set_field(process, body::Process::CONTINUATION, continuation);
        self.heap.set_field(process, body::Process::VALUE, object);
        self.heap.set_field(process, body::Process::DYNAMIC, self.machine.dynamic);
        self.set_process_state(process, ProcessState::Failed);
        self.unload();
        self.note_end(process, End::Failed);
        Event::Failed(process)
    }

    /// What a fault raises.
    fn raised_object(&mut self, fault: Box<Fault>) -> Word {
        if let Some(object) = fault.raised {
            return object;
        }
        self.machine.stop = Some(Stop::Error(fault));
        self.make_room(1024 + 4 * MESSAGE_CHARACTERS_MAX as u64);
        let Some(Stop::Error(fault)) = self.machine.stop.take() else { unreachable!("just set") };
        let message: String = fault.message.chars().take(MESSAGE_CHARACTERS_MAX).collect();
        let message = self.heap.string(&message);
        let mut irritants = Word::NULL;
        for &irritant in fault.irritants.iter().take(IRRITANTS_MAX).rev() {
            irritants = self.heap.pair(irritant, irritants);
        }
        let condition = self.heap.object(Kind::Condition, 0, body::Condition::FIELDS);
        let fields = [
            (body::Condition::CODE, Word::fixnum(fault.code as i64)),
            (body::Condition::MESSAGE, message),
            (body::Condition::IRRITANTS, irritants),
            (body::Condition::CONTINUATION, Word::FALSE),
        ];
        for (index, value) in fields {
            self.heap.initialise(condition, index, value.0);
        }
        condition
    }

    /// Seals the stack of a process that stopped in the middle of an instruction or a call.
    fn seal_where_it_stands(&mut self) {
        if let TopFrame::Arguments(_) = self.machine.top {
            self.seal_below(FRAME_WORDS_MIN);
            self.machine.top = TopFrame::Empty;
            self.machine.base = self.machine.bottom;
        } else {
            self.seal_all();
        }
    }
}
