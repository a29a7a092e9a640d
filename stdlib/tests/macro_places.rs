//! Where errors are shown in what macros of earlier programs made; and what an image, damaged or of an
//! earlier build, may hold in place of a macro's places.

mod support;

use pscheme_heap::kind::{Kind, body};
use pscheme_heap::word::Word;
use pscheme_stdlib::{LoadError, compile_and_install};
use pscheme_vm::code_info::source_of_instruction;
use pscheme_vm::engine::Engine;
use pscheme_vm::machine::CodeView;
use support::{Ending, Machine};

const DEFINITIONS: &str = "(define-syntax twice (syntax-rules () ((_ x) (* 2 x))))
(define-syntax broken
  (syntax-rules (=>)
    ((_ => x ...) (list \"ä\" #(x ...) (if)))))
(define-syntax define-broken
  (syntax-rules ()
    ((_ name)
     (define-syntax name (syntax-rules () ((_ x) (broken => x)))))))
";

fn machine(text: &str) -> Machine {
    let mut machine = Machine::new(Engine::fastest());
    machine.run(text);
    // What a later program finds has moved meanwhile.
    machine.vm.heap.collect_major(&mut machine.vm.machine);
    machine
}

/// What is wrong with a program.
fn error(machine: &mut Machine, text: &str) -> String {
    match compile_and_install(&mut machine.vm, "use.scm", text) {
        Err(LoadError::Compile(failure)) => failure.render(),
        other => panic!("{other:?}"),
    }
}

const AT_THE_USE: &str = "error[E0301]: `if` does not have its shape, found 0 parts in it
 --> use.scm:2:1
  |
2 | (broken => 1 2)
  | ^^^^^^^^^^^^^^^
  = help: the form is (if test consequent) or (if test consequent alternative)
";
const IN_THE_TEMPLATE: &str = "it stands in the template of `broken`
 --> test.scm:4:38
  |
4 |     ((_ => x ...) (list \"ä\" #(x ...) (if)))))
  |                                      ^^^^
";

#[test]
fn an_error_shows_the_template_of_an_earlier_program() {
    let mut machine = machine(DEFINITIONS);
    let found = error(&mut machine, "(twice 4)\n(broken => 1 2)");
    assert_eq!(found, format!("{AT_THE_USE}{IN_THE_TEMPLATE}"));
    assert_eq!(machine.run("(twice 4)"), Ending::Value("8".into()));
}

#[test]
fn templates_of_several_programs_are_shown_the_innermost_first() {
    let mut machine = machine(DEFINITIONS);
    machine.run("(define-syntax outer\n  (syntax-rules () ((_ x)\n    (broken => x))))");
    let found = error(&mut machine, "(define (f x)\n  (outer x))");
    let expected = format!(
        "error[E0301]: `if` does not have its shape, found 0 parts in it
 --> use.scm:2:3
  |
2 |   (outer x))
  |   ^^^^^^^^^
  = help: the form is (if test consequent) or (if test consequent alternative)
{IN_THE_TEMPLATE}it stands in the template of `outer`
 --> test.scm:3:5
  |
3 |     (broken => x))))
  |     ^^^^^^^^^^^^^
"
    );
    assert_eq!(found, expected);
}

#[test]
fn a_macro_that_a_macro_made_stands_where_that_was_used() {
    let mut machine = machine(DEFINITIONS);
    machine.run("(define-broken of-a-macro)");
    let found = error(&mut machine, "(of-a-macro 1)");
    let end = format!(
        "{IN_THE_TEMPLATE}it stands in the template of `of-a-macro`
 --> test.scm:1:1
  |
1 | (define-broken of-a-macro)
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^
"
    );
    assert!(found.ends_with(&end), "{found}");
}

#[test]
fn a_library_keeps_the_places_of_its_macros() {
    let library = "(define-library (rules)
  (export give) (import (scheme base))
  (begin (define-syntax give (syntax-rules () ((_ x) (if))))))";
    let mut machine = machine(library);
    let found = error(&mut machine, "(import (rules))\n(give 1)");
    assert!(found.contains(" --> use.scm:2:1\n"), "{found}");
    assert!(found.contains("in the template of `give`\n --> test.scm:3:54\n"), "{found}");
}

#[test]
fn data_that_a_program_makes_have_no_places() {
    let mut machine = machine(
        "(eval '(define-syntax made (syntax-rules () ((_ x) (if)))) (interaction-environment))",
    );
    assert!(machine.vm.heap.peek_kind(rules(&machine, "made")) != Some(Kind::Vector));
    let found = error(&mut machine, "(made 1)");
    assert!(found.contains(" --> use.scm:1:1\n") && !found.contains("template"), "{found}");
}

/// A compilation that waits for a transformer, and is made again from what is in the heap.
#[test]
fn a_compilation_that_waits_knows_the_places_of_earlier_programs() {
    let mut machine = machine(DEFINITIONS);
    let first = "(define-syntax first-of (syntax-rules () ((_ x) (car x))))
      (define-syntax same
        (er-macro-transformer (lambda (form rename compare) (cadr form))))";
    machine.run(first);
    let vm = &mut machine.vm;
    let text = "(define (f x) (first-of x))\n(list (twice 4) (same (twice 5)) (f '(6)))";
    let call = compile_and_install(vm, "use.scm", text).unwrap();
    assert_eq!(vm.heap.kind_of(call), Some(Kind::MultipleValues), "it waits");
    vm.machine.compilations = None;
    let place = vm.heap.protect(call);
    vm.heap.collect_major(&mut vm.machine);
    let call = vm.heap.protected(place);
    vm.heap.unprotect(place);
    assert_eq!(machine.run_call(call), Ending::Value("(8 10 6)".into()));
    let f = machine.vm.global("f").unwrap();
    let code = machine.vm.heap.field(f, body::Closure::CODE);
    let view = CodeView::of(&machine.vm.heap, code);
    let positions = (0..view.instructions)
        .filter_map(|index| source_of_instruction(&machine.vm.heap, code, index));
    let templates: Vec<String> = positions
        .flat_map(|position| position.templates)
        .map(|part| part.text[part.start as usize..part.end as usize].to_string())
        .collect();
    assert!(templates.contains(&"(car x)".to_string()), "{templates:?}");
}

/// The macro of this name at the top level.
fn stored_macro(machine: &Machine, name: &str) -> Word {
    let heap = &machine.vm.heap;
    let symbol = heap.symbol_named(name).unwrap();
    let binding = heap.bindings_of(symbol).next().unwrap();
    heap.field(binding, body::Binding::MEANING)
}

fn rules(machine: &Machine, name: &str) -> Word {
    machine.vm.heap.field(stored_macro(machine, name), body::Macro::RULES)
}

/// An image of an earlier build has the rules alone.
#[test]
fn rules_without_places_are_used_as_before() {
    let mut machine = machine(DEFINITIONS);
    for name in ["twice", "broken"] {
        let syntax = machine.vm.heap.field(rules(&machine, name), 0);
        let stored = stored_macro(&machine, name);
        machine.vm.heap.set_field(stored, body::Macro::RULES, syntax);
    }
    assert_eq!(error(&mut machine, "(twice 4)\n(broken => 1 2)"), AT_THE_USE);
    assert_eq!(machine.run("(twice 4)"), Ending::Value("8".into()));
}

#[test]
fn damaged_places_are_no_places() {
    let mut machine = machine(DEFINITIONS);
    let placed = rules(&machine, "broken");
    let heap = &mut machine.vm.heap;
    let [syntax, places, source] = [0, 1, 2].map(|index| heap.field(placed, index));
    let [name, text] = [0, 1].map(|index| heap.field(source, index));
    let damages = [
        (placed, 1, vec![Word::FALSE, Word::NULL, Word::fixnum(7), syntax, name, text, placed]),
        (placed, 2, vec![Word::FALSE, Word::fixnum(7), syntax, name, text, placed]),
        (source, 0, vec![Word::FALSE, text, source]),
        (source, 1, vec![Word::FALSE, name, source]),
    ];
    for (object, index, words) in damages {
        let whole = machine.vm.heap.field(object, index);
        for word in words {
            machine.vm.heap.set_field(object, index, word);
            let found = error(&mut machine, "(twice 4)\n(broken => 1 2)");
            assert_eq!(found, AT_THE_USE, "{word:?} in place {index}");
        }
        machine.vm.heap.set_field(object, index, whole);
    }
    // Places that are wrong are shown or not, but never behind the text.
    let length = machine.vm.heap.bytes(places).len();
    for index in 0..length {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let whole = std::mem::replace(&mut machine.vm.heap.bytes_mut(places)[index], byte);
            let found = error(&mut machine, "(twice 4)\n(broken => 1 2)");
            assert!(found.starts_with(AT_THE_USE), "{found}");
            machine.vm.heap.bytes_mut(places)[index] = whole;
        }
    }
    let found = error(&mut machine, "(twice 4)\n(broken => 1 2)");
    assert_eq!(found, format!("{AT_THE_USE}{IN_THE_TEMPLATE}"), "it is whole again");
}

#[test]
fn damaged_rules_fit_nothing() {
    let mut machine = machine(DEFINITIONS);
    machine.run("(define empty (vector))");
    let stored = stored_macro(&machine, "broken");
    let placed = rules(&machine, "broken");
    let syntax = machine.vm.heap.field(placed, 0);
    let places = machine.vm.heap.field(placed, 1);
    let empty = machine.vm.global("empty").unwrap();
    machine.vm.heap.ensure_room(body::Syntax::BYTES, &mut machine.vm.machine);
    let own_datum = machine.vm.heap.object(Kind::Syntax, 0, body::Syntax::FIELDS);
    machine.vm.heap.set_field(own_datum, body::Syntax::DATUM, own_datum);
    machine.vm.heap.set_field(own_datum, body::Syntax::SCOPES, Word::NULL);
    for word in [Word::FALSE, Word::NULL, Word::fixnum(7), placed, places, empty, own_datum] {
        machine.vm.heap.set_field(placed, 0, word);
        let found = error(&mut machine, "(broken => 1 2)");
        assert!(found.contains("no rule of the macro `broken` fits"), "{found}");
        machine.vm.heap.set_field(placed, 0, syntax);
        machine.vm.heap.set_field(stored, body::Macro::RULES, word);
        if word != placed {
            let found = error(&mut machine, "(broken => 1 2)");
            assert!(found.contains("no rule of the macro `broken` fits"), "{found}");
        }
    }
}
