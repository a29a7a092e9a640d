//! Special forms that bind no variables.

use super::build::{Build, ClauseEnd};
use super::keyword::Keyword;
use super::library::Module;
use super::syntax::{Identifier, Syntax};
use super::{Expander, FALSE, Meaning, TRUE, Task, UNSPECIFIED};
use crate::core::{NameId, Node};
use crate::datum::DatumId;
use crate::diagnostic::ByteSpan;
use pscheme_heap::error_code::ErrorCode;

impl Expander<'_, '_> {
    pub(super) fn placeholder(&mut self, span: ByteSpan) {
        self.add(Node::Literal(UNSPECIFIED), span);
    }

    pub(super) fn special_form(
        &mut self,
        keyword: Keyword,
        name: &str,
        form: Syntax,
        span: ByteSpan,
    ) {
        match keyword {
            Keyword::Lambda => self.lambda(form, span),
            Keyword::Let | Keyword::LetStar | Keyword::Letrec => {
                self.let_form(keyword, name, form, span);
            }
            Keyword::Do => self.do_form(form, span),
            Keyword::LetSyntax => self.let_syntax(false, form, span),
            Keyword::LetrecSyntax => self.let_syntax(true, form, span),
            Keyword::Define
            | Keyword::DefineSyntax
            | Keyword::DefineRecordType
            | Keyword::BeginForSyntax => {
                let message = "a definition stands at top level or in a body, not here".into();
                self.fail(ErrorCode::MisplacedDefinition, span, message);
            }
            Keyword::Unquote | Keyword::UnquoteSplicing => {
                let message = format!("`{name}` outside `quasiquote`");
                self.fail(ErrorCode::BadForm, span, message);
            }
            Keyword::Else | Keyword::Arrow => {
                let message = format!("`{name}` stands in `cond` and `case` only");
                self.fail(ErrorCode::BadForm, span, message);
            }
            Keyword::Import | Keyword::DefineLibrary => {
                let message = format!("`{name}` stands at the beginning of a program only");
                self.fail(ErrorCode::BadForm, span, message);
            }
            Keyword::SyntaxRules | Keyword::Ellipsis | Keyword::Underscore => {
                let message = format!("`{name}` stands in definitions of macros only");
                self.fail(ErrorCode::BadForm, span, message);
            }
            Keyword::Unsyntax | Keyword::UnsyntaxSplicing => {
                let message = format!("`{name}` outside `quasisyntax`");
                self.fail(ErrorCode::BadForm, span, message);
            }
            _ => match self.proper_list(form) {
                Some(parts) => self.list_form(keyword, name, &parts, span),
                None => self.fail_shape(name, span, format!("`{name}` is not a proper list")),
            },
        }
    }

    fn list_form(&mut self, keyword: Keyword, name: &str, parts: &[Syntax], span: ByteSpan) {
        match (keyword, &parts[1..]) {
            (Keyword::Quote, [datum]) => {
                let literal = self.quote(datum.datum);
                self.add(Node::Literal(literal), span);
            }
            (Keyword::SyntaxCase, _) => self.syntax_case(parts, span),
            (Keyword::SyntaxClauses, _) => self.syntax_clauses(parts, span),
            (Keyword::PatternLambda, _) => self.pattern_lambda(parts, span),
            (Keyword::QuoteSyntax, [datum]) => self.quote_syntax(*datum, span),
            (Keyword::Syntax, [template]) => self.syntax_template(*template, span),
            (Keyword::Quasisyntax, [template]) => self.quasisyntax(*template, span),
            (Keyword::Quasiquote, [template]) => self.schedule(vec![
                Task::Template(*template, 1),
                Task::Build(Build::TemplateValue, span),
            ]),
            (Keyword::If, [test, branches @ ..]) if (1..=2).contains(&branches.len()) => {
                let mut tasks = vec![Task::Expression(*test)];
                tasks.extend(branches.iter().map(|branch| Task::Expression(*branch)));
                if branches.len() == 1 {
                    tasks.push(Task::Build(Build::Literal(UNSPECIFIED), span));
                }
                tasks.push(Task::Build(Build::If, span));
                self.schedule(tasks);
            }
            (Keyword::Set, [target, value]) => self.assignment(*target, *value, span),
            (Keyword::Begin, [_, ..]) => self.sequence(&parts[1..], span),
            (Keyword::And, []) => self.add(Node::Literal(TRUE), span),
            (Keyword::Or, []) => self.add(Node::Literal(FALSE), span),
            (Keyword::And | Keyword::Or, expressions) => {
                let build = if keyword == Keyword::And { Build::And } else { Build::Or };
                let mut tasks: Vec<Task> =
                    expressions.iter().map(|part| Task::Expression(*part)).collect();
                tasks.extend((1..expressions.len()).map(|_| Task::Build(build.clone(), span)));
                self.schedule(tasks);
            }
            (Keyword::When | Keyword::Unless, [test, body @ ..]) if !body.is_empty() => {
                let mut tasks = vec![Task::Expression(*test)];
                tasks.extend(body.iter().map(|part| Task::Expression(*part)));
                tasks.push(Task::Build(Build::Sequence(body.len()), span));
                tasks.push(Task::Build(Build::When { negated: keyword == Keyword::Unless }, span));
                self.schedule(tasks);
            }
            (Keyword::SyntaxError, _) => self.syntax_error(parts, span),
            (Keyword::Cond, clauses) if !clauses.is_empty() => self.cond(clauses, span),
            (Keyword::Case, [key, clauses @ ..]) if !clauses.is_empty() => {
                self.case(*key, clauses, span);
            }
            (_, found) => {
                let parts = match found.len() {
                    1 => "1 part".into(),
                    count => format!("{count} parts"),
                };
                let message = format!("`{name}` does not have its shape, found {parts} in it");
                self.fail_shape(name, span, message);
            }
        }
    }

    fn sequence(&mut self, forms: &[Syntax], span: ByteSpan) {
        let mut tasks: Vec<Task> = forms.iter().map(|form| Task::Expression(*form)).collect();
        tasks.push(Task::Build(Build::Sequence(forms.len()), span));
        self.schedule(tasks);
    }

    fn assignment(&mut self, target: Syntax, value: Syntax, span: ByteSpan) {
        let Some(identifier) = self.shared.identifier(target) else {
            let message = "expected a variable's name in `set!`".into();
            let span = self.span(target);
            return self.fail_shape("set!", span, message);
        };
        let build = match self.shared.meaning(identifier) {
            Meaning::Local(variable) => {
                self.form.core.variable_mut(variable).assigned = true;
                Build::SetLocal(variable)
            }
            Meaning::Global(name) if self.is_imported(identifier, name) => {
                let message = format!(
                    "`{}` cannot be assigned here: it is imported",
                    self.name_of(identifier)
                );
                return self.fail(ErrorCode::ImportedAssigned, span, message);
            }
            Meaning::Global(name) => {
                self.shared.assigned_globals.insert(name);
                Build::SetGlobal(name)
            }
            Meaning::NotImported(_) | Meaning::OfAnotherTime(_) | Meaning::Pattern(..) => {
                return self.variable(identifier, target, span);
            }
            Meaning::Keyword(..) | Meaning::Macro(_) => {
                let name = self.name_of(identifier);
                let message = format!("`{name}` is a keyword and cannot be assigned");
                let span = self.span(target);
                return self.fail(ErrorCode::KeywordAsVariable, span, message);
            }
        };
        self.schedule(vec![Task::Expression(value), Task::Build(build, span)]);
    }

    /// Whether an identifier means a variable that the module being expanded imports.
    fn is_imported(&mut self, identifier: Identifier, name: NameId) -> bool {
        if self.shared.names.is_standard(name) {
            return true;
        }
        let hygiene = &self.shared.hygiene;
        let home = Identifier { symbol: identifier.symbol, scopes: hygiene.home };
        // What a macro of a library brings along is that library's own.
        let is_written_here = !matches!(hygiene.module, Module::Open)
            && hygiene.sets.is_subset(home.scopes, identifier.scopes);
        is_written_here
            && !hygiene.defined.contains(&home)
            && self.shared.find_exactly(home) == Some(Meaning::Global(name))
    }

    /// Whether a clause's body is `=> expression`.
    fn is_arrow(&mut self, body: &[Syntax]) -> bool {
        let first = body.first().and_then(|first| self.keyword_of(*first));
        matches!(first, Some((_, Keyword::Arrow)))
    }

    /// Whether the first datum of a clause is `else`.
    fn is_else(&mut self, datum: Syntax) -> bool {
        matches!(self.keyword_of(datum), Some((_, Keyword::Else)))
    }

    /// The parts of a clause, reported and `None` if it is no non-empty list.
    fn clause(&mut self, name: &str, clause: Syntax) -> Option<Vec<Syntax>> {
        let parts = self.proper_list(clause).filter(|parts| !parts.is_empty());
        if parts.is_none() {
            let message = format!("expected a clause of `{name}`");
            let span = self.span(clause);
            self.report_shape(name, span, message);
        }
        parts
    }

    /// Tasks for the clauses come first to last; the builds that join them come last to first.
    fn cond(&mut self, clauses: &[Syntax], span: ByteSpan) {
        let (mut tasks, mut builds) = (Vec::new(), Vec::new());
        let mut otherwise = vec![Task::Build(Build::Literal(UNSPECIFIED), span)];
        for (index, clause) in clauses.iter().enumerate() {
            let clause_span = self.span(*clause);
            let Some(parts) = self.clause("cond", *clause) else { continue };
            let body = &parts[1..];
            if self.is_else(parts[0]) {
                if index + 1 < clauses.len() || body.is_empty() {
                    let message = "the `else` clause has expressions and comes last".into();
                    self.report_shape("cond", clause_span, message);
                    continue;
                }
                otherwise = self.clause_body(body, clause_span);
                continue;
            }
            tasks.push(Task::Expression(parts[0]));
            if body.is_empty() {
                builds.push(Task::Build(Build::Or, clause_span));
            } else if self.is_arrow(body) {
                if body.len() != 2 {
                    let message = "expected one expression behind `=>`".into();
                    self.report_shape("cond", clause_span, message);
                    tasks.pop();
                    continue;
                }
                tasks.push(Task::Expression(body[1]));
                builds.push(Task::Build(Build::CondArrow, clause_span));
            } else {
                tasks.extend(self.clause_body(body, clause_span));
                builds.push(Task::Build(Build::If, clause_span));
            }
        }
        tasks.extend(otherwise);
        tasks.extend(builds.into_iter().rev());
        self.schedule(tasks);
    }

    fn clause_body(&self, body: &[Syntax], span: ByteSpan) -> Vec<Task> {
        let mut tasks: Vec<Task> = body.iter().map(|form| Task::Expression(*form)).collect();
        tasks.push(Task::Build(Build::Sequence(body.len()), span));
        tasks
    }

    fn case(&mut self, key: Syntax, clauses: &[Syntax], span: ByteSpan) {
        let variable = self.hidden_variable();
        let mut tasks = vec![Task::Expression(key)];
        let mut builds = Vec::new();
        let mut otherwise = vec![Task::Build(Build::Literal(UNSPECIFIED), span)];
        for (index, clause) in clauses.iter().enumerate() {
            let clause_span = self.span(*clause);
            let Some(parts) = self.clause("case", *clause) else { continue };
            let arrow = self.is_arrow(&parts[1..]);
            let body = if arrow { &parts[2..] } else { &parts[1..] };
            if body.is_empty() || arrow && body.len() != 1 {
                let message = "expected expressions behind the data of this clause".into();
                self.report_shape("case", clause_span, message);
                continue;
            }
            let end = if arrow { ClauseEnd::Receiver } else { ClauseEnd::Value };
            if self.is_else(parts[0]) {
                if index + 1 < clauses.len() {
                    let message = "the `else` clause comes last".into();
                    self.report_shape("case", clause_span, message);
                    continue;
                }
                otherwise = self.clause_body(body, clause_span);
                otherwise.push(Task::Build(Build::CaseElse { variable, end }, clause_span));
                continue;
            }
            let Some(data) = self.proper_list(parts[0]) else {
                let message = "expected a list of data in this clause".into();
                let span = self.span(parts[0]);
                self.report_shape("case", span, message);
                continue;
            };
            let data: Vec<DatumId> = data.into_iter().map(|datum| datum.datum).collect();
            tasks.extend(self.clause_body(body, clause_span));
            builds.push(Task::Build(Build::CaseClause { variable, data, end }, clause_span));
        }
        tasks.extend(otherwise);
        tasks.extend(builds.into_iter().rev());
        tasks.push(Task::Build(Build::Let(vec![variable]), span));
        self.schedule(tasks);
    }
}
