//! What the expander does with finished parts: takes them from the value stack and pushes their
//! parent.

use super::quasi::TemplateList;
use super::{Expander, FALSE, UNSPECIFIED};
use crate::core::{Literal, NO_NAME, NameId, Node, NodeId, NodeList, VariableId, VariableList};
use crate::datum::DatumId;
use crate::diagnostic::ByteSpan;
use pscheme_vm::op::Op;

/// What a use of `case-lambda` calls (`derived.scm`).
const CASE_LAMBDA: &str = "%case-lambda";

/// How a clause of `case` ends.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ClauseEnd {
    /// With the value of its last expression.
    Value,
    /// With a procedure that is called with the key (`=>`).
    Receiver,
}

/// A parent to build. The comment names the parts on the value stack, the top one last.
#[derive(Clone)]
pub(super) enum Build {
    /// Nothing.
    Literal(Literal),
    /// The expressions; none give an unspecified value.
    Sequence(usize),
    /// Test, consequent, alternative.
    If,
    /// Test, body.
    When { negated: bool },
    /// Left, right.
    And,
    /// Left, right.
    Or,
    /// Procedure, arguments.
    Call(usize),
    /// Value.
    SetLocal(VariableId),
    /// Value.
    SetGlobal(NameId),
    /// Value.
    DefineGlobal(NameId),
    /// Body.
    Lambda { variables: Vec<VariableId>, rest: bool },
    /// Values, body.
    Let(Vec<VariableId>),
    /// Values, body.
    Letrec(Vec<VariableId>),
    /// Values, body.
    NamedLet { name: VariableId, variables: Vec<VariableId> },
    /// Initial values, test, result, commands, steps.
    Do { variables: Vec<VariableId>, commands: usize },
    /// Test, receiver, alternative.
    CondArrow,
    /// Body, alternative.
    CaseClause { variable: VariableId, data: Vec<DatumId>, end: ClauseEnd },
    /// Body.
    CaseElse { variable: VariableId, end: ClauseEnd },
    /// Parts on the template stack.
    TemplateList(TemplateList),
    /// An expression, which becomes a template part.
    TemplateComputed,
    /// Nothing; pushes the end of a vector's elements.
    TemplateEnd,
    /// A template part, which becomes an expression.
    TemplateValue,
}

impl Expander<'_, '_> {
    fn pop(&mut self) -> NodeId {
        self.form.values.pop().expect("the parts are finished before their parent")
    }

    fn pop_many(&mut self, count: usize) -> Vec<NodeId> {
        self.form.values.split_off(self.form.values.len() - count)
    }

    pub(super) fn build(&mut self, build: Build, span: ByteSpan) {
        match build {
            Build::Literal(literal) => self.add(Node::Literal(literal), span),
            Build::Sequence(0) => self.add(Node::Literal(UNSPECIFIED), span),
            Build::Sequence(1) => {}
            Build::Sequence(count) => {
                let parts = self.pop_many(count);
                let parts = self.form.core.add_nodes(&parts);
                self.add(Node::Sequence(parts), span);
            }
            Build::If | Build::When { .. } | Build::And | Build::Or => {
                self.build_conditional(&build, span);
            }
            Build::Call(count) => {
                let arguments = self.pop_many(count);
                let procedure = self.pop();
                self.add_call(procedure, &arguments, span);
            }
            Build::SetLocal(variable) => {
                let value = self.pop();
                self.add(Node::SetLocal { variable, value }, span);
            }
            Build::SetGlobal(name) => {
                let value = self.pop();
                self.add(Node::SetGlobal { name, value }, span);
            }
            Build::DefineGlobal(name) => {
                let value = self.pop();
                self.name_value(value, name);
                self.add(Node::DefineGlobal { name, value }, span);
            }
            Build::Lambda { variables, rest } => {
                let body = self.pop();
                let parameters = self.form.core.add_variables(&variables);
                self.add(Node::Lambda { parameters, rest, name: NO_NAME, body }, span);
            }
            Build::Let(variables) => {
                let (body, values, variables) = self.pop_bindings(&variables);
                self.add(Node::Let { variables, values, body }, span);
            }
            Build::Letrec(variables) => {
                let (body, values, variables) = self.pop_bindings(&variables);
                self.add(Node::Letrec { variables, values, body }, span);
            }
            Build::NamedLet { name, variables } => {
                let body = self.pop();
                self.build_loop(name, &variables, body, span);
            }
            Build::Do { variables, commands } => self.build_do(&variables, commands, span),
            Build::CondArrow => self.build_cond_arrow(span),
            Build::CaseClause { variable, data, end } => {
                self.build_case_clause(variable, &data, end, span);
            }
            Build::CaseElse { variable, end } => {
                let body = self.pop();
                let body = self.end_case_clause(variable, body, end, span);
                self.form.values.push(body);
            }
            Build::TemplateList(list) => self.build_template_list(&list, span),
            Build::TemplateComputed => self.build_template_computed(),
            Build::TemplateEnd => self.build_template_end(),
            Build::TemplateValue => self.build_template_value(span),
        }
    }

    /// A form whose parts are a test and one or two branches.
    fn build_conditional(&mut self, build: &Build, span: ByteSpan) {
        match build {
            Build::If => {
                let (alternative, consequent, test) = (self.pop(), self.pop(), self.pop());
                self.add(Node::If { test, consequent, alternative }, span);
            }
            Build::When { negated } => {
                let (body, test) = (self.pop(), self.pop());
                let nothing = self.form.core.literal(UNSPECIFIED, span);
                let (consequent, alternative) =
                    if *negated { (nothing, body) } else { (body, nothing) };
                self.add(Node::If { test, consequent, alternative }, span);
            }
            Build::And => {
                let (consequent, test) = (self.pop(), self.pop());
                let alternative = self.form.core.literal(FALSE, span);
                self.add(Node::If { test, consequent, alternative }, span);
            }
            Build::Or => {
                let (right, left) = (self.pop(), self.pop());
                self.add(Node::Or { left, right }, span);
            }
            _ => unreachable!("only conditionals come here"),
        }
    }

    fn add_call(&mut self, procedure: NodeId, arguments: &[NodeId], span: ByteSpan) {
        let arguments = self.form.core.add_nodes(arguments);
        self.add(Node::Call { procedure, arguments }, span);
    }

    /// Names the procedure that a value is, also one inside a `let` and the clauses of a
    /// `case-lambda`.
    fn name_value(&mut self, mut value: NodeId, name: NameId) {
        while let Node::Let { body, .. } | Node::Letrec { body, .. } = self.form.core.node(value) {
            value = body;
        }
        if let Node::Call { procedure, arguments } = self.form.core.node(value)
            && let Node::Global(callee) = self.form.core.node(procedure)
            && self.shared.names.get(callee) == CASE_LAMBDA
        {
            for clause in self.form.core.nodes(arguments).to_vec() {
                self.form.core.name_lambda(clause, name);
            }
        }
        self.form.core.name_lambda(value, name);
    }

    /// The body on top of the values of these variables; names the lambdas among the values.
    fn pop_bindings(&mut self, variables: &[VariableId]) -> (NodeId, NodeList, VariableList) {
        let body = self.pop();
        let values = self.pop_many(variables.len());
        for (variable, value) in variables.iter().zip(&values) {
            let name = self.form.core.variable(*variable).name;
            self.name_value(*value, name);
        }
        (body, self.form.core.add_nodes(&values), self.form.core.add_variables(variables))
    }

    /// `((letrec ((name (lambda (variables) body))) name) values …)`, the values on the stack.
    fn build_loop(
        &mut self,
        name: VariableId,
        variables: &[VariableId],
        body: NodeId,
        span: ByteSpan,
    ) {
        let initial = self.pop_many(variables.len());
        let parameters = self.form.core.add_variables(variables);
        let loop_name = self.form.core.variable(name).name;
        let lambda = self
            .form
            .core
            .add(Node::Lambda { parameters, rest: false, name: loop_name, body }, span);
        let procedure = self.form.core.add(Node::Local(name), span);
        let arguments = self.form.core.add_nodes(&initial);
        let entry = self.form.core.add(Node::Call { procedure, arguments }, span);
        let values = self.form.core.add_nodes(&[lambda]);
        let variables = self.form.core.add_variables(&[name]);
        self.add(Node::Letrec { variables, values, body: entry }, span);
    }

    fn build_do(&mut self, variables: &[VariableId], commands: usize, span: ByteSpan) {
        let steps = self.pop_many(variables.len());
        let mut commands = self.pop_many(commands);
        let (result, test) = (self.pop(), self.pop());
        let name = self.hidden_variable();
        let procedure = self.form.core.add(Node::Local(name), span);
        let arguments = self.form.core.add_nodes(&steps);
        let mut again = self.form.core.add(Node::Call { procedure, arguments }, span);
        if !commands.is_empty() {
            commands.push(again);
            let parts = self.form.core.add_nodes(&commands);
            again = self.form.core.add(Node::Sequence(parts), span);
        }
        let body =
            self.form.core.add(Node::If { test, consequent: result, alternative: again }, span);
        self.build_loop(name, variables, body, span);
    }

    fn build_cond_arrow(&mut self, span: ByteSpan) {
        let (alternative, procedure, test) = (self.pop(), self.pop(), self.pop());
        let variable = self.hidden_variable();
        let tested = self.form.core.add(Node::Local(variable), span);
        let argument = self.form.core.add(Node::Local(variable), span);
        let arguments = self.form.core.add_nodes(&[argument]);
        let consequent = self.form.core.add(Node::Call { procedure, arguments }, span);
        let body = self.form.core.add(Node::If { test: tested, consequent, alternative }, span);
        let values = self.form.core.add_nodes(&[test]);
        let variables = self.form.core.add_variables(&[variable]);
        self.add(Node::Let { variables, values, body }, span);
    }

    fn build_case_clause(
        &mut self,
        variable: VariableId,
        data: &[DatumId],
        end: ClauseEnd,
        span: ByteSpan,
    ) {
        let (alternative, body) = (self.pop(), self.pop());
        let mut test = None;
        for datum in data.iter().rev() {
            let literal = self.quote(*datum);
            let key = self.form.core.add(Node::Local(variable), span);
            let constant = self.form.core.literal(literal, self.shared.arena.span(*datum));
            let same = if literal.is_identified_by_word() {
                self.form.core.operate(Op::Eq, &[key, constant], span)
            } else {
                let name = self.shared.names.intern_standard("%eqv?");
                let procedure = self.form.core.add(Node::Global(name), span);
                let arguments = self.form.core.add_nodes(&[key, constant]);
                self.form.core.add(Node::Call { procedure, arguments }, span)
            };
            test = Some(match test {
                None => same,
                Some(right) => self.form.core.add(Node::Or { left: same, right }, span),
            });
        }
        let consequent = self.end_case_clause(variable, body, end, span);
        let test = test.unwrap_or_else(|| self.form.core.literal(FALSE, span));
        self.add(Node::If { test, consequent, alternative }, span);
    }

    fn end_case_clause(
        &mut self,
        variable: VariableId,
        body: NodeId,
        end: ClauseEnd,
        span: ByteSpan,
    ) -> NodeId {
        if end == ClauseEnd::Value {
            return body;
        }
        let key = self.form.core.add(Node::Local(variable), span);
        let arguments = self.form.core.add_nodes(&[key]);
        self.form.core.add(Node::Call { procedure: body, arguments }, span)
    }
}
