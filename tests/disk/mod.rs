//! The disk under a whole product, for the tests of crashes.
//!
//! - `calls`: the C functions by which files are reached, defined by the test binary
//! - `recorder`: what they did, and failures planted into them
//! - `names`, `states`: from a record to the disks that a power cut could leave
//! - `workload`: the program that is run, and what must be true of an image that is opened again
//! - `campaign`: cuts the power all along records of the workload
//! - `planted`: faults that the campaign must notice
//! - `failures`: calls that fail

pub mod calls;
pub mod campaign;
pub mod failures;
pub mod names;
pub mod planted;
pub mod recorder;
pub mod states;
pub mod workload;
