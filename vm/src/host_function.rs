//! Procedures of the host that programs call: leaves like primitives, but bound by name when an
//! image is opened.

use std::collections::BTreeMap;
use std::sync::Arc;

use pscheme_heap::word::Word;

use crate::fault::Interrupt;
use crate::machine::Vm;
use crate::primitive::Arguments;

/// What runs a host function. The second argument is the index of the function's first argument.
pub type HostFunctionBody =
    dyn Fn(&mut Vm, Arguments, usize) -> Result<Word, Interrupt> + Send + Sync;

/// A function that a host provides.
#[derive(Clone)]
pub struct HostFunction {
    pub arity: u8,
    /// Changed by the host when callers of the old one must not meet the new one.
    pub version: u32,
    pub body: Arc<HostFunctionBody>,
}

impl std::fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostFunction")
            .field("arity", &self.arity)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The functions of a host, by name.
pub type HostFunctions = BTreeMap<String, HostFunction>;
