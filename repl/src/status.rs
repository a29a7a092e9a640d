//! The statuses with which the command ends, in one table.

macro_rules! statuses {
    ($( $(#[doc = $doc:literal])+ $number:literal $name:ident; )*) => {
        $( $(#[doc = $doc])+ pub const $name: u8 = $number; )*

        /// Number and meaning of every status, for help and manual.
        pub const STATUSES: &[(u8, &str)] = &[ $( ($number, concat!($($doc),+)), )* ];
    };
}

statuses! {
    /// The command did what it was asked for; or the status of `(exit n)`.
    0 OK;
    /// An error nobody handled, or something outside failed.
    1 ERROR;
    /// Wrong usage: nothing was run, created or changed.
    2 USAGE;
    /// The image is damaged, or commits are missing.
    65 DAMAGED;
    /// The image was made by a newer pscheme.
    69 NEWER;
    /// Another process holds the image.
    75 HELD;
    /// A signal ended the run; the image is committed.
    130 INTERRUPTED;
}

/// The table as text, for help and manual.
pub fn table() -> String {
    let rows = STATUSES.iter().map(|(number, meaning)| format!("{number:>5}  {}", meaning.trim()));
    rows.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{STATUSES, table};

    #[test]
    fn statuses_ascend_and_have_a_meaning() {
        assert!(STATUSES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(table().lines().count(), STATUSES.len());
    }
}
