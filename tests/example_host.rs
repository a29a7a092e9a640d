//! The example of a host is killed again and again, and its job ends as if nothing had happened.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time a run of the host may take to show that it goes on.
const PATIENCE: Duration = Duration::from_secs(60);

/// The example, which `cargo test` builds beside the tests.
fn host() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().and_then(|deps| deps.parent()).unwrap().join("examples/durable_host");
    assert!(path.is_file(), "{} is built with the tests", path.display());
    path
}

fn steps(text: &str) -> Vec<u32> {
    text.lines().filter_map(|line| line.strip_prefix("step ")?.parse().ok()).collect()
}

/// Runs the host until it has shown `count` steps, and kills it; what it showed.
fn killed_after(image: &std::path::Path, count: usize) -> Vec<u32> {
    let output = image.with_extension("out");
    let file = std::fs::File::create(&output).unwrap();
    let mut child = Command::new(host()).arg(image).stdout(Stdio::from(file)).spawn().unwrap();
    let begin = Instant::now();
    let shown = || steps(&std::fs::read_to_string(&output).unwrap());
    while shown().len() < count {
        assert!(begin.elapsed() < PATIENCE, "the host shows {:?}", shown());
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    shown()
}

#[test]
fn a_killed_host_goes_on_with_its_job() {
    let source = include_str!("../examples/durable_host.rs");
    assert!(source.lines().count() <= 40, "the example is short");
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    let mut next = 1;
    for count in [3, 20, 11] {
        let shown = killed_after(&image, count);
        let first = shown[0];
        assert!(first <= next, "no step is left out: {next} was to come, {shown:?}");
        assert!(first + 10 >= next, "it goes on where it was killed: {next}, {shown:?}");
        assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "{shown:?}");
        next = shown.last().unwrap() + 1;
    }
    let output = Command::new(host()).arg(&image).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("sum 5050, request "), "{text}");
    assert!(text.ends_with("the job ended with status 0\n"), "{text}");
    let output = Command::new(host()).arg(&image).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "nothing left to do: Idle { until: None }\n");
}
