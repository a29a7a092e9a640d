//! The part of the reader for datum labels (R7RS 2.4).
//!
//! A reference to a datum that is complete is that datum; one inside the datum itself is a cycle.

use super::{Label, OpenKind, Reader};
use crate::datum::{Datum, DatumId};
use pscheme_heap::error_code::ErrorCode;

impl Reader<'_> {
    /// `#n=`, read from `start` on.
    pub(super) fn begin_label(&mut self, number: String, start: usize) -> Option<DatumId> {
        if self.labels.iter().any(|label| label.number == number) {
            let message = "this label stands before two data";
            self.report(ErrorCode::BadSyntax, self.span_from(start), message);
        }
        self.labels.push(Label { number, datum: None, cycle: None });
        self.begin(OpenKind::Label(self.labels.len() - 1), start)
    }

    /// The datum behind a label that began at `start`.
    pub(super) fn end_label(&mut self, label: usize, datum: DatumId, start: usize) -> DatumId {
        let cycle = self.labels[label].cycle;
        let mut datum = datum;
        if let Datum::Cycle(found) = self.arena.get(datum)
            && Some(found) == cycle
        {
            let span = self.span_from(start);
            self.report(ErrorCode::BadSyntax, span, "this label stands for itself");
            datum = self.placeholder(span);
        }
        if let Some(cycle) = cycle {
            self.arena.set_cycle_target(cycle, datum);
        }
        self.labels[label].datum = Some(datum);
        datum
    }

    /// `#n#`, read from `start` on.
    pub(super) fn reference(&mut self, number: &str, start: usize) -> DatumId {
        let span = self.span_from(start);
        let Some(label) = self.labels.iter_mut().rfind(|label| label.number == number) else {
            let message = "no datum before this has the label";
            self.report(ErrorCode::BadSyntax, span, message);
            return self.placeholder(span);
        };
        if let Some(datum) = label.datum {
            return datum;
        }
        let cycle = *label.cycle.get_or_insert_with(|| self.arena.new_cycle());
        self.arena.cycle(cycle, span)
    }
}
