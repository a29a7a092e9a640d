//! `define-record-type` (R7RS 5.5), also as SRFI 131 has it: the constructor may be a name alone,
//! which takes all fields, or `#f`, and so may the predicate; a field may have no procedures.
//!
//! The form is checked here and handed to the macro `%define-record` of `derived.scm`, which has the
//! definitions.

use super::Expander;
use super::syntax::{Identifier, Syntax};
use crate::datum::{Datum, Number};
use crate::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;

const FORM: &str = "define-record-type";

/// The fields of a record type, in order.
#[derive(Default)]
struct Fields {
    names: Vec<Identifier>,
    syntax: Vec<Syntax>,
    /// Lists of a procedure's name and the index of its field.
    accessors: Vec<Syntax>,
    modifiers: Vec<Syntax>,
}

impl Expander<'_, '_> {
    /// The form as a use of `%define-record`; `None` after a report.
    pub(super) fn record_definitions(&mut self, form: Syntax) -> Option<Syntax> {
        let span = self.span(form);
        let parts = self.proper_list(form).filter(|parts| parts.len() >= 4);
        let Some([_, name, constructor, predicate, specifications @ ..]) = parts.as_deref() else {
            let message = "expected a name, a constructor and a predicate".into();
            self.report_shape(FORM, span, message);
            return None;
        };
        self.record_name(*name, "expected the record type's name")?;
        let mut fields = Fields::default();
        for specification in specifications {
            self.record_field(*specification, &mut fields)?;
        }
        let makers = self.record_constructor(*constructor, &fields)?;
        let predicates = if self.is_false(*predicate) {
            vec![]
        } else {
            self.record_name(*predicate, "expected the predicate's name or #f")?;
            vec![*predicate]
        };
        let shared = &mut *self.shared;
        let parts = [
            shared.system_name("%define-record", span),
            *name,
            shared.list_of(&fields.syntax, span),
            shared.list_of(&makers, span),
            shared.list_of(&predicates, span),
            shared.list_of(&fields.accessors, span),
            shared.list_of(&fields.modifiers, span),
        ];
        Some(shared.list_of(&parts, span))
    }

    fn is_false(&mut self, syntax: Syntax) -> bool {
        let datum = self.shared.open(syntax).datum;
        matches!(self.shared.arena.get(datum), Datum::Boolean(false))
    }

    /// The identifier that must stand there.
    fn record_name(&mut self, syntax: Syntax, expected: &str) -> Option<Identifier> {
        let name = self.shared.identifier(syntax);
        if name.is_none() {
            let span = self.span(syntax);
            self.report_shape(FORM, span, expected.into());
        }
        name
    }

    /// `(name accessor modifier)`, of which the last two may be missing, or the name alone.
    fn record_field(&mut self, specification: Syntax, fields: &mut Fields) -> Option<()> {
        let span = self.span(specification);
        let parts = match self.shared.identifier(specification) {
            Some(_) => vec![specification],
            None => self.proper_list(specification).unwrap_or_default(),
        };
        let (Some((first, procedures)), 1..=3) = (parts.split_first(), parts.len()) else {
            let message = "expected a field: (name accessor modifier)".into();
            self.report_shape(FORM, span, message);
            return None;
        };
        let name = self.record_name(*first, "expected a field's name")?;
        if fields.names.contains(&name) {
            let message = format!("the field `{}` appears twice", self.name_of(name));
            self.report(ErrorCode::DuplicateVariable, self.span(*first), message);
            return None;
        }
        for (procedure, list) in
            procedures.iter().zip([&mut fields.accessors, &mut fields.modifiers])
        {
            self.record_name(*procedure, "expected the name of a field's procedure")?;
            list.push(self.with_index(*procedure, fields.names.len(), span));
        }
        fields.names.push(name);
        fields.syntax.push(*first);
        Some(())
    }

    fn with_index(&mut self, procedure: Syntax, index: usize, span: ByteSpan) -> Syntax {
        let datum = self.shared.arena.number(Number::Fixnum(index as i64), span);
        let index = Syntax { datum, scopes: crate::scope::ScopeSetId::EMPTY };
        self.shared.list_of(&[procedure, index], span)
    }

    /// Nothing for `#f`, else a list of the constructor's name, its arguments, and the value of each
    /// field: the argument of its name, or `#f`.
    fn record_constructor(&mut self, constructor: Syntax, fields: &Fields) -> Option<Vec<Syntax>> {
        let span = self.span(constructor);
        if self.is_false(constructor) {
            return Some(vec![]);
        }
        let (name, arguments) = match self.shared.identifier(constructor) {
            Some(_) => (constructor, fields.syntax.clone()),
            None => match self.proper_list(constructor).as_deref() {
                Some([name, arguments @ ..]) => (*name, arguments.to_vec()),
                _ => {
                    let message = "expected a constructor: (name field ...), a name or #f".into();
                    self.report_shape(FORM, span, message);
                    return None;
                }
            },
        };
        self.record_name(name, "expected the constructor's name")?;
        let datum = self.shared.arena.boolean(false, span);
        let nothing = Syntax { datum, scopes: crate::scope::ScopeSetId::EMPTY };
        let mut values = vec![None; fields.names.len()];
        for argument in &arguments {
            let field = self.record_name(*argument, "expected a field's name")?;
            let argument_span = self.span(*argument);
            let Some(index) = fields.names.iter().position(|name| *name == field) else {
                let message = format!("the type has no field `{}`", self.name_of(field));
                self.report_shape(FORM, argument_span, message);
                return None;
            };
            if values[index].replace(*argument).is_some() {
                let message = format!("`{}` is bound twice here", self.name_of(field));
                self.report(ErrorCode::DuplicateVariable, argument_span, message);
                return None;
            }
        }
        let values: Vec<Syntax> =
            values.into_iter().map(|value| value.unwrap_or(nothing)).collect();
        let shared = &mut *self.shared;
        let parts = [name, shared.list_of(&arguments, span), shared.list_of(&values, span)];
        Some(vec![shared.list_of(&parts, span)])
    }
}
