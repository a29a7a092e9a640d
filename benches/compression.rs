//! How far pages of different heaps are compressed, and what that costs: the way that is used beside others.
//! Prints a table; `cargo bench -p pscheme --bench compression`.

#[path = "../tests/support/cost.rs"]
mod cost;
#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cost::{run_program, session_in};
use pscheme::heap::store::image::ImageDirectory;
use pscheme::heap::store::{CommitClock, PAGE_SIZE_BYTES, Store, StoreOptions};

/// Pages of each heap that are measured at most, spread over it.
const PAGES_MAX: usize = 1_000;
/// Times each page is compressed and expanded.
const ROUNDS: usize = 5;
/// The largest a compressed page may be: it is stored as it is unless an eighth is saved.
const COMPRESSED_BYTES_MAX: usize = PAGE_SIZE_BYTES - PAGE_SIZE_BYTES / 8;

/// Programs that fill a heap, by what they fill it with.
const HEAPS: [(&str, &str); 7] = [
    ("the library and nothing else", ""),
    ("pairs, counted", "(define kept (iota 1000000))"),
    (
        "pairs, irregular numbers",
        "(define (numbers n seed)
           (if (= n 0) '()
               (cons seed (numbers (- n 1) (remainder (+ (* seed 1103515245) 12345) 2147483648)))))
         (define kept (numbers 1000000 12345))",
    ),
    (
        "texts",
        "(define (texts n)
           (if (= n 0) '()
               (cons (string-append \"order \" (number->string n) \" of customer \"
                                    (number->string (remainder (* n 7919) 5003)))
                     (texts (- n 1)))))
         (define kept (texts 200000))",
    ),
    (
        "real numbers",
        "(define kept (make-vector 500000 0))
         (do ((i 0 (+ i 1))) ((= i 500000)) (vector-set! kept i (sin i)))",
    ),
    (
        "a hash table",
        "(define kept (make-hash-table))
         (do ((i 0 (+ i 1))) ((= i 200000)) (hash-table-set! kept (* i 17) (list i (number->string i))))",
    ),
    (
        "processes that wait",
        "(do ((i 0 (+ i 1))) ((= i 20000)) (spawn (lambda () (recv (message message)))))
         (yield)",
    ),
];

/// A way to compress a page and to expand it again.
struct Codec {
    name: &'static str,
    compress: fn(&[u8]) -> Vec<u8>,
    expand: fn(&[u8]) -> Vec<u8>,
}

const CODECS: [Codec; 5] = [
    Codec {
        name: "LZ4 (used)",
        compress: |body| lz4_flex::block::compress(body),
        expand: |data| lz4_flex::block::decompress(data, PAGE_SIZE_BYTES).expect("expands"),
    },
    Codec {
        name: "Snappy",
        compress: |body| snap::raw::Encoder::new().compress_vec(body).expect("compresses"),
        expand: |data| snap::raw::Decoder::new().decompress_vec(data).expect("expands"),
    },
    Codec {
        name: "Zstandard, level 1",
        compress: |body| zstd::bulk::compress(body, 1).expect("compresses"),
        expand: expand_zstd,
    },
    Codec {
        name: "Zstandard, level 3",
        compress: |body| zstd::bulk::compress(body, 3).expect("compresses"),
        expand: expand_zstd,
    },
    Codec {
        name: "Zstandard, level 9",
        compress: |body| zstd::bulk::compress(body, 9).expect("compresses"),
        expand: expand_zstd,
    },
];

fn expand_zstd(data: &[u8]) -> Vec<u8> {
    zstd::bulk::decompress(data, PAGE_SIZE_BYTES).expect("expands")
}

fn main() {
    // `cargo test --benches` passes this; the tables are for people.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| heap | pages | way | stored, of all | compress µs a page | expand µs a page |");
    println!("|---|---|---|---|---|---|");
    for (name, program) in HEAPS {
        let (count, bodies) = bodies_of(program);
        for codec in &CODECS {
            let [stored, compress, expand] = measure(codec, &bodies);
            println!(
                "| {name} | {count} | {} | {stored:.2} | {compress:.1} | {expand:.1} |",
                codec.name
            );
        }
    }
}

/// How many pages the image of this program has, and some of them.
fn bodies_of(program: &str) -> (usize, Vec<Vec<u8>>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session_in(folder.path());
    run_program(&mut session, program);
    session.vm.heap.collect_major(&mut session.vm.machine);
    session.commit_and_wait().expect("commits");
    session.close().expect("closes");
    let directory = ImageDirectory::at(folder.path().join("cost.image"));
    let mut store = directory.open(&StoreOptions::new(CommitClock::system())).expect("an image");
    let mut bodies = Vec::new();
    let mut keep = |_, _, body: &[u8]| {
        bodies.push(body.to_vec());
        Ok(())
    };
    store.load(&mut keep).expect("its pages");
    let count = bodies.len();
    (count, bodies.into_iter().step_by(count.div_ceil(PAGES_MAX)).collect())
}

/// Bytes stored of all bytes, and microseconds a page to compress and to expand: the best of the rounds.
fn measure(codec: &Codec, bodies: &[Vec<u8>]) -> [f64; 3] {
    let compressed: Vec<Vec<u8>> = bodies.iter().map(|body| (codec.compress)(body)).collect();
    for (body, data) in bodies.iter().zip(&compressed) {
        assert!(*body == (codec.expand)(data), "{} gives back what it was given", codec.name);
    }
    let length = |data: &Vec<u8>| match data.len() {
        length @ ..=COMPRESSED_BYTES_MAX => length,
        _ => PAGE_SIZE_BYTES,
    };
    let stored: usize = compressed.iter().map(length).sum();
    let best = |run: &dyn Fn()| {
        let times = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        });
        times.min().unwrap_or(Duration::ZERO).as_secs_f64() * 1e6 / bodies.len() as f64
    };
    let compress = best(&|| {
        bodies.iter().for_each(|body| drop(black_box((codec.compress)(black_box(body)))));
    });
    let expand = best(&|| {
        compressed.iter().for_each(|data| drop(black_box((codec.expand)(black_box(data)))));
    });
    [stored as f64 / (bodies.len() * PAGE_SIZE_BYTES) as f64, compress, expand]
}
