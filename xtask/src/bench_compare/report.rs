//! The table of a comparison, in Markdown.

use std::fmt::Write;

use super::measure::{Outcome, Results, Row, Run};
use super::suite::START;

/// Schemes whose time may be the unit of the ratios, the first that was measured is.
const UNITS: [&str; 3] = ["chez", "guile", "pscheme"];

/// Least, median and greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Spread {
            least: sorted[0],
            median: sorted[sorted.len() / 2],
            most: sorted[sorted.len() - 1],
        }
    }
}

/// The place of the Scheme whose time is the unit.
pub fn unit(results: &Results) -> usize {
    UNITS.iter().find_map(|label| results.place(label)).unwrap_or(0)
}

/// The ratios of a program's times on one Scheme to those on another, round by round.
pub fn ratio(row: &Row, place: usize, unit: usize) -> Option<Spread> {
    let (Outcome::Runs(own), Outcome::Runs(other)) = (&row.outcomes[place], &row.outcomes[unit])
    else {
        return None;
    };
    let ratios = own.iter().zip(other).map(|(own, other)| own.inner_seconds / other.inner_seconds);
    Some(Spread::of(ratios))
}

/// The geometric mean of the medians of the ratios, over the programs that run on both, and how many these are.
pub fn mean(results: &Results, place: usize, unit: usize) -> Option<(f64, usize)> {
    let logarithms: Vec<f64> = results
        .programs()
        .filter_map(|row| ratio(row, place, unit))
        .map(|ratio| ratio.median.ln())
        .collect();
    let count = logarithms.len();
    (count > 0).then(|| ((logarithms.iter().sum::<f64>() / count as f64).exp(), count))
}

/// The whole table: versions, ratios, means, starts and memory, and what does not run.
pub fn table(results: &Results) -> String {
    let unit = unit(results);
    let mut text = head(results, unit);
    heading(&mut text, results, "program");
    for row in results.programs() {
        let _ = write!(text, "| {} |", row.program);
        for place in 0..results.schemes.len() {
            let cell = match (&row.outcomes[place], ratio(row, place, unit)) {
                (Outcome::Fails(_), _) => "–".into(),
                (Outcome::Runs(runs), _) if place == unit => seconds(runs),
                (Outcome::Runs(runs), None) => seconds(runs),
                (_, Some(r)) => format!("{:.2} ({:.2} to {:.2})", r.median, r.least, r.most),
            };
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    let _ = write!(text, "| **geometric mean** |");
    for place in 0..results.schemes.len() {
        let cell = match mean(results, place, unit) {
            Some((mean, count)) => format!("**{mean:.2}** of {count}"),
            None => "–".into(),
        };
        let _ = write!(text, " {cell} |");
    }
    text.push_str("\n\n");
    process_table(&mut text, results);
    failures(&mut text, results);
    text
}

fn head(results: &Results, unit: usize) -> String {
    let mut text = format!(
        "{} cores of {}, {} alternating rounds. The column of {} has seconds; the others how many times as long \
         they took in the same round: median (least to most).\n\n",
        results.cores, results.processor, results.rounds, results.schemes[unit].label
    );
    for scheme in &results.schemes {
        let _ = writeln!(text, "- {}: {}", scheme.label, scheme.version);
    }
    text.push('\n');
    text
}

fn heading(text: &mut String, results: &Results, first: &str) {
    let _ = write!(text, "| {first} |");
    for scheme in &results.schemes {
        let _ = write!(text, " {} |", scheme.label);
    }
    let _ = write!(text, "\n|---|{}\n", "---|".repeat(results.schemes.len()));
}

/// The time of a start and the memory of all programs.
fn process_table(text: &mut String, results: &Results) {
    heading(text, results, "process");
    let start = results.rows.iter().find(|row| row.program == START);
    if let Some(start) = start {
        line(text, "start, ms: median (least to most)", start, |runs| {
            let s = Spread::of(runs.iter().map(|run| run.wall_seconds * 1e3));
            format!("{:.1} ({:.1} to {:.1})", s.median, s.least, s.most)
        });
        line(text, "memory of a start, MiB", start, |runs| format!("{:.1}", mebibytes(runs)));
    }
    let _ = write!(text, "| memory of the programs, MiB: median, most |");
    for place in 0..results.schemes.len() {
        let peaks = results.programs().filter_map(|row| match &row.outcomes[place] {
            Outcome::Runs(runs) => Some(mebibytes(runs)),
            Outcome::Fails(_) => None,
        });
        let peaks: Vec<f64> = peaks.collect();
        let cell = match peaks.is_empty() {
            true => "–".into(),
            false => {
                let spread = Spread::of(peaks);
                format!("{:.0}, {:.0}", spread.median, spread.most)
            }
        };
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}

fn line(text: &mut String, name: &str, row: &Row, cell: impl Fn(&[Run]) -> String) {
    let _ = write!(text, "| {name} |");
    for outcome in &row.outcomes {
        let cell = match outcome {
            Outcome::Runs(runs) => cell(runs),
            Outcome::Fails(_) => "–".into(),
        };
        let _ = write!(text, " {cell} |");
    }
    text.push('\n');
}

fn failures(text: &mut String, results: &Results) {
    for row in &results.rows {
        for (scheme, outcome) in results.schemes.iter().zip(&row.outcomes) {
            if let Outcome::Fails(why) = outcome {
                let _ = write!(text, "\n- {} does not run on {}: {why}", row.program, scheme.label);
            }
        }
    }
}

fn seconds(runs: &[Run]) -> String {
    format!("{:.3}", Spread::of(runs.iter().map(|run| run.inner_seconds)).median)
}

fn mebibytes(runs: &[Run]) -> f64 {
    Spread::of(runs.iter().map(|run| run.peak_memory_bytes as f64)).median / f64::from(1 << 20)
}

#[cfg(test)]
pub mod tests {
    use super::super::measure::SchemeInfo;
    use super::*;

    fn runs(seconds: &[f64]) -> Outcome {
        let run = |&inner_seconds: &f64| Run {
            inner_seconds,
            wall_seconds: inner_seconds + 0.5,
            cpu_seconds: inner_seconds,
            peak_memory_bytes: 3 << 20,
        };
        Outcome::Runs(seconds.iter().map(run).collect())
    }

    /// Two programs and a start on two Schemes; one program does not run on the second.
    pub fn example() -> Results {
        let scheme = |label| SchemeInfo { label, version: "1".into() };
        let row = |program: &str, outcomes| Row { program: program.into(), outcomes };
        Results {
            processor: "a processor".into(),
            cores: 2,
            rounds: 3,
            schemes: vec![scheme("pscheme"), scheme("chez"), scheme("other")],
            rows: vec![
                row(START, vec![runs(&[0.0]), runs(&[0.0]), runs(&[0.0])]),
                row("a", vec![runs(&[4.0, 2.0, 3.0]), runs(&[1.0, 1.0, 1.0]), runs(&[1.0; 3])]),
                row(
                    "b",
                    vec![
                        runs(&[3.0, 3.0, 3.0]),
                        runs(&[4.0, 4.0, 4.0]),
                        Outcome::Fails("no call/cc".into()),
                    ],
                ),
            ],
        }
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let results = example();
        let row = results.programs().next().unwrap();
        let spread = ratio(row, 0, 1).unwrap();
        assert_eq!(spread, Spread { least: 2.0, median: 3.0, most: 4.0 });
    }

    #[test]
    fn the_mean_is_geometric_and_over_what_runs() {
        let results = example();
        // The square root of 3 times 3/4.
        assert!((mean(&results, 0, 1).unwrap().0 - 1.5).abs() < 1e-9);
        assert_eq!(mean(&results, 2, 1).unwrap().1, 1);
    }

    #[test]
    fn the_table_has_the_unit_in_seconds_and_says_what_fails() {
        let table = table(&example());
        assert!(
            table.contains("| a | 3.00 (2.00 to 4.00) | 1.000 | 1.00 (1.00 to 1.00) |"),
            "{table}"
        );
        assert!(table.contains("| b | 0.75 (0.75 to 0.75) | 4.000 | – |"), "{table}");
        assert!(table.contains("- b does not run on other: no call/cc"), "{table}");
        assert!(table.contains("| memory of the programs, MiB: median, most | 3, 3 |"), "{table}");
    }
}
