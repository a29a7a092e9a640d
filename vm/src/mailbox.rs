//! Mailboxes: a queue of messages in each process's record, received in the order in which they came.
//!
//! A receive goes through the messages one by one; `seen_message` in the record is the last one it
//! has looked at and left. Who finds nothing more waits, and goes on behind that one: what was
//! refused once is not looked at again by the same receive.

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;

use crate::fault::{Fault, Interrupt};
use crate::machine::Vm;
use crate::process::ProcessState;

impl Vm {
    /// Puts a message at the end of a process's mailbox, and lets the process go on if it waits for
    /// one. Room for [`body::Message::BYTES`] must have been made.
    ///
    /// # Errors
    /// If the mailbox is full; nothing is changed then.
    pub fn deliver(&mut self, process: Word, content: Word) -> Result<(), Interrupt> {
        let count = self.heap.field(process, body::Process::MESSAGE_COUNT).as_fixnum();
        if count >= self.machine.limits.mailbox_messages as i64 {
            let id = self.heap.field(process, body::Process::ID).as_fixnum();
            let message =
                format!("the mailbox of process {id} is full: {count} messages wait in it");
            return Err(Fault::new(ErrorCode::MailboxFull, message).into());
        }
        self.append_message(process, content);
        Ok(())
    }

    /// As [`Vm::deliver`], whether the mailbox is full or not: for what the machine itself sends, of
    /// which there is a bound already.
    pub(crate) fn append_message(&mut self, process: Word, content: Word) {
        let message = self.heap.object(Kind::Message, 0, body::Message::FIELDS);
        self.heap.initialise(message, body::Message::CONTENT, content.0);
        self.heap.initialise(message, body::Message::NEXT, Word::FALSE.0);
        let last = self.heap.field(process, body::Process::LAST_MESSAGE);
        if last.is_object() {
            self.heap.set_field(last, body::Message::NEXT, message);
        } else {
            self.heap.set_field(process, body::Process::FIRST_MESSAGE, message);
        }
        self.heap.set_field(process, body::Process::LAST_MESSAGE, message);
        self.change_message_count(process, 1);
        let waits = self.process_state(process) == ProcessState::WaitingForMessage;
        if waits && !self.is_asleep(process) {
            self.cancel_timer(process);
            self.set_process_state(process, ProcessState::Ready);
            self.enqueue(process);
        }
    }

    /// Begins a receive: the next message to look at is the first.
    pub fn rewind_mailbox(&mut self, process: Word) {
        self.heap.set_field(process, body::Process::SEEN_MESSAGE, Word::FALSE);
        self.heap.set_field(process, body::Process::DUE, Word::FALSE);
    }

    /// The message behind those that the receive has looked at.
    pub fn unseen_message(&self, process: Word) -> Option<Word> {
        let seen = self.heap.field(process, body::Process::SEEN_MESSAGE);
        let next = if seen.is_object() {
            self.heap.field(seen, body::Message::NEXT)
        } else {
            self.heap.field(process, body::Process::FIRST_MESSAGE)
        };
        next.is_object().then_some(next)
    }

    /// Leaves the next message where it is: the receive goes on behind it.
    pub fn pass_message(&mut self, process: Word, message: Word) {
        self.heap.set_field(process, body::Process::SEEN_MESSAGE, message);
    }

    /// Takes the next message out of the mailbox. `false` if it is not `message`: then another
    /// receive of the same process has come between.
    pub fn take_message(&mut self, process: Word, message: Word) -> bool {
        if self.unseen_message(process) != Some(message) {
            return false;
        }
        let seen = self.heap.field(process, body::Process::SEEN_MESSAGE);
        let next = self.heap.field(message, body::Message::NEXT);
        if seen.is_object() {
            self.heap.set_field(seen, body::Message::NEXT, next);
        } else {
            self.heap.set_field(process, body::Process::FIRST_MESSAGE, next);
        }
        if !next.is_object() {
            self.heap.set_field(process, body::Process::LAST_MESSAGE, seen);
        }
        self.change_message_count(process, -1);
        self.rewind_mailbox(process);
        true
    }

    /// Forgets all messages.
    pub(crate) fn empty_mailbox(&mut self, process: Word) {
        for index in
            [body::Process::FIRST_MESSAGE, body::Process::LAST_MESSAGE, body::Process::SEEN_MESSAGE]
        {
            self.heap.set_field(process, index, Word::FALSE);
        }
        self.heap.set_field(process, body::Process::MESSAGE_COUNT, Word::fixnum(0));
    }

    fn change_message_count(&mut self, process: Word, by: i64) {
        let count = self.heap.field(process, body::Process::MESSAGE_COUNT).as_fixnum();
        self.heap.set_field(process, body::Process::MESSAGE_COUNT, Word::fixnum(count + by));
    }
}
