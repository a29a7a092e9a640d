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

/// When a host function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostCall {
    /// Inside the call, as a primitive is.
    Inline,
    /// Once the commit that holds the request is durable; the first argument is the request's identity.
    /// What was requested and not answered when the image was opened again is done again only if
    /// that does no harm (`idempotent`).
    AfterCommit { idempotent: bool },
}

/// A function that a host provides.
#[derive(Clone)]
pub struct HostFunction {
    pub call: HostCall,
    /// Arguments that a program gives.
    pub arity: u8,
    /// Changed by the host when callers of the old one must not meet the new one.
    pub version: u32,
    pub body: Arc<HostFunctionBody>,
}

impl std::fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostFunction")
            .field("call", &self.call)
            .field("arity", &self.arity)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The functions of a host, by name.
pub type HostFunctions = BTreeMap<String, HostFunction>;
