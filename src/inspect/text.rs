//! Inspection as text for people: tables whose columns line up, stacks with their source lines.
//!
//! Lines are cut to the width of the terminal if there is one; colours are for terminals only. Both are
//! decided by the caller.

use std::fmt::Write;

use pscheme_compiler::unicode::UNICODE_VERSION;

use super::{
    GlobalView, ImageSummary, KindCount, LocalView, LostView, PlaceView, ProcessView, StackFrame,
    StackView,
};
use crate::show::cut;

/// How text is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Characters of a line; `None` where lines are not cut.
    pub width: Option<usize>,
    /// Use escape sequences for colours.
    pub colours: bool,
}

/// Roles of text; what each looks like is said in one place.
#[derive(Clone, Copy)]
enum Role {
    Heading,
    Place,
    Mark,
    Quiet,
    Bad,
}

impl Role {
    fn escape(self) -> &'static str {
        match self {
            Role::Heading => "\x1b[1m",
            Role::Place => "\x1b[36m",
            Role::Mark => "\x1b[33m",
            Role::Quiet => "\x1b[2m",
            Role::Bad => "\x1b[31m",
        }
    }
}

/// Characters before a source line.
const GUTTER: usize = 11;
/// Findings that are listed with an image that is not sound.
const FINDINGS_SHOWN_MAX: usize = 10;

impl Layout {
    fn paint(self, role: Role, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("{}{text}\x1b[0m", role.escape())
        } else {
            text.to_string()
        }
    }

    /// A line, cut to the width.
    pub fn fit(self, text: String) -> String {
        match self.width {
            Some(width) => cut(text, width),
            None => text,
        }
    }

    /// What is said of an image before what was asked for.
    pub fn summary(self, summary: &ImageSummary) -> String {
        let mut line = format!("{}: commit {}", summary.image.display(), summary.commit);
        match (summary.held, summary.held_by) {
            (true, Some(pid)) => {
                let _ = write!(line, ", running in process {pid}");
            }
            (true, None) => line.push_str(", running"),
            (false, _) => line.push_str(", nobody runs it"),
        }
        if summary.waits_for_space {
            line.push_str(", paused: no space left on the disk");
        }
        if let Some(status) = summary.exit_status {
            let _ = write!(line, ", ended with status {status}");
        }
        let here = UNICODE_VERSION.to_string();
        if let Some(unicode) = summary.unicode.as_ref().filter(|unicode| **unicode != here) {
            let _ = write!(line, ", made with Unicode {unicode}, this is {here}");
        }
        let mut text = self.fit(line) + "\n";
        if let Some(unfinished) = &summary.unfinished {
            text.push_str(&(self.fit(unfinished.clone()) + "\n"));
        }
        for finding in summary.findings.iter().take(FINDINGS_SHOWN_MAX) {
            let _ = writeln!(text, "{} {finding}", self.paint(Role::Bad, "damaged:"));
        }
        let more = summary.findings.len().saturating_sub(FINDINGS_SHOWN_MAX);
        if more > 0 {
            let _ = writeln!(text, "{} {more} findings more", self.paint(Role::Bad, "damaged:"));
        }
        text
    }

    /// What lay on pages that cannot be read.
    pub fn lost(self, pages: &[LostView]) -> String {
        let mut text = String::new();
        for lost in pages {
            let line = match &lost.path {
                Some(path) => {
                    let objects: Vec<String> = lost
                        .objects
                        .iter()
                        .map(|row| format!("{} {}", row.objects, row.kind))
                        .collect();
                    format!(
                        "page {}: {} that others refer to, the first from {path}",
                        lost.page,
                        objects.join(", ")
                    )
                }
                None => format!("page {}: nothing that can be reached lay on it", lost.page),
            };
            text.push_str(&self.fit(line));
            text.push('\n');
        }
        text
    }

    /// A table of processes.
    pub fn processes(self, rows: &[ProcessView]) -> String {
        if rows.is_empty() {
            return "no processes\n".into();
        }
        let cells = rows.iter().map(|row| {
            let number = match (&row.name, row.main) {
                (Some(name), _) => format!("{} {name}", row.process),
                (None, true) => format!("{} main", row.process),
                (None, false) => row.process.to_string(),
            };
            let remark = row.waits_for.as_deref().or(row.failure.as_deref()).unwrap_or_default();
            [number, row.state.to_string(), grouped(row.work), standing(row), remark.to_string()]
        });
        let heading = ["process", "state", "work", "stands in", "waits for or failed with"]
            .map(str::to_string);
        self.table(&heading, &cells.collect::<Vec<_>>(), &[2])
    }

    /// Objects by kind.
    pub fn kinds(self, rows: &[KindCount]) -> String {
        let cells = rows.iter().map(|row| {
            [row.kind.to_string(), grouped(row.objects as i64), grouped(row.bytes as i64)]
        });
        let heading = ["kind", "objects", "bytes"].map(str::to_string);
        let mut cells: Vec<[String; 3]> = cells.collect();
        let sum =
            |count: fn(&KindCount) -> u64| grouped(rows.iter().map(count).sum::<u64>() as i64);
        cells.push(["all".into(), sum(|row| row.objects), sum(|row| row.bytes)]);
        self.table(&heading, &cells, &[1, 2])
    }

    /// Columns as wide as their widest cell; those in `right` are aligned at their ends.
    fn table<const N: usize>(
        self,
        heading: &[String; N],
        rows: &[[String; N]],
        right: &[usize],
    ) -> String {
        let length = |text: &String| text.chars().count();
        let widths: [usize; N] = std::array::from_fn(|column| {
            rows.iter()
                .map(|row| length(&row[column]))
                .max()
                .unwrap_or(0)
                .max(length(&heading[column]))
        });
        let line = |row: &[String; N]| {
            let mut line = String::new();
            for column in 0..N {
                let padding = " ".repeat(widths[column] - length(&row[column]));
                let (before, after) = if right.contains(&column) {
                    (padding, String::new())
                } else {
                    (String::new(), padding)
                };
                let _ = write!(line, "{before}{}{after}  ", row[column]);
            }
            self.fit(line.trim_end().to_string())
        };
        let mut text = self.paint(Role::Heading, &line(heading)) + "\n";
        for row in rows {
            text.push_str(&line(row));
            text.push('\n');
        }
        text
    }

    /// A stack: each frame with its source line and its variables.
    pub fn stack(self, stack: &StackView) -> String {
        let process = &stack.process;
        let mut text = format!("process {}, {}", process.process, process.state);
        if let Some(what) = process.waits_for.as_deref() {
            let _ = write!(text, ", waits for {what}");
        }
        let frames = if stack.depth == 1 { "frame" } else { "frames" };
        let _ = writeln!(text, ", {} {frames}", grouped(stack.depth as i64));
        if let Some(failure) = &process.failure {
            let _ = writeln!(
                text,
                "{}",
                self.paint(Role::Bad, &self.fit(format!("failed: {failure}")))
            );
        }
        self.append_frames(&stack.newest, &mut text);
        if stack.left_out > 0 {
            let note = format!("… {} frames between", grouped(stack.left_out as i64));
            let _ = writeln!(text, "\n{}", self.paint(Role::Quiet, &note));
        }
        self.append_frames(&stack.oldest, &mut text);
        if let Some(why) = &stack.broken {
            let _ = writeln!(text, "{} the stack ends in {why}", self.paint(Role::Bad, "damaged:"));
        }
        text
    }

    fn append_frames(self, frames: &[StackFrame], text: &mut String) {
        for frame in frames {
            text.push('\n');
            let name = self.paint(Role::Heading, frame.procedure.as_deref().unwrap_or("lambda"));
            let _ = write!(text, "{:>3}  {name}", frame.frame);
            match &frame.place {
                Some(place) => {
                    let at = format!("{}:{}:{}", place.file, place.line, place.column);
                    let _ = write!(text, "  {}", self.paint(Role::Place, &at));
                    text.push_str(if frame.library { "  (library)\n" } else { "\n" });
                    if !frame.library {
                        self.append_source(place, text);
                    }
                }
                None => text.push_str("  (library)\n"),
            }
            self.append_locals(&frame.locals, text);
        }
    }

    /// The source line, and carets under the expression.
    fn append_source(self, place: &PlaceView, text: &mut String) {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(GUTTER).max(20));
        let before = place.column - 1;
        // Of a line that is too long the part around the expression is shown.
        let left = if before + place.length > room { before.saturating_sub(room / 4) } else { 0 };
        let line: String = place.text.chars().skip(left).collect();
        // Tabs are kept in the padding, so that the carets line up however wide they are shown.
        let padding = line.chars().take(before - left).map(|c| if c == '\t' { c } else { ' ' });
        let padding: String = padding.collect();
        let length = place.length.min(room - (before - left).min(room - 1));
        let carets = self.paint(Role::Mark, &"^".repeat(length));
        let _ = writeln!(text, "{:>8} | {}", place.line, cut(line, room));
        let _ = writeln!(text, "{:>8} | {padding}{carets}", "");
    }

    fn append_locals(self, locals: &[LocalView], text: &mut String) {
        let width = locals.iter().map(|local| local.name.chars().count()).max().unwrap_or(0);
        for local in locals {
            let padding = " ".repeat(width - local.name.chars().count());
            let line = format!("         {}{padding} = {}", local.name, local.value);
            let _ = writeln!(text, "{}", self.fit(line));
        }
    }

    /// A global variable: its value, and of a procedure how it is called and where it is defined.
    pub fn global(self, global: &GlobalView) -> String {
        let mut text = match &global.signature {
            Some(signature) => {
                format!("{} = procedure {}\n", global.name, self.paint(Role::Heading, signature))
            }
            None => format!("{} = {}\n", global.name, global.value),
        };
        if let Some(place) = &global.place {
            let at = format!("{}:{}:{}", place.file, place.line, place.column);
            let _ = writeln!(text, "     --> {}", self.paint(Role::Place, &at));
            self.append_source(place, &mut text);
        }
        text
    }
}

/// Where a process stands: its procedure and the place.
fn standing(row: &ProcessView) -> String {
    let procedure = row.procedure.as_deref();
    match (&row.place, procedure) {
        (Some(place), procedure) => {
            format!("{} ({}:{})", procedure.unwrap_or("lambda"), place.file, place.line)
        }
        (None, Some(procedure)) => procedure.to_string(),
        (None, None) => String::new(),
    }
}

/// A number with its digits in groups of three.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_are_cut() {
        let heading = ["a", "count"].map(str::to_string);
        let rows = [["long name", "1"], ["b", "1,000"]].map(|row| row.map(str::to_string));
        let plain = Layout::default();
        let table = plain.table(&heading, &rows, &[1]);
        assert_eq!(table, "a          count\nlong name      1\nb          1,000\n");
        let narrow = Layout { width: Some(8), colours: false };
        assert!(narrow.table(&heading, &rows, &[1]).lines().all(|line| line.chars().count() <= 8));
    }

    #[test]
    fn digits_are_grouped() {
        let shown: Vec<String> = [0, 999, 1_000, -1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1,000", "-1,234,567"]);
    }
}
