//! Macros whose transformers are procedures of the program: what they are given and what they give
//! back, as plain data. The machine calls them; here nothing does.
//!
//! A transformer gets a form whose identifiers carry all their scopes and one more, that of the use.
//! From what it makes of the form the scope is taken again, and what has not got it, because the
//! transformer brought it in, is given it (Flatt, "Binding as Sets of Scopes", POPL 2016, 3.2). A symbol
//! without scopes means what it would mean where the macro is used, for transformers that rename
//! explicitly, and is an error otherwise.

use super::Expansion;
use super::stage::Request;
use super::syntax::{Identifier, Syntax, View};
use crate::datum::{Datum, DatumArena, DatumId, QuotedData, SymbolId};
use crate::diagnostic::{ByteSpan, Diagnostic};
use crate::limits::DATA_MAX;
use crate::scope::{Scope, ScopeSetId};
use pscheme_heap::error_code::ErrorCode;
use std::collections::HashMap;

/// A use of a macro for its transformer.
pub struct Use {
    /// The name of the macro.
    pub name: String,
    /// The transformer, by its number among the objects of the expansion.
    pub transformer: u32,
    /// The form, which is the only root, and the sets of scopes that its identifiers have.
    pub data: QuotedData,
    /// The scopes the macro was written in, ascending.
    pub definition_scopes: Vec<u32>,
    /// The scopes of the place it is used at, and of the use.
    pub use_scopes: Vec<u32>,
    /// Where it is used.
    pub span: ByteSpan,
}

/// What the machine answers.
pub enum Answer<'answer> {
    /// A value, by its number among the objects of the expansion.
    Value(u32),
    /// The form that a transformer made.
    Form(MadeForm<'answer>),
}

/// A form that a transformer made.
pub struct MadeForm<'answer> {
    pub data: &'answer QuotedData,
    pub form: DatumId,
    /// The number among the objects of the expansion of the first of the data's.
    pub first_object: u32,
    /// Whether symbols may stand in it without scopes.
    pub renames: bool,
    /// The pair of the form given to the transformer that a pair of the data is: how many pairs the
    /// form's data have before it.
    pub given_pair: &'answer dyn Fn(DatumId) -> Option<usize>,
}

/// What a use stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Form,
    /// A macro's transformer.
    Transformer,
}

/// A use of a macro that the machine was asked for.
pub(super) struct Waiting {
    name: String,
    place: Place,
    span: ByteSpan,
    /// The scope of the use.
    scope: Scope,
    /// The scopes of the form, without it.
    scopes: ScopeSetId,
    /// Where the pairs of the form stand in the text.
    pairs: Vec<ByteSpan>,
}

impl Waiting {
    pub(super) fn new(name: String, place: Place, span: ByteSpan, scopes: ScopeSetId) -> Waiting {
        Waiting { name, place, span, scope: crate::scope::SYSTEM, scopes, pairs: Vec::new() }
    }
}

/// An answer that nobody has taken yet.
pub(super) enum Given {
    /// It will be of no interest.
    Awaited,
    /// `None` if the machine was not asked, because of an error.
    Value(Option<u32>),
    /// `None` also if it was no form, which has been reported.
    Form(Place, Option<Syntax>),
}

impl Expansion<'_> {
    /// Asks the machine for the form that a transformer makes of a use; `false` after a report.
    pub(super) fn transform(
        &mut self,
        mut asked: Waiting,
        transformer: u32,
        definition_scopes: ScopeSetId,
        form: Syntax,
    ) -> bool {
        asked.scopes = self.open(form).scopes;
        asked.scope = self.hygiene.sets.fresh();
        let form = self.within(form, asked.scope);
        let use_scopes = self.open(form).scopes;
        let Some((mut data, root)) = self.opened(form, asked.span) else { return false };
        data.add_root(root);
        let is_pair = |id: &DatumId| {
            data.arena.scoped(*id).is_none() && matches!(data.arena.get(*id), Datum::Pair(..))
        };
        asked.pairs = data.arena.ids().filter(is_pair).map(|id| data.arena.span(id)).collect();
        let sets = &self.hygiene.sets;
        self.ask(Request::Transform(Box::new(Use {
            name: asked.name.clone(),
            transformer,
            data,
            definition_scopes: sets.list(definition_scopes),
            use_scopes: sets.list(use_scopes),
            span: asked.span,
        })));
        self.progress.waiting = Some(asked);
        true
    }

    /// A copy of a form in which scopes stand around names only, but around all of them; `None` after a report.
    pub(super) fn opened(&mut self, form: Syntax, span: ByteSpan) -> Option<(QuotedData, DatumId)> {
        let mut data = QuotedData::default();
        let mut sets: HashMap<ScopeSetId, ScopeSetId> = HashMap::new();
        let mut work = vec![Opening::Visit(form)];
        let mut done: Vec<DatumId> = Vec::new();
        while let Some(step) = work.pop() {
            if data.arena.len() > DATA_MAX {
                let message = format!("a macro's use has more than {DATA_MAX} parts");
                return self.report_at(ErrorCode::CompilerLimit, span, message);
            }
            let syntax = match step {
                Opening::Visit(syntax) => syntax,
                Opening::Pair(span) => {
                    let (tail, head) = (done.pop()?, done.pop()?);
                    done.push(data.arena.pair(head, tail, span));
                    continue;
                }
                Opening::Vector(count, span) => {
                    let elements = done.split_off(done.len() - count);
                    done.push(data.arena.vector(&elements, span));
                    continue;
                }
            };
            let place = self.span(syntax);
            match self.view(syntax) {
                View::Identifier(Identifier { symbol, scopes }) => {
                    let name = self.arena.symbol_name(symbol);
                    let symbol = data.arena.intern(name);
                    let symbol = data.arena.symbol(symbol, place);
                    let listed = &self.hygiene.sets;
                    let set =
                        *sets.entry(scopes).or_insert_with(|| data.add_scopes(listed.list(scopes)));
                    done.push(data.arena.syntax(symbol, set));
                }
                View::Pair(head, tail) => {
                    work.extend([Opening::Pair(place), Opening::Visit(tail), Opening::Visit(head)])
                }
                View::Vector(elements) => {
                    work.push(Opening::Vector(elements.len(), place));
                    work.extend(elements.into_iter().rev().map(Opening::Visit));
                }
                View::Null => done.push(data.arena.null(place)),
                View::Atom => {
                    let atom = self.open(syntax).datum;
                    if matches!(self.arena.get(atom), Datum::Cycle(_)) {
                        let message = "a form that contains itself is no use of a macro".into();
                        return self.report_at(ErrorCode::BadForm, span, message);
                    }
                    done.push(data.arena.copy(self.arena, atom));
                }
            }
        }
        Some((data, done.pop()?))
    }

    /// Takes in what the machine answers.
    pub fn answer(&mut self, answer: Answer<'_>) {
        let is_awaited = matches!(self.progress.given.take(), Some(Given::Awaited));
        self.progress.given = match answer {
            Answer::Value(_) if is_awaited => None,
            Answer::Value(object) => Some(Given::Value(Some(object))),
            Answer::Form(made) => {
                let asked = self.progress.waiting.take().expect("a use was asked for");
                let place = asked.place;
                Some(Given::Form(place, self.made_form(&asked, &made)))
            }
        };
    }

    /// Takes back what the machine was to be asked for.
    pub(super) fn refuse(&mut self) {
        self.progress.given = match (self.progress.given.take(), self.progress.waiting.take()) {
            (Some(Given::Awaited), _) => None,
            (_, Some(asked)) => Some(Given::Form(asked.place, None)),
            _ => Some(Given::Value(None)),
        };
    }

    /// What a transformer made, as syntax; `None` after a report.
    fn made_form(&mut self, asked: &Waiting, made: &MadeForm<'_>) -> Option<Syntax> {
        let source = &made.data.arena;
        let reached = source.reached_from(made.form);
        if reached.len() > DATA_MAX {
            let message = format!("`{}` made a form of more than {DATA_MAX} parts", asked.name);
            return self.report_at(ErrorCode::CompilerLimit, asked.span, message);
        }
        let mut copies: HashMap<DatumId, DatumId> = HashMap::with_capacity(reached.len());
        for id in reached {
            let copy = match source.scoped(id) {
                Some((inner, set)) => {
                    let scopes = self.hygiene.sets.of(made.data.scopes(set));
                    match symbol_within(source, inner) {
                        Some(symbol) => {
                            let symbol = self.arena.intern(source.symbol_name(symbol));
                            let datum = self.arena.symbol(symbol, asked.span);
                            let scopes = self.hygiene.sets.flipped(scopes, asked.scope);
                            self.arena.with_scopes(datum, scopes)
                        }
                        None => self.arena.with_scopes(copies[&inner], scopes),
                    }
                }
                None => self.made_part(asked, made, id, &copies)?,
            };
            copies.insert(id, copy);
        }
        let datum = copies[&made.form];
        if symbol_within(source, made.form).is_some() && !made.renames {
            return self.refuse_symbol(asked, source, made.form);
        }
        Some(Syntax { datum, scopes: ScopeSetId::EMPTY })
    }

    /// A part of a form that has no scopes of its own; `None` after a report.
    fn made_part(
        &mut self,
        asked: &Waiting,
        made: &MadeForm<'_>,
        id: DatumId,
        copies: &HashMap<DatumId, DatumId>,
    ) -> Option<DatumId> {
        let source = &made.data.arena;
        let span = asked.span;
        Some(match source.get(id) {
            Datum::Symbol(symbol) => {
                let symbol = self.arena.intern(source.symbol_name(symbol));
                let datum = self.arena.symbol(symbol, span);
                self.arena.with_scopes(datum, asked.scopes)
            }
            Datum::Pair(head, tail) => {
                self.refuse_symbols(asked, made, &[head, tail])?;
                let given = (made.given_pair)(id).and_then(|index| asked.pairs.get(index));
                self.arena.pair(copies[&head], copies[&tail], given.copied().unwrap_or(span))
            }
            Datum::Vector(elements) => {
                self.refuse_symbols(asked, made, elements)?;
                let elements: Vec<DatumId> = elements.iter().map(|part| copies[part]).collect();
                self.arena.vector(&elements, span)
            }
            Datum::Object(number) => self.arena.object(made.first_object + number, span),
            Datum::Cycle(_) => {
                let message = format!("`{}` made a form that contains itself", asked.name);
                return self.report_at(ErrorCode::BadForm, span, message);
            }
            _ => self.arena.copy_again(source, id, span),
        })
    }

    /// Refuses symbols without scopes among parts of a form, where they have no meaning.
    fn refuse_symbols(
        &mut self,
        asked: &Waiting,
        made: &MadeForm<'_>,
        parts: &[DatumId],
    ) -> Option<()> {
        let source = &made.data.arena;
        let is_symbol = |part: &&DatumId| symbol_within(source, **part).is_some();
        match parts.iter().find(is_symbol) {
            Some(part) if !made.renames => self.refuse_symbol(asked, source, *part),
            _ => Some(()),
        }
    }

    fn refuse_symbol<T>(
        &mut self,
        asked: &Waiting,
        source: &DatumArena,
        part: DatumId,
    ) -> Option<T> {
        let Datum::Symbol(symbol) = source.get(part) else { unreachable!("it is a symbol") };
        let (macro_name, name) = (&asked.name, source.symbol_name(symbol));
        let message = format!("`{macro_name}` made a form with the symbol `{name}` in it");
        let found = Diagnostic::new(ErrorCode::BadForm, asked.span, message)
            .with_note("help: names in forms are made by (syntax …) or (datum->syntax …)");
        self.diagnostics.push(found);
        None
    }

    /// The form that was asked for at such a place, if the answer has come.
    pub(super) fn take_form(&mut self, at: Place) -> Option<Option<Syntax>> {
        match self.progress.given {
            Some(Given::Form(place, form)) if place == at => {
                self.progress.given = None;
                Some(form)
            }
            _ => None,
        }
    }

    /// The value that was asked for, if the answer has come.
    pub(super) fn take_value(&mut self) -> Option<Option<u32>> {
        let Some(Given::Value(object)) = self.progress.given else { return None };
        self.progress.given = None;
        Some(object)
    }

    /// `(begin-for-syntax form …)`: the forms run before what follows is expanded.
    pub(super) fn begin_for_syntax(&mut self, form: Syntax) {
        match self.proper_list(form) {
            Some(forms) => self.push_for_syntax(forms[1..].to_vec()),
            None => {
                let message = "`begin-for-syntax` is not a proper list".into();
                let span = self.span(form);
                let _: Option<()> = self.report_at(ErrorCode::BadForm, span, message);
            }
        }
    }

    /// Whether two identifiers mean the same where the macro that is waiting is used
    /// (`free-identifier=?`). Scopes ascend; `None` stands for those of the place of the use.
    pub fn mean_the_same(&mut self, names: [(&str, Option<&[u32]>); 2]) -> bool {
        let around = self.progress.waiting.as_ref().map_or(ScopeSetId::EMPTY, |use_| use_.scopes);
        let [left, right] = names.map(|(name, scopes)| {
            let symbol = self.arena.intern(name);
            let scopes = match scopes {
                Some(scopes) => self.hygiene.sets.of(scopes),
                None => around,
            };
            self.meaning(Identifier { symbol, scopes })
        });
        left == right
    }
}

/// A step of opening a form.
enum Opening {
    Visit(Syntax),
    Pair(ByteSpan),
    Vector(usize, ByteSpan),
}

/// The symbol that a datum without scopes is.
fn symbol_within(arena: &DatumArena, id: DatumId) -> Option<SymbolId> {
    match (arena.scoped(id), arena.get(id)) {
        (None, Datum::Symbol(symbol)) => Some(symbol),
        _ => None,
    }
}
