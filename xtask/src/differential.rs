//! Random expressions on pscheme and on another Scheme (Guile, from Debian's packages): arithmetic, strings,
//! lists and macros. Both run the same program; where they differ and nothing explains it, the command fails.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::bench_compare::build;

const COUNT_DEFAULT: usize = 500;
const SEED_DEFAULT: u64 = 1;
/// Levels of nested calls in an expression.
const DEPTH_MAX: u64 = 3;

/// How many expressions, and which.
pub struct Plan {
    count: usize,
    seed: u64,
}

impl Plan {
    /// What the words of the command say; `None` if they are wrong.
    pub fn of(words: &[&str]) -> Option<Plan> {
        let mut plan = Plan { count: COUNT_DEFAULT, seed: SEED_DEFAULT };
        if let Some(count) = words.first() {
            plan.count = count.parse().ok().filter(|count| *count > 0)?;
        }
        if let Some(seed) = words.get(1) {
            plan.seed = seed.parse().ok()?;
        }
        Some(plan)
    }
}

/// Why the two may differ on an expression, by what both show.
const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        applies: |expression, _, other| {
            COMPLEX.iter().any(|literal| expression.contains(literal)) && other.contains('.')
        },
        reason: "Guile has no exact complex numbers (R7RS 6.2.3 leaves them to the implementation)",
    },
    Explanation {
        applies: |_, own, other| other.contains("#{") || own.contains('|') && !other.contains('|'),
        reason: "Guile writes symbols that need it in a syntax of its own, not between bars",
    },
    Explanation {
        applies: |expression, own, other| {
            expression.contains("numerator") && other.replace("-0.0", "0.0") == own
        },
        reason: "the numerator of inexact zero is that of exact zero here, and keeps its sign there",
    },
    Explanation {
        applies: |expression, own, other| {
            ["(round ", "(ceiling ", "(truncate ", "(+ ", "(- "]
                .iter()
                .any(|name| expression.contains(name))
                && own.replace("-0.0", "0.0") == other
        },
        reason: "an exact zero leaves -0.0 as it is, and what rounds to zero keeps its sign (IEEE 754)",
    },
    Explanation {
        applies: |expression, own, other| {
            ["(min ", "(max "].iter().any(|name| expression.contains(name))
                && other.replace("-0.0", "0.0") == own
        },
        reason: "the two zeros are equal, so either is the least and the greatest of both",
    },
    Explanation {
        applies: |_, own, other| other.replace("#vu8(", "#u8(") == own,
        reason: "Guile writes bytevectors as R6RS has it",
    },
    Explanation {
        applies: |_, own, other| are_near(own, other, 0),
        reason: "the same flonum: where the exponent begins to be written is not said by R7RS",
    },
    Explanation {
        applies: |expression, _, other| expression.contains("(expt ") && other.contains("+nan.0"),
        reason: "zero to a negative power: any number or an error (R7RS 6.2.6); IEEE 754 has infinity",
    },
    Explanation {
        applies: |expression, own, other| {
            expression.contains("(expt ") && are_near(own, other, POWER_UNITS_MAX)
        },
        reason: "Guile takes powers by products, which round once each; pscheme's are within one unit",
    },
];

/// Units in the last place that Guile's powers may be off here.
const POWER_UNITS_MAX: u64 = 4;

struct Explanation {
    applies: fn(expression: &str, own: &str, other: &str) -> bool,
    reason: &'static str,
}

/// Whether two texts are the same but for flonums that differ by some units in the last place.
fn are_near(own: &str, other: &str, units: u64) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(['(', ')', ' ', '"']).map(str::to_string).collect()
    };
    let (own, other) = (words(own), words(other));
    own.len() == other.len()
        && own.iter().zip(&other).all(|(own, other)| {
            let values = (own.parse::<f64>(), other.parse::<f64>());
            own == other
                || matches!(values, (Ok(a), Ok(b)) if a.to_bits().abs_diff(b.to_bits()) <= units)
        })
}

/// Runs the expressions on both, and prints where they differ.
pub fn run(root: &Path, plan: Plan) -> Result<(), String> {
    let mut maker = Maker { state: plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 };
    let expressions: Vec<String> =
        (0..plan.count).map(|index| maker.expression(index as u64 % 4)).collect();
    let scratch = root.join("target/differential");
    std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let program = scratch.join("expressions.scm");
    std::fs::write(&program, text_of(&expressions)).map_err(|error| error.to_string())?;
    let own = values_of(Command::new(build(root)?).arg(&program), plan.count)?;
    let mut guile = Command::new("guile");
    guile.args(["--no-auto-compile", "--r7rs"]).arg(&program).env("LC_ALL", "C.UTF-8");
    let other = values_of(&mut guile, plan.count)?;
    let (mut explained, mut unexplained) = (0, 0);
    for ((expression, own), other) in expressions.iter().zip(&own).zip(&other) {
        if own == other {
            continue;
        }
        let known = EXPLANATIONS.iter().find(|known| (known.applies)(expression, own, other));
        match known {
            Some(_) => explained += 1,
            None => unexplained += 1,
        }
        let reason = known.map_or("not explained", |known| known.reason);
        println!("{expression}\n  pscheme: {own}\n  guile:   {other}\n  {reason}");
    }
    let same = plan.count - explained - unexplained;
    println!(
        "seed {}: {} expressions, {same} the same, {explained} explained, {unexplained} not",
        plan.seed, plan.count
    );
    if unexplained == 0 { Ok(()) } else { Err("there are differences nothing explains".into()) }
}

/// A program that shows the value of each expression in a line of its own.
fn text_of(expressions: &[String]) -> String {
    let mut text = String::from(
        "(import (scheme base) (scheme eval) (scheme write))
(define names
  (environment '(scheme base) '(scheme char) '(scheme complex) '(scheme inexact)))
(define (show expression)
  (write
    (guard (condition (#t 'error))
      (call-with-values (lambda () (eval expression names)) list)))
  (newline))
",
    );
    for expression in expressions {
        let _ = writeln!(text, "(show '{expression})");
    }
    text
}

/// The lines a command prints.
fn values_of(command: &mut Command, count: usize) -> Result<Vec<String>, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let shown = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<String> = shown.lines().map(str::to_string).collect();
    if lines.len() != count {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} showed {} of {count} values: {why}", lines.len()));
    }
    Ok(lines)
}

/// Makes expressions.
struct Maker {
    state: u64,
}

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "-12",
    "100",
    "1000000007",
    "9007199254740993",
    "-1152921504606846976",
    "1152921504606846975",
    "340282366920938463463374607431768211456",
];
const REALS: &[&str] = &["1/2", "-3/4", "22/7", "0.5", "-1.25", "1e10", "123.75", "-0.0", "1e-3"];
const COMPLEX: &[&str] = &["1+2i", "-3/2i", "+i", "2-i", "1/3+1/4i"];
const STRINGS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"Hello\"",
    "\"hello world\"",
    "\"ÄÖÜ\"",
    "\"straße\"",
    "\"λόγος\"",
    "\"12\"",
    "\"a\\\\b\"",
    "\"  x \"",
    "\"zebra\"",
];
const CHARACTERS: &[&str] = &["#\\a", "#\\Z", "#\\space", "#\\0", "#\\λ", "#\\x41", "#\\newline"];
const SYMBOLS: &[&str] = &["'a", "'b", "'c", "'foo"];

/// Macros, with what a use of each takes: `.` for one expression, `*` for some, `L` for a list of some.
const MACROS: &[(&str, &str)] = &[
    ("((_ a b ...) (list b ... a))", ".*"),
    ("((_ (a b ...) ...) '((b ... a) ...))", "LLL"),
    ("((_ a ... b c) (list c b (list a ...)))", "..*"),
    ("((_ (a ...) (b ...)) '((a ...) b ...))", "LL"),
    ("((_ a) (let ((x 1)) (list x a)))", "."),
    ("((_ a b) (let ((t a)) (if t t b)))", ".."),
    ("((_) 'none) ((_ a) 'one) ((_ a b ...) '(more b ...))", "*"),
    ("((_ #(a b ...)) '(a #(b ...))) ((_ . other) 'other)", "."),
    ("((_ a ...) '#(a ... end))", "*"),
    ("((_ ((a b) ...)) '((a ...) (b ...))) ((_ x) 'else)", "L"),
    ("((_ (a b ...) ...) '(a ... (b ... ...)))", "LL"),
];

impl Maker {
    fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % limit
    }

    fn one<'text>(&mut self, of: &[&'text str]) -> &'text str {
        of[self.below(of.len() as u64) as usize]
    }

    /// An expression of one of four sorts.
    fn expression(&mut self, sort: u64) -> String {
        match sort {
            0 => self.number(DEPTH_MAX),
            1 => self.string(DEPTH_MAX),
            2 => self.list(DEPTH_MAX),
            _ => self.macro_use(),
        }
    }

    fn call(&mut self, name: &str, arguments: &[String]) -> String {
        format!("({name} {})", arguments.join(" "))
    }

    fn integer(&mut self, depth: u64) -> String {
        if depth == 0 || self.below(3) == 0 {
            return self.one(INTEGERS).to_string();
        }
        let names = [
            "+",
            "-",
            "*",
            "quotient",
            "remainder",
            "modulo",
            "gcd",
            "lcm",
            "max",
            "min",
            "floor-quotient",
            "floor-remainder",
            "truncate-quotient",
            "truncate-remainder",
        ];
        let name = self.one(&names);
        let arguments = [self.integer(depth - 1), self.integer(depth - 1)];
        self.call(name, &arguments)
    }

    fn real(&mut self, depth: u64) -> String {
        if depth == 0 || self.below(4) == 0 {
            let of = if self.below(2) == 0 { REALS } else { INTEGERS };
            return self.one(of).to_string();
        }
        match self.below(3) {
            0 => {
                let names =
                    ["abs", "floor", "ceiling", "round", "truncate", "exact", "square", "-"];
                let name = self.one(&names);
                let argument = self.real(depth - 1);
                self.call(name, &[argument])
            }
            1 => self.integer(depth),
            _ => {
                let name = self.one(&["+", "-", "*", "/", "max", "min"]);
                let arguments = [self.real(depth - 1), self.real(depth - 1)];
                self.call(name, &arguments)
            }
        }
    }

    fn number(&mut self, depth: u64) -> String {
        match self.below(8) {
            0 => {
                let name = self.one(&["+", "-", "*", "/"]);
                let arguments = [self.one(COMPLEX).to_string(), self.real(depth - 1)];
                self.call(name, &arguments)
            }
            1 => {
                let name = self.one(&["<", "<=", "=", ">", ">="]);
                let arguments = [self.real(depth - 1), self.real(depth - 1), self.real(depth - 1)];
                self.call(name, &arguments)
            }
            2 => {
                let radix = self.one(&["2", "8", "10", "16"]).to_string();
                let arguments = [self.integer(depth - 1), radix];
                self.call("number->string", &arguments)
            }
            3 => {
                let names = [
                    "numerator",
                    "denominator",
                    "exact-integer?",
                    "integer?",
                    "rational?",
                    "exact?",
                    "zero?",
                    "negative?",
                    "number->string",
                ];
                let name = self.one(&names);
                let argument = self.real(depth - 1);
                self.call(name, &[argument])
            }
            4 => {
                let exponent = self.below(7) as i64 - 3;
                let arguments = [self.real(1), exponent.to_string()];
                self.call("expt", &arguments)
            }
            5 => {
                let square = self.below(100_000).pow(2) + self.below(3);
                format!("(exact-integer-sqrt {square})")
            }
            _ => self.real(depth),
        }
    }

    fn string(&mut self, depth: u64) -> String {
        if depth == 0 {
            return self.one(STRINGS).to_string();
        }
        match self.below(9) {
            0 => {
                let arguments = [self.string(depth - 1), self.string(depth - 1)];
                self.call("string-append", &arguments)
            }
            1 => {
                let name = self.one(&[
                    "string-upcase",
                    "string-downcase",
                    "string-copy",
                    "string->list",
                    "string->vector",
                    "string-length",
                    "string->symbol",
                    "string->utf8",
                    "string->number",
                ]);
                let argument = self.string(depth - 1);
                self.call(name, &[argument])
            }
            2 => {
                let (start, end) = (self.below(4), self.below(6));
                format!("(substring {} {start} {end})", self.string(depth - 1))
            }
            3 => {
                let name =
                    self.one(&["string=?", "string<?", "string>?", "string-ci=?", "string<=?"]);
                let arguments = [self.string(depth - 1), self.string(depth - 1)];
                self.call(name, &arguments)
            }
            4 => format!("(string-ref {} {})", self.string(depth - 1), self.below(6)),
            5 => {
                let name = self.one(&[
                    "char-upcase",
                    "char->integer",
                    "char-alphabetic?",
                    "char-numeric?",
                    "char-whitespace?",
                    "digit-value",
                    "char-downcase",
                ]);
                let argument = self.one(CHARACTERS).to_string();
                self.call(name, &[argument])
            }
            6 => {
                let arguments =
                    [self.one(CHARACTERS).to_string(), self.one(CHARACTERS).to_string()];
                let list = self.call("list", &arguments);
                self.call("list->string", &[list])
            }
            7 => {
                let function =
                    self.one(&["char-upcase", "char-downcase", "(lambda (c) #\\-)"]).to_string();
                let arguments = [function, self.string(depth - 1)];
                self.call("string-map", &arguments)
            }
            _ => self.one(STRINGS).to_string(),
        }
    }

    fn atom(&mut self) -> String {
        let of = match self.below(4) {
            0 => INTEGERS,
            1 => STRINGS,
            2 => CHARACTERS,
            _ => SYMBOLS,
        };
        self.one(of).to_string()
    }

    fn some_list(&mut self) -> String {
        let count = self.below(5);
        let elements: Vec<String> = (0..count).map(|_| self.atom()).collect();
        self.call("list", &elements)
    }

    fn list(&mut self, depth: u64) -> String {
        if depth == 0 {
            return self.some_list();
        }
        match self.below(8) {
            0 => {
                let arguments = [self.list(depth - 1), self.list(depth - 1)];
                self.call("append", &arguments)
            }
            1 => {
                let names = [
                    "reverse",
                    "length",
                    "car",
                    "cdr",
                    "list-copy",
                    "list->vector",
                    "cadr",
                    "null?",
                    "list?",
                ];
                let name = self.one(&names);
                let argument = self.list(depth - 1);
                self.call(name, &[argument])
            }
            2 => {
                let name = self.one(&["list-tail", "list-ref"]);
                let arguments = [self.list(depth - 1), self.below(4).to_string()];
                self.call(name, &arguments)
            }
            3 => {
                let name = self.one(&["member", "memv", "memq"]);
                let arguments = [self.atom(), self.list(depth - 1)];
                self.call(name, &arguments)
            }
            4 => {
                let function =
                    self.one(&["list", "(lambda (x) (list x x))", "string?", "vector"]).to_string();
                let arguments = [function, self.list(depth - 1)];
                self.call("map", &arguments)
            }
            5 => {
                let function =
                    self.one(&["list", "vector", "+", "max", "string-append"]).to_string();
                let arguments = [function, self.list(depth - 1)];
                self.call("apply", &arguments)
            }
            6 => {
                let arguments = [self.list(depth - 1), self.list(depth - 1)];
                self.call("equal?", &arguments)
            }
            _ => {
                let arguments = [self.atom(), self.list(depth - 1)];
                self.call("cons", &arguments)
            }
        }
    }

    fn macro_use(&mut self) -> String {
        let (rules, shape) = MACROS[self.below(MACROS.len() as u64) as usize];
        let mut arguments = Vec::new();
        for argument in shape.chars() {
            match argument {
                '.' => arguments.push(self.plain()),
                '*' => {
                    let count = self.below(4);
                    arguments.extend((0..count).map(|_| self.plain()));
                }
                _ => {
                    let count = self.below(4);
                    let parts: Vec<String> = (0..count).map(|_| self.plain()).collect();
                    arguments.push(format!("({})", parts.join(" ")));
                }
            }
        }
        format!("(let-syntax ((m (syntax-rules () {rules}))) (m {}))", arguments.join(" "))
    }

    /// A datum that is an expression too.
    fn plain(&mut self) -> String {
        self.one(&["1", "2", "#t", "#f", "\"s\"", "#\\c", "(+ 1 2)", "#(1 2 3)", "(list 4 5)"])
            .to_string()
    }
}
