//! What this pscheme can do, by the names that `cond-expand` and `(features)` know.

/// Features (R7RS appendix B).
pub const FEATURES: &[&str] =
    &["r7rs", "exact-closed", "exact-complex", "ieee-float", "full-unicode", "ratios", "pscheme"];

/// Libraries of R7RS whose procedures and forms are there, and those of pscheme's own.
pub const LIBRARIES: &[&str] = &[
    "(scheme base)",
    "(scheme case-lambda)",
    "(scheme char)",
    "(scheme complex)",
    "(scheme cxr)",
    "(scheme eval)",
    "(scheme file)",
    "(scheme inexact)",
    "(scheme lazy)",
    "(scheme load)",
    "(scheme process-context)",
    "(scheme r5rs)",
    "(scheme read)",
    "(scheme repl)",
    "(scheme time)",
    "(scheme write)",
    "(pscheme image)",
    "(pscheme process)",
];
