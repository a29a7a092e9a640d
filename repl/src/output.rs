//! What commands print, and the terminal it goes to.

use std::io::{IsTerminal, Write};

use pscheme::inspect::Layout;

use crate::status;

/// Prints a text; gives the status of the command. A reader that has seen enough and went away
/// (`pscheme ps I | head -1`) is no failure.
pub fn write(text: &[u8]) -> u8 {
    let mut output = std::io::stdout().lock();
    match output.write_all(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pscheme: cannot write: {error}");
            status::ERROR
        }
        _ => status::OK,
    }
}

/// The layout for the standard output: as wide as the terminal and in colour, if it is one and nobody
/// has set NO_COLOR (<https://no-color.org>); as it comes otherwise.
pub fn layout() -> Layout {
    let is_terminal = std::io::stdout().is_terminal();
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let size = is_terminal.then(terminal_size::terminal_size).flatten();
    Layout {
        width: size.map(|(width, _)| usize::from(width.0)),
        colours: is_terminal && !no_colour && !is_dumb,
    }
}
