//! x
mod disk;
mod support;
use disk::campaign::*;
use std::time::Instant;
#[test]
fn measure() {
    let t = Instant::now();
    let seed = support::seed();
    let n = std::env::var("PSCHEME_CRASH_STATES").map_or(1000, |x| x.parse().unwrap());
    let tally = Campaign::new(seed).run(&Aim::of(n));
    println!("{:?} {tally:#?}", t.elapsed());
}
