//! Sizes on the command line: bytes, or with K, M or G behind as powers of 1,024.

/// Reads a size.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let upper = upper.strip_suffix("IB").or(upper.strip_suffix('B')).unwrap_or(&upper);
    let (digits, unit) = match upper.as_bytes().last() {
        Some(b'K') => (&upper[..upper.len() - 1], 1 << 10),
        Some(b'M') => (&upper[..upper.len() - 1], 1 << 20),
        Some(b'G') => (&upper[..upper.len() - 1], 1 << 30),
        _ => (upper, 1u64),
    };
    let count: u64 = digits.parse().map_err(|_| format!("{text} is no size; write 512M or 4G"))?;
    count.checked_mul(unit).filter(|&size| size > 0).ok_or(format!("{text} is out of range"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("4096"), Ok(4096));
        assert_eq!(parse("512m"), Ok(512 << 20));
        assert_eq!(parse("2GiB"), Ok(2 << 30));
        for wrong in ["", "M", "-1", "1.5G", "0", "99999999999G", "12X"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
