//! The thread that translates, so that the machine's own does not wait.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::translate::{Addresses, Source, Translation, translate};

/// The thread's two ends; it ends when they are dropped.
#[derive(Debug)]
pub(super) struct Worker {
    asked: Sender<Source>,
    finished: Receiver<(Source, Translation)>,
}

impl Worker {
    pub(super) fn new(addresses: Addresses) -> Worker {
        let (asked, requests) = channel::<Source>();
        let (results, finished) = channel();
        let work = move || {
            for source in requests {
                let translation = translate(&source, &addresses);
                if results.send((source, translation)).is_err() {
                    return;
                }
            }
        };
        // Without a thread nothing is translated: the machine's work is done by the interpreter.
        let _ = std::thread::Builder::new().name("pscheme-translate".into()).spawn(work);
        Worker { asked, finished }
    }

    pub(super) fn ask(&self, source: Source) {
        // The thread may not have come into being.
        let _ = self.asked.send(source);
    }

    /// The next translation that is finished.
    pub(super) fn finished(&self) -> Option<(Source, Translation)> {
        self.finished.try_recv().ok()
    }
}
