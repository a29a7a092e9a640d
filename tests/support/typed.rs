//! What is typed at the console of a test: pieces that come one by one, each when somebody has waited.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use pscheme::vm::host::ConsoleInput;

/// The input of a console, shared by its hosts. Without pieces it has ended, unless it stays open.
#[derive(Clone, Default)]
pub struct Typed {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// An empty piece is an end of the input, behind which there can be more.
    pieces: VecDeque<Vec<u8>>,
    /// The first piece has come.
    has_come: bool,
    stays_open: bool,
}

impl Typed {
    /// Adds a piece that comes as a whole.
    pub fn piece(&self, bytes: &[u8]) {
        self.state.lock().unwrap().pieces.push_back(bytes.to_vec());
    }

    /// From now on nothing comes behind the last piece, not even the end.
    pub fn stay_open(&self) {
        self.state.lock().unwrap().stays_open = true;
    }

    /// Adds bytes that come in pieces of this size.
    pub fn pieces(&self, bytes: &[u8], piece_bytes: usize) {
        bytes.chunks(piece_bytes).for_each(|piece| self.piece(piece));
    }

    /// Adds what belongs to a program, byte by byte: the file of its name that ends with `.in`.
    pub fn input_of(&self, folder: &str, program: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let path = folder.join(program).with_extension("in");
        if let Ok(bytes) = std::fs::read(path) {
            self.pieces(&bytes, 1);
        }
    }

    pub fn read(&self, buffer: &mut [u8]) -> ConsoleInput {
        let mut state = self.state.lock().unwrap();
        let Some(piece) = state.pieces.front() else {
            return if state.stays_open { ConsoleInput::NotYet } else { ConsoleInput::End };
        };
        if !state.has_come {
            return ConsoleInput::NotYet;
        }
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        if count < piece.len() {
            state.pieces[0].drain(..count);
            return ConsoleInput::Bytes(count);
        }
        state.pieces.pop_front();
        state.has_come = false;
        if count == 0 { ConsoleInput::End } else { ConsoleInput::Bytes(count) }
    }

    pub fn is_ready(&self) -> bool {
        let state = self.state.lock().unwrap();
        if state.pieces.is_empty() { !state.stays_open } else { state.has_come }
    }

    /// Time passes: the next piece comes. `false` if nothing ever will.
    pub fn wait(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        state.has_come = !state.pieces.is_empty();
        state.has_come || !state.stays_open
    }
}
