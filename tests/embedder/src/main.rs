//! A host of its own: `embedder IMAGE [PROGRAM]` opens an image, starts the program in it if none
//! was, and runs to the program's end or until a line comes in on standard input.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, StoreOptions};
use pscheme::host::StandardHost;
use pscheme::vm::engine::Engine;
use pscheme::{Outcome, Session, SessionOptions};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [image] => run(Path::new(image), None),
        [image, program] => run(Path::new(image), Some(program)),
        _ => Err("usage: embedder IMAGE [PROGRAM]".into()),
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            eprintln!("embedder: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(image: &Path, program: Option<&str>) -> Result<ExitCode, Box<dyn std::error::Error>> {
    println!("engine {:?}", Engine::fastest());
    let directory = ImageDirectory::at(image);
    let store_options = StoreOptions::new(CommitClock::system());
    let store = if directory.exists() {
        directory.open(&store_options)?
    } else {
        directory.create(&store_options)?
    };
    let mut options = SessionOptions::new(Box::new(StandardHost::default()));
    options.stop_requested = stop_by_line();
    options.on_failure = Box::new(|vm, process| {
        eprint!("{}", pscheme::report::describe_failure(vm, process));
    });
    let mut session = Session::open(Box::new(store), options)?;
    if let Some(program) = program {
        session.start_program(program, &std::fs::read_to_string(program)?)?;
    }
    let outcome = session.run()?;
    session.close()?;
    Ok(match outcome {
        Outcome::Ended(status) => ExitCode::from(status as u8),
        Outcome::Stopped => ExitCode::from(3),
        Outcome::AtLimit => ExitCode::from(4),
        Outcome::Waiting => ExitCode::from(5),
    })
}

/// Becomes true when a line comes in. The end of the input says nothing.
fn stop_by_line() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    std::thread::spawn(move || {
        if std::io::stdin().read_line(&mut String::new()).is_ok_and(|bytes| bytes > 0) {
            flag.store(true, Ordering::Relaxed);
        }
    });
    stop
}
