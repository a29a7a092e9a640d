//! Spans of time on the command line: a number with s, m, h, d or w behind.

/// Units with their seconds, the longest first.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a span, in seconds. No time at all is 0, without a unit.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let unit = UNITS.iter().find(|(letter, _)| text.ends_with(*letter));
    let (letter, seconds) =
        unit.ok_or(format!("{text} is no span of time; write 90m, 12h or 7d"))?;
    let digits = text.strip_suffix(*letter).unwrap_or(text);
    let count: u64 =
        digits.parse().map_err(|_| format!("{text} is no span of time; write 90m, 12h or 7d"))?;
    count.checked_mul(*seconds).ok_or(format!("{text} is out of range"))
}

/// The shortest text that reads as so many seconds.
pub fn text(seconds: u64) -> String {
    let unit = UNITS.iter().find(|(_, length)| seconds > 0 && seconds.is_multiple_of(*length));
    unit.map_or("0".into(), |(letter, length)| format!("{}{letter}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[test]
    fn spans_have_units() {
        for (written, seconds) in
            [("0", 0), ("45s", 45), ("90m", 5_400), ("12h", 43_200), ("7d", 604_800)]
        {
            assert_eq!(parse(written), Ok(seconds));
            assert_eq!(parse(&text(seconds)), Ok(seconds));
        }
        assert_eq!(text(604_800), "1w");
        for wrong in ["", "5", "h", "-1h", "1.5h", "99999999999999999999s", "99999999999999999w"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
