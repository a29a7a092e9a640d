//! Tables of limits: each is a constant and a row of the documentation.

/// A limit that is the same for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedLimit {
    pub name: &'static str,
    pub value: u64,
    pub doc: &'static str,
}

/// Makes constants, and a table of them for the documentation.
#[macro_export]
macro_rules! fixed_limits {
    ($table:ident: $( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $value:expr; )*) => {
        $( $(#[doc = $doc])+ pub const $name: $type = $value; )*

        /// The limits above.
        pub const $table: &[$crate::limit_table::FixedLimit] = &[ $(
            $crate::limit_table::FixedLimit {
                name: stringify!($name),
                value: $name as u64,
                doc: concat!($($doc, "\n"),+),
            },
        )* ];
    };
}
