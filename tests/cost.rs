//! Cost follows change: what one `set-car!` writes does not depend on the size of the heap, the depth
//! of a stack, or the number of parked processes. `cargo bench -p pscheme --bench commit` prints the table, with
//! larger heaps.

#[path = "support/cost.rs"]
mod cost;
mod support;

use cost::{Burden, burden, fill, one_set_car, process_set_car, session_in};

/// Pages of a commit from the Rust interface: the one that changed.
const PAGES_RUST_MAX: u64 = 1;
/// Pages of a commit from a process that changes a pair: the changed page, its record's page, the
/// hot page, and at most one fresh page of pairs.
const PAGES_PROCESS_MAX: u64 = 4;
/// Bytes of map rows of such a commit.
const MAP_BYTES_MAX: u64 = 200 * PAGES_PROCESS_MAX;

fn check(bytes: u64, heavy: Burden) {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session_in(folder.path());
    burden(&mut session, heavy);
    fill(&mut session, bytes);
    session.commit_and_wait().unwrap();
    let receipt = one_set_car(&mut session);
    let label = format!("{bytes} bytes, {heavy:?}: {receipt:?}");
    assert!(u64::from(receipt.page_count) <= PAGES_RUST_MAX, "{label}");
    assert!(receipt.map_row_bytes <= MAP_BYTES_MAX, "{label}");
    let (pages, _, _) = process_set_car(&mut session);
    assert!(pages <= PAGES_PROCESS_MAX, "{bytes} bytes, {heavy:?}: {pages} pages from a process");
}

#[test]
fn a_change_costs_the_same_in_heaps_of_every_size() {
    check(1 << 20, Burden::None);
    check(64 << 20, Burden::None);
}

#[test]
fn an_unchanged_deep_recursion_costs_nothing() {
    check(1 << 20, Burden::Recursion(1_000_000));
}

#[test]
fn parked_processes_cost_nothing() {
    check(1 << 20, Burden::Processes(100_000));
}

#[test]
fn a_large_table_costs_nothing() {
    check(1 << 20, Burden::Table(1_000_000));
}
