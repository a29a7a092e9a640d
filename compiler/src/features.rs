//! What this pscheme can do, by the names that `cond-expand` and `(features)` know.

/// Features (R7RS appendix B). There are no exact ratios and no exact complex numbers.
pub const FEATURES: &[&str] = &["r7rs", "exact-closed", "full-unicode", "pscheme"];

/// Libraries of R7RS whose procedures and forms are there. `(scheme complex)` and `(scheme r5rs)` lack
/// what makes complex numbers.
pub const LIBRARIES: &[&str] = &[
    "(scheme base)",
    "(scheme case-lambda)",
    "(scheme char)",
    "(scheme cxr)",
    "(scheme eval)",
    "(scheme file)",
    "(scheme inexact)",
    "(scheme lazy)",
    "(scheme load)",
    "(scheme process-context)",
    "(scheme read)",
    "(scheme repl)",
    "(scheme time)",
    "(scheme write)",
    "(pscheme image)",
    "(pscheme process)",
];
