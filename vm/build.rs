//! Chooses whether the tail-calling engine is compiled: x86-64, optimised, no instrumentation. On Linux it comes with
//! machine code.
//!
//! At optimisation level 0 LLVM makes real calls of the handlers' tail calls, and sanitizers and
//! coverage put code after them.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(pscheme_tail_engine)");
    println!("cargo::rustc-check-cfg=cfg(pscheme_machine_code)");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    println!("cargo::rerun-if-env-changed=PSCHEME_ENGINE");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let instrumented = flags.contains("sanitizer") || flags.contains("instrument-coverage");
    let tail = variable("CARGO_CFG_TARGET_ARCH") == "x86_64"
        && variable("OPT_LEVEL") != "0"
        && !instrumented
        && variable("PSCHEME_ENGINE") != "match";
    if tail {
        println!("cargo::rustc-cfg=pscheme_tail_engine");
        if variable("CARGO_CFG_TARGET_OS") == "linux" {
            println!("cargo::rustc-cfg=pscheme_machine_code");
        }
    }
}
