//! Puts compiled code into the heap: constants become words, return points get their masks, and
//! what results is verified before anything can run it.

use std::collections::HashMap;

use pscheme_heap::frame::ReturnPoint;
use pscheme_heap::heap::Protected;
use pscheme_heap::kind::{Kind, body};
use pscheme_heap::limits::LARGE_OBJECT_BYTES;
use pscheme_heap::word::Word;

use crate::code::{CodeUnit, Constant, Span, TemplatePart};
use crate::code_info;
use crate::liveness::analyse;
use crate::machine::Vm;
use crate::op::{Control, Op, OperandKind, field};
use crate::verify_code::{encode_mask, verify_code};

/// What a unit refers to outside itself, kept alive by the caller.
#[derive(Clone, Copy, Debug)]
pub struct InstallContext<'program> {
    /// Vector of the program's quoted data.
    pub data: Protected,
    /// The texts of the program.
    pub sources: &'program [InstalledSource],
    /// Parts of templates that spans name; see `Program::templates`.
    pub templates: &'program [TemplatePart],
}

/// A part of a template and those around it, the innermost first.
fn parts_around(parts: &[TemplatePart], template: u32) -> impl Iterator<Item = &TemplatePart> {
    let mut next = template as usize;
    std::iter::from_fn(move || {
        let index = next.checked_sub(1)?;
        let part = parts.get(index)?;
        // The one around it is an earlier one, so this ends.
        next = (part.around as usize).min(index);
        Some(part)
    })
}

/// Bytes of room that a table takes in the nursery.
fn table_room(bytes: &[u8]) -> u64 {
    (bytes.len() as u64).min(LARGE_OBJECT_BYTES) + 32
}

/// A text of the program being installed.
#[derive(Clone, Copy, Debug)]
pub struct InstalledSource {
    /// Vector of source name and source text, shared by all code made from it.
    pub object: Protected,
    /// The positions of its first byte and behind its last.
    pub start: u32,
    pub end: u32,
}

impl Vm {
    /// Installs a unit and all units inside it; returns the outermost code object.
    ///
    /// # Errors
    /// What the verifier says; a compiler that gets one has a fault.
    pub fn install(
        &mut self,
        unit: &CodeUnit,
        context: InstallContext<'_>,
    ) -> Result<Word, String> {
        let mark = self.heap.protect(Word::FALSE);
        let result = self.install_all(unit, context);
        self.heap.unprotect(mark);
        result
    }

    /// Inner units first, with an explicit stack: nesting costs no host stack.
    fn install_all(
        &mut self,
        unit: &CodeUnit,
        context: InstallContext<'_>,
    ) -> Result<Word, String> {
        struct Pending<'a> {
            unit: &'a CodeUnit,
            next_constant: usize,
            children: Vec<Protected>,
        }
        let mut stack = vec![Pending { unit, next_constant: 0, children: Vec::new() }];
        loop {
            let top = stack.last_mut().expect("the outermost unit ends the loop");
            let inner = top.unit.constants[top.next_constant..].iter().enumerate().find_map(
                |(ahead, constant)| match constant {
                    Constant::Code(inner) => Some((ahead, inner)),
                    _ => None,
                },
            );
            if let Some((ahead, inner)) = inner {
                top.next_constant += ahead + 1;
                stack.push(Pending { unit: inner, next_constant: 0, children: Vec::new() });
                continue;
            }
            let done = stack.pop().expect("just looked at");
            let code = self.install_one(done.unit, &done.children, context)?;
            match stack.last_mut() {
                Some(parent) => parent.children.push(self.heap.protect(code)),
                None => return Ok(code),
            }
        }
    }

    fn install_one(
        &mut self,
        unit: &CodeUnit,
        children: &[Protected],
        context: InstallContext<'_>,
    ) -> Result<Word, String> {
        let (instructions, masks) = finish_instructions(unit)?;
        let mark = self.heap.protect(Word::FALSE);
        let cells = self.cells_of(unit);
        let masks: Vec<Protected> = masks
            .iter()
            .map(|bytes| {
                self.heap.ensure_room(bytes.len() as u64 + 32, &mut self.machine);
                let mask = self.heap.bytevector(bytes);
                self.heap.protect(mask)
            })
            .collect();
        let name = self.name_of(unit);
        let info = self.info_of(unit, context);
        let constants = unit.constants.len() + masks.len();
        let body = body::Code::FIELDS + instructions.len() + constants;
        let code = self.heap.fixed_object(Kind::Code, 0, body);
        #[cfg(pscheme_machine_code)]
        self.machine.native.forget(code.offset(), 8 + body as u64 * 8);
        self.heap.set_field(code, body::Code::NAME, self.heap.protected(name));
        self.heap.set_field(code, body::Code::INFO, self.heap.protected(info));
        let counts = instructions.len() as u64 | (constants as u64) << 32;
        self.heap.set_raw(code, body::Code::COUNTS, counts);
        self.heap.set_raw(code, body::Code::SHAPE, shape_of(unit));
        for (index, &word) in instructions.iter().enumerate() {
            self.heap.set_raw(code, body::Code::FIELDS + index, word);
        }
        let (mut cells, mut children) = (cells.into_iter(), children.iter());
        let first = body::Code::FIELDS + instructions.len();
        for (index, constant) in unit.constants.iter().enumerate() {
            let word = match constant {
                Constant::Cell(_) | Constant::LibraryCell(_) => {
                    cells.next().expect("one cell per cell constant")
                }
                Constant::Code(_) => {
                    self.heap.protected(*children.next().expect("inner units come first"))
                }
                Constant::Datum(at) => {
                    self.heap.field(self.heap.protected(context.data), *at as usize)
                }
            };
            self.heap.set_field(code, first + index, word);
        }
        for (index, mask) in masks.iter().enumerate() {
            let mask = self.heap.protected(*mask);
            self.heap.set_field(code, first + unit.constants.len() + index, mask);
        }
        self.heap.unprotect(mark);
        for (index, word) in self.hash_code(code).into_iter().enumerate() {
            self.heap.set_raw(code, body::Code::HASH0 + index, word);
        }
        verify_code(&self.heap, code, &self.machine.primitives)?;
        Ok(code)
    }

    /// The cells of a unit, in the order of its constants; cells do not move.
    fn cells_of(&mut self, unit: &CodeUnit) -> Vec<Word> {
        let names = unit.constants.iter().filter_map(|constant| match constant {
            Constant::Cell(name) => Some((name, false)),
            Constant::LibraryCell(name) => Some((name, true)),
            _ => None,
        });
        names
            .map(|(name, of_library)| {
                let symbol = self.heap.intern(name, &mut self.machine);
                let found = of_library.then(|| self.heap.find_library_cell(symbol)).flatten();
                // While the library itself is being loaded, its cells are not marked yet.
                found.unwrap_or_else(|| self.heap.global_cell(symbol, &mut self.machine))
            })
            .collect()
    }

    fn name_of(&mut self, unit: &CodeUnit) -> Protected {
        let name = if unit.name.is_empty() {
            Word::FALSE
        } else {
            self.heap.intern(&unit.name, &mut self.machine)
        };
        self.heap.protect(name)
    }

    /// What the unit knows of its source: see `code_info.rs`. `#f` for code without a text.
    fn info_of(&mut self, unit: &CodeUnit, context: InstallContext<'_>) -> Protected {
        let first = unit.spans.first().map_or(0, |span| span.start);
        let of_unit = |source: &&InstalledSource| (source.start..=source.end).contains(&first);
        let Some(source) = context.sources.iter().find(of_unit) else {
            return self.heap.protect(Word::FALSE);
        };
        // What a macro of another file brought in has its place where the macro was used.
        let is_inside = |span: &&Span| span.start >= source.start && span.end <= source.end;
        let spans: Vec<Span> = unit.spans.iter().filter(is_inside).copied().collect();
        let moved = |span: &Span| Span {
            start: span.start - source.start,
            end: span.end - source.start,
            ..*span
        };
        let rows: Vec<Span> = spans.iter().map(moved).collect();
        let templates = self.templates_of(&spans, context);
        let tables = [code_info::encode_spans(&rows), code_info::encode_variables(&unit.variables)];
        self.heap.ensure_room(
            tables.iter().map(|bytes| table_room(bytes)).sum::<u64>() + 64,
            &mut self.machine,
        );
        let [spans, variables] = tables.map(|bytes| self.heap.bytevector(&bytes));
        let info = self.heap.object(Kind::Vector, 0, code_info::INFO_FIELDS);
        let source = self.heap.protected(source.object);
        self.heap.initialise(info, code_info::SOURCE, source.0);
        self.heap.initialise(info, code_info::SPANS, spans.0);
        self.heap.initialise(info, code_info::VARIABLES, variables.0);
        let parts = self.heap.protected(templates);
        self.heap.initialise(info, code_info::TEMPLATES, parts.0);
        self.heap.unprotect(templates);
        self.heap.protect(info)
    }

    /// The parts of templates that spans name, with the texts they stand in; `#f` if they name none.
    fn templates_of(&mut self, spans: &[Span], context: InstallContext<'_>) -> Protected {
        let mut texts: Vec<&InstalledSource> = Vec::new();
        let mut rows = Vec::new();
        let mut template = 0;
        for span in spans.iter().filter(|span| {
            let changes = span.template != template;
            template = span.template;
            changes
        }) {
            let mut parts = Vec::new();
            for part in parts_around(context.templates, span.template) {
                let is_around =
                    |text: &&InstalledSource| part.start >= text.start && part.end <= text.end;
                let Some(text) = context.sources.iter().find(is_around) else { continue };
                let known = texts.iter().position(|known| known.start == text.start);
                let place = known.unwrap_or_else(|| {
                    texts.push(text);
                    texts.len() - 1
                });
                let (start, end) = (part.start - text.start, part.end - text.start);
                let name = part.name.to_string();
                parts.push(code_info::TemplateRange { text: place as u32, name, start, end });
            }
            rows.push((span.instruction, parts));
        }
        if texts.is_empty() {
            return self.heap.protect(Word::FALSE);
        }
        let table = code_info::encode_templates(&rows);
        let room = table_room(&table) + 8 * (texts.len() as u64 + 4);
        self.heap.ensure_room(room, &mut self.machine);
        let table = self.heap.bytevector(&table);
        let parts = self.heap.object(Kind::Vector, 0, texts.len() + 1);
        self.heap.initialise(parts, 0, table.0);
        for (index, text) in texts.iter().enumerate() {
            let object = self.heap.protected(text.object);
            self.heap.initialise(parts, index + 1, object.0);
        }
        self.heap.protect(parts)
    }

    /// BLAKE3 over what the code does: shape, instructions, and its constants by content.
    fn hash_code(&self, code: Word) -> [u64; 4] {
        let view = crate::machine::CodeView::of(&self.heap, code);
        let mut hasher = blake3::Hasher::new();
        let mut put = |word: u64| {
            hasher.update(&word.to_le_bytes());
        };
        put(self.heap.raw(code, body::Code::SHAPE));
        view.words(&self.heap).iter().for_each(|&word| put(word));
        for index in 0..view.constants {
            self.hash_constant(view.constant(&self.heap, index), &mut put);
        }
        let digest = *hasher.finalize().as_bytes();
        std::array::from_fn(|n| {
            u64::from_le_bytes(digest[n * 8..n * 8 + 8].try_into().expect("8 bytes"))
        })
    }

    /// Feeds a constant's content, without addresses. Where a pair or vector comes again, which quoted
    /// data may do inside themselves too, its place in the order of the first visits stands for it. Of an object that is
    /// no datum, as `eval` may be given one, the kind enters alone.
    fn hash_constant(&self, constant: Word, put: &mut impl FnMut(u64)) {
        let mut work = vec![constant];
        let mut seen: HashMap<u64, u64> = HashMap::new();
        while let Some(word) = work.pop() {
            if !word.is_reference() {
                put(word.0);
                continue;
            }
            if word.is_pair() || self.heap.kind_of(word) == Some(Kind::Vector) {
                let place = seen.len() as u64;
                if let Some(first) = seen.get(&word.0) {
                    put(2);
                    put(*first);
                    continue;
                }
                seen.insert(word.0, place);
            }
            if word.is_pair() {
                put(1);
                work.push(self.heap.cdr(word));
                work.push(self.heap.car(word));
                continue;
            }
            let header = self.heap.header(word);
            put(header.0);
            match header.kind() {
                Some(Kind::Code) => {
                    (0..4).for_each(|index| put(self.heap.raw(word, body::Code::HASH0 + index)));
                }
                Some(Kind::Cell) => work.push(self.heap.field(word, body::Cell::NAME)),
                Some(Kind::Symbol) => put(self.heap.raw(word, body::Symbol::HASH)),
                Some(Kind::String) => {
                    self.heap.string_text(word).bytes().for_each(|byte| put(u64::from(byte)));
                }
                Some(Kind::Vector | Kind::Syntax | Kind::Ratnum | Kind::Compnum) => {
                    (0..header.body_words()).for_each(|n| work.push(self.heap.field(word, n)));
                }
                Some(Kind::Bytevector | Kind::Bignum | Kind::Flonum) => {
                    (0..header.body_words()).for_each(|n| put(self.heap.raw(word, n)));
                }
                _ => {}
            }
        }
    }
}

fn shape_of(unit: &CodeUnit) -> u64 {
    assert!(unit.arity.optional < 256, "optional parameters");
    u64::from(unit.arity.required)
        | u64::from(unit.arity.optional) << 16
        | u64::from(unit.arity.rest) << 24
        | u64::from(unit.frame_words) << 32
        | u64::from(unit.captures) << 48
}

/// The instructions with distances for constants and finished return points, and the long masks.
fn finish_instructions(unit: &CodeUnit) -> Result<(Vec<u64>, Vec<Vec<u8>>), String> {
    let mut words = unit.instructions.clone();
    let mut calls = Vec::new();
    let mut index = 0;
    while index < words.len() {
        let word = words[index];
        let Some(op) = Op::from_code(field::op(word)) else {
            return Err(format!("instruction {index} has no opcode"));
        };
        let row = op.row();
        if row.operands.iter().any(|&(_, _, kind)| kind == OperandKind::Constant) {
            let distance = words.len() as i64 + field::imm(word) - (index as i64 + 1);
            words[index] = word & 0xffff_ffff | (distance as u64) << 32;
        }
        if row.control == Control::Call {
            calls.push(index);
            if index + 1 >= words.len() {
                return Err(format!("call {index} ends the code"));
            }
            words[index + 1] = Op::ReturnPoint as u64;
            index += 1;
        }
        index += 1;
    }
    let liveness = analyse(&words, unit.frame_words as usize)?;
    let mut long_masks = Vec::new();
    for call in calls {
        let window = field::a(words[call]);
        let live: Vec<usize> = liveness.registers(call + 2).filter(|&r| r < window).collect();
        let live = encode_mask(&live, window).unwrap_or_else(|bytes| {
            long_masks.push(bytes);
            crate::op::LiveMask::Long((unit.constants.len() + long_masks.len() - 1) as u32)
        });
        let distance = body::Code::FIELDS + 1 + call + 2;
        words[call + 1] = ReturnPoint { shift: window, distance, live }.encode();
    }
    Ok((words, long_masks))
}
