//! Inputs that are a program and edits of what is made from it: lines `;! VERB NUMBER…` behind the
//! text. Numbers are reduced to what there is, so that every edit means something.

use crate::support::Random;

const MARK: &str = ";!";
/// Edits of one input at most.
const EDITS_MAX: usize = 12;

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub verb: String,
    numbers: Vec<u64>,
}

impl Edit {
    pub fn new(verb: &str, numbers: &[u64]) -> Edit {
        Edit { verb: verb.to_string(), numbers: numbers.to_vec() }
    }

    /// A number of the edit; 0 if it has not so many.
    pub fn number(&self, position: usize) -> u64 {
        self.numbers.get(position).copied().unwrap_or(0)
    }

    /// A number as an index of something that has so many elements; `None` if it has none.
    pub fn index(&self, position: usize, count: usize) -> Option<usize> {
        (count > 0).then(|| (self.number(position) % count as u64) as usize)
    }

    fn parse(line: &str) -> Option<Edit> {
        let mut words = line.strip_prefix(MARK)?.split_whitespace();
        let verb = words.next()?.to_string();
        let number = |word: &str| match word.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        };
        Some(Edit { verb, numbers: words.map_while(number).collect() })
    }

    fn line(&self) -> String {
        let numbers = self.numbers.iter().map(|&number| match number < 1 << 20 {
            true => format!(" {number}"),
            false => format!(" {number:#x}"),
        });
        format!("{MARK} {}{}\n", self.verb, numbers.collect::<String>())
    }
}

/// The program of an input, and its edits.
pub fn split(input: &str) -> (String, Vec<Edit>) {
    let edits = input.lines().filter_map(Edit::parse).collect();
    let lines = input.lines().filter(|line| !line.starts_with(MARK));
    (lines.map(|line| format!("{line}\n")).collect(), edits)
}

/// The input of a program and edits.
pub fn join(program: &str, edits: &[Edit]) -> String {
    let mut input = program.to_string();
    edits.iter().for_each(|edit| input.push_str(&edit.line()));
    input
}

/// Adds an edit, leaves one out, changes a number of one, or takes some from another input.
pub fn change(
    edits: &mut Vec<Edit>,
    pool: &[String],
    random: &mut Random,
    make: impl FnOnce(&mut Random) -> Edit,
) {
    let chosen = random.below(edits.len().max(1) as u64) as usize;
    match random.below(8) {
        0 if !edits.is_empty() => {
            edits.remove(chosen);
        }
        1 if !edits.is_empty() => {
            let numbers = &mut edits[chosen].numbers;
            if !numbers.is_empty() {
                let position = random.below(numbers.len() as u64) as usize;
                numbers[position] = near(numbers[position], random);
            }
        }
        2 => {
            let other = &pool[random.below(pool.len() as u64) as usize];
            edits.extend(split(other).1.into_iter().take(2));
        }
        _ => edits.push(make(random)),
    }
    edits.truncate(EDITS_MAX);
}

/// A number like another one.
fn near(number: u64, random: &mut Random) -> u64 {
    match random.below(4) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number ^ 1 << random.below(64),
        _ => any_number(random),
    }
}

/// A number, small or at a border more often than not.
pub fn any_number(random: &mut Random) -> u64 {
    match random.below(6) {
        0 | 1 => random.below(16),
        2 => random.below(300),
        3 => {
            let border = 1_u64.rotate_left(random.below(64) as u32);
            border.wrapping_add(random.below(3)).wrapping_sub(1)
        }
        4 => random.below(1 << 16),
        _ => random.next(),
    }
}
