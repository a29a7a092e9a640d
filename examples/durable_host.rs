//! A host whose Scheme world survives it: kill this program at any moment and start it again.
//!
//! `cargo run --example durable_host -- FOLDER` counts to a hundred, a step every 20 ms, and reports
//! the end to the host; a second run of the command goes on where the first was killed.

use pscheme::{Budget, Error, OpenOptions, RequestId, Stop};

const JOB: &str = "
    (define (job step sum)
      (if (> step 100)
          (begin (report sum) (exit 0))
          (begin (progress step) (sleep 0.02) (job (+ step 1) (+ sum step)))))
    (job 1 0)";

fn main() -> Result<(), Error> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "durable_host.image".into());
    let mut image = OpenOptions::new()
        .host_function("progress", |step: i64| println!("step {step}"))
        .host_effect("report", true, |id: RequestId, sum: i64| {
            println!("sum {sum}, request {}", id.0)
        })
        .open(folder)?;
    if image.global("job").is_none() {
        image.spawn(JOB)?;
        image.commit()?;
    }
    match image.run(Budget::TO_THE_END)? {
        Stop::Exited(status) => println!("the job ended with status {status}"),
        stop => println!("nothing left to do: {stop:?}"),
    }
    image.close()
}
