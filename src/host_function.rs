//! Functions of the host: Rust closures that programs call by name.
//!
//! A function is a leaf: it runs inside the call, may look at its arguments and returns a value or an
//! error, and cannot call back. The image remembers name, number of arguments and version of
//! every function it was opened with, and is not opened again without them.

use std::sync::Arc;

use pscheme_heap::error_code::ErrorCode;
use pscheme_heap::word::Word;
use pscheme_vm::fault::{Fault, Interrupt};
use pscheme_vm::host_function::{HostFunction, HostFunctionBody};
use pscheme_vm::machine::Vm;
use pscheme_vm::primitive::Arguments;
use pscheme_vm::primitives;

use crate::convert::{FromScheme, ToScheme};

primitives! { HOST_PRIMITIVES:
    /// `(%host-call name argument …)`: calls a function of the host.
    750 "%host-call" (1..) listed("what the host's function does") => host_call;
}

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
                HostFunction { arity: arity.len() as u8, version, body }
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

fn host_call(vm: &mut Vm, arguments: Arguments) -> Result<Word, Interrupt> {
    let name = pscheme_stdlib::argument_name(&vm.heap, arguments.get(0));
    let Some(function) = vm.machine.host_functions.get(&name).cloned() else {
        let message = format!("the host provides no function {name}");
        return Err(Fault::new(ErrorCode::HostFailed, message).into());
    };
    let count = arguments.count() - 1;
    if count != usize::from(function.arity) {
        let expected = function.arity;
        let message = format!("{name} takes {expected} arguments, found {count}");
        return Err(Fault::new(ErrorCode::WrongArgumentCount, message).into());
    }
    (function.body)(vm, arguments, 1)
}
