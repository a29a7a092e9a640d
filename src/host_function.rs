//! Functions and effects of the host: Rust closures that programs call by name.
//!
//! A *function* is a leaf: it runs inside the call, may look at its arguments and returns a value or
//! an error, and cannot call back. An *effect* is for what reaches beyond the image: it is called
//! once the commit that contains the request is durable, with the request's identity, which stays the
//! same when it has to be done again. The image remembers name, number of arguments and version
//! of everything it was opened with, and is not opened again without them.

use std::sync::Arc;

use pscheme_compiler::datum::DatumArena;
use pscheme_compiler::datum_write::write_datum;
use pscheme_compiler::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::root_table::Root;
use pscheme_heap::word::Word;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::host_function::{HostCall, HostFunction, HostFunctionBody, HostFunctions};
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;

use crate::convert::{FromScheme, ToScheme};

/// Identity of a request to the host: the same when the request is repeated after a crash, and that of
/// no other request. 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub String);

/// A Rust function that programs can call: up to six arguments of types that
/// [`FromScheme`] knows, and a result that [`ToScheme`] knows.
pub trait IntoHostFunction<Arguments> {
    #[doc(hidden)]
    fn into_host_function(self, name: &str, version: u32) -> HostFunction;
}

macro_rules! host_functions {
    ($( ($($argument:ident $index:literal),*) )*) => { $(
        impl<F, R, $($argument),*> IntoHostFunction<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R + Send + Sync + 'static,
            R: ToScheme,
            $($argument: FromScheme,)*
        {
            #[allow(unused_variables, reason = "a function without arguments reads none")]
            fn into_host_function(self, name: &str, version: u32) -> HostFunction {
                let name = name.to_string();
                let arity: &[usize] = &[$($index),*];
                let body: Arc<HostFunctionBody> =
                    Arc::new(move |vm: &mut Vm, arguments: Arguments, first: usize| {
                        let result = self($(argument::<$argument>(
                            vm, arguments.get(first + $index), &name, $index,
                        )?),*);
                        result.to_word(vm)
                    });
                let arity = arity.len() as u8;
                HostFunction { call: HostCall::Inline, arity, version, body }
            }
        }
    )* };
}

host_functions! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, G 5)
}

fn argument<T: FromScheme>(
    vm: &Vm,
    word: Word,
    name: &str,
    position: usize,
) -> Result<T, Interrupt> {
    T::from_word(vm, word).map_err(|error| {
        let place = pscheme_stdlib::argument_place(position);
        let (expected, found) = (error.expected, error.found);
        let message = format!("{name} expects {expected} as its {place} argument, found {found}");
        Fault::new(ErrorCode::WrongType, message).with_irritants(&[word]).into()
    })
}

/// An effect of a host, made from a function whose first argument is the [`RequestId`].
pub(crate) fn into_effect(function: HostFunction, idempotent: bool) -> HostFunction {
    let arity =
        function.arity.checked_sub(1).expect("an effect takes the request's identity first");
    HostFunction { call: HostCall::AfterCommit { idempotent }, arity, ..function }
}

/// What an image remembers of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Remembered {
    name: String,
    arity: i64,
    version: i64,
}

fn remembered(vm: &Vm) -> Vec<Remembered> {
    let heap = &vm.heap;
    let mut rest = heap.root(Root::HostFunctions);
    let mut found = Vec::new();
    while rest.is_pair() {
        let row = heap.car(rest);
        rest = heap.cdr(rest);
        let is_row = heap.kind_of(row) == Some(Kind::Vector) && heap.header(row).body_words() == 3;
        let field = |index| heap.field(row, index);
        if is_row
            && heap.kind_of(field(0)) == Some(Kind::Symbol)
            && field(1).is_fixnum()
            && field(2).is_fixnum()
        {
            let name = heap.symbol_name(field(0));
            let (arity, version) = (field(1).as_fixnum(), field(2).as_fixnum());
            found.push(Remembered { name, arity, version });
        }
    }
    found
}

/// What an image needs of a host that does not provide it, one line each; empty if nothing is missing.
pub(crate) fn missing(vm: &Vm, provided: &HostFunctions) -> Vec<String> {
    let row = |needed: Remembered| {
        let Remembered { name, arity, version } = needed;
        match provided.get(&name) {
            None => Some(format!("{name} with {arity} arguments, version {version}")),
            Some(found)
                if (i64::from(found.arity), i64::from(found.version)) != (arity, version) =>
            {
                let HostFunction { arity: found_arity, version: found_version, .. } = found;
                Some(format!(
                    "{name} with {arity} arguments, version {version} (the host has one with \
                     {found_arity}, version {found_version})"
                ))
            }
            Some(_) => None,
        }
    };
    remembered(vm).into_iter().filter_map(row).collect()
}

/// The library through which programs with imports reach what the host provides.
const LIBRARY: &str = "(pscheme host)";

/// Makes what the host provides known to programs: those that the image does not know yet get a
/// global variable, and all of them stand in the library `(pscheme host)`.
///
/// # Errors
/// A name that the image's programs use already, or what the compiler says.
pub(crate) fn bind(vm: &mut Vm, provided: &HostFunctions) -> Result<(), String> {
    vm.machine.host_functions.clone_from(provided);
    let known = remembered(vm);
    let is_new = |name: &String| !known.iter().any(|row| row.name == *name);
    let new: Vec<(&String, &HostFunction)> =
        provided.iter().filter(|(name, _)| is_new(name)).collect();
    if new.is_empty() {
        return Ok(());
    }
    for (name, _) in &new {
        let of_program =
            vm.heap.symbol_named(name).and_then(|name| vm.heap.find_program_cell(name));
        if of_program.is_some_and(|cell| vm.heap.field(cell, body::Cell::CONTENT) != Word::UNBOUND)
        {
            return Err(format!(
                "the image has a variable {name}, as the host's function is called"
            ));
        }
    }
    let text: String = new.iter().map(|(name, function)| definition(name, function)).collect();
    let thunk = pscheme_stdlib::compile_and_install(vm, "the host's functions", &text)
        .map_err(|error| error.to_string())?;
    vm.spawn(thunk, Word::FALSE).map_err(|_| "no room for the host's functions".to_string())?;
    for (name, function) in new {
        remember(vm, name, function);
    }
    let names: Vec<&str> = provided.keys().map(String::as_str).collect();
    pscheme_stdlib::define_library(vm, LIBRARY, &names);
    Ok(())
}

/// The definition of the procedure that calls a function of the host.
fn definition(name: &str, function: &HostFunction) -> String {
    let mut arena = DatumArena::default();
    let symbol = arena.intern(name);
    let name = arena.symbol(symbol, ByteSpan::default());
    let name = write_datum(&arena, name);
    let parameters: Vec<String> =
        (0..function.arity).map(|index| format!("argument-{}", index + 1)).collect();
    let parameters = parameters.join(" ");
    match function.call {
        HostCall::Inline => {
            format!("(define ({name} {parameters}) (%host-call '{name} {parameters}))\n")
        }
        HostCall::AfterCommit { .. } => {
            format!("(define ({name} {parameters}) (%host-effect '{name} (%list {parameters})))\n")
        }
    }
}

fn remember(vm: &mut Vm, name: &str, function: &HostFunction) {
    let symbol = vm.heap.intern(name, &mut vm.machine);
    let symbol = vm.heap.protect(symbol);
    vm.heap.ensure_room(64, &mut vm.machine);
    let row = vm.heap.object(Kind::Vector, 0, 3);
    vm.heap.initialise(row, 0, vm.heap.protected(symbol).0);
    vm.heap.initialise(row, 1, Word::fixnum(i64::from(function.arity)).0);
    vm.heap.initialise(row, 2, Word::fixnum(i64::from(function.version)).0);
    let others = vm.heap.root(Root::HostFunctions);
    let others = if others.is_pair() { others } else { Word::NULL };
    let list = vm.heap.pair(row, others);
    vm.heap.set_root(Root::HostFunctions, list);
    vm.heap.unprotect(symbol);
}
