//! Small programs, compiled and run on the abstract machine.

mod support;

use pscheme_compiler::listing::list_program;
use pscheme_vm::code::Constant;
use support::check::check_unit;
use support::machine::run_program;

/// Compiles, checks and runs a program; gives what its last form returns, or the error.
fn run(text: &str) -> String {
    let program = match support::compile("test.scm", text) {
        Ok(program) => program,
        Err(failure) => return failure.render(),
    };
    for thunk in &program.thunks {
        if let Err(broken) = check_unit(thunk) {
            panic!("{text}\n{broken}\n{}", list_program(&program));
        }
    }
    let outcome = std::panic::catch_unwind(|| {
        let (machine, result) = run_program(&program);
        match result {
            Ok(value) if machine.output.is_empty() => value.write(),
            Ok(value) => format!("{} {}", machine.output, value.write()),
            Err(error) => format!("error: {error}"),
        }
    });
    outcome.unwrap_or_else(|_| panic!("{text}\n{}", list_program(&program)))
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(run(text), expected, "{text}");
}

const FIB: &str = "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))";

#[test]
fn constants_and_conditionals() {
    check("42", "42");
    check("-7", "-7");
    check("1000000000000", "1000000000000");
    check("\"text\"", "\"text\"");
    check("'()", "()");
    check("#\\a", "#\\a");
    check("1.5", "1.5");
    check("123456789012345678901234567890", "123456789012345678901234567890");
    check("'(1 (2 #(3 x)) . y)", "(1 (2 #(3 x)) . y)");
    check("(if #f 1)", "unspecified");
    check("(if '() 'yes 'no)", "yes");
    check("(define x 1)", "unspecified");
    check("(define x 1) (if (not (< x 2)) 'a 'b)", "b");
    check(
        "(define x 1) (list (and) (and x 2) (and #f x) (or) (or #f x) (or x 2))",
        "(#t 2 #f #f 1 1)",
    );
    check("(define x '()) (list (null? x) (pair? x) (not x) (eq? x '()))", "(#t #f #f #t)");
    check(
        "(define x 5) (list (when (> x 3) 1 2) (unless (> x 3) 1) (when #f 1))",
        "(2 unspecified unspecified)",
    );
    check("(define (f x) (cond ((assq x '((a 1))) => car) ((eq? x 'b) 2) (else 3)))
           (define (assq k l) (cond ((null? l) #f) ((eq? (car (car l)) k) (cdr (car l))) (else (assq k (cdr l)))))
           (list (f 'a) (f 'b) (f 'c))", "(1 2 3)");
    check("(cond (#f 1))", "unspecified");
    check("(define x 3) (cond ((= x 4) 1) ((+ x 1)) (else 5))", "4");
    check("(define (f x) (or (< x 1) (> x 10))) (list (f 0) (f 5) (f 11))", "(#t #f #t)");
    check(
        "(define (f x y) (and (< x 1) (or (= y 1) (= y 2)) 'in)) (list (f 0 1) (f 0 2) (f 0 3) (f 1 1))",
        "(in in #f #f)",
    );
    check(
        "(define (f a b c) (if (if a b c) 'y 'n)) (list (f 1 #f 1) (f 1 1 #f) (f #f 1 1) (f #f 1 #f))",
        "(n y y n)",
    );
    check("(define (f a) (if (not (not a)) 'y 'n)) (list (f 1) (f #f))", "(y n)");
    check(
        "(define (f a b) (if (and a (not b)) 'y 'n)) (list (f 1 1) (f 1 #f) (f #f #f))",
        "(n y n)",
    );
}

#[test]
fn case_compares_with_eqv() {
    let program =
        "(define (f x) (case x ((1 2 3) 'small) ((a #\\b) 'name) ((1.5 100000000000000000000) 'odd)
                     ((()) 'empty) ((8) => (lambda (k) (+ k 1))) (else => (lambda (k) (list k)))))";
    let calls = "(list (f 2) (f 'a) (f #\\b) (f 1.5) (f '()) (f 8) (f \"s\"))";
    check(&format!("{program} {calls}"), "(small name name odd empty 9 (\"s\"))");
    check("(case 5 ((1) 2))", "unspecified");
    check(
        "(case (car '(c d)) ((a e i o u) 'vowel) ((w y) 'semivowel) (else 'consonant))",
        "consonant",
    );
}

#[test]
fn arithmetic_and_comparison() {
    check(
        "(define x 7) (list (+ x 1) (+ 1 x) (- x 2) (- 2 x) (* x 3) (+ x x x) (- x 1 2))",
        "(8 8 5 -5 21 21 4)",
    );
    check("(define x -7) (list (quotient x 2) (remainder x 2) (modulo x 2))", "(-3 -1 1)");
    check(
        "(define x 40000) (list (+ x 40000) (- x 40000) (< x 40000) (> x 39999))",
        "(80000 0 #f #t)",
    );
    check(
        "(define x 5) (list (< 1 x 9) (< 1 x 5) (> 9 x 1) (<= 5 x 5) (>= x 6) (= x 5 5))",
        "(#t #f #t #t #f #t)",
    );
    check("(define x 0) (list (zero? x) (positive? x) (negative? x) (zero? 0.0))", "(#t #f #f #t)");
    check("(define (f x) (list (if (< 3 x) 'y 'n) (if (> 3 x) 'y 'n) (if (= 3 x) 'y 'n) (if (>= x 3) 'y 'n) (if (<= x 3) 'y 'n) (if (positive? x) 'y 'n) (if (negative? x) 'y 'n) (if (zero? x) 'y 'n)))
           (list (f 3) (f 4) (f -1))", "((n n y y y y n n) (y n n y n y n n) (n y n n y n y n))");
    check(
        "(define nan +nan.0) (list (if (< nan 1) 1 2) (if (not (< nan 1)) 1 2) (>= nan 0))",
        "(2 1 #f)",
    );
    check("(+)", "0");
    check("(- 5)", "-5");
    check("(define (f) (display 1) 1) (define (g) (display 2) 2) (> (f) (g))", "12 #f");
    check(
        "(define x '(1 (2 3) 4)) (list (cadr x) (cddr x) (caadr x) (caddr x))",
        "error: unbound variable caadr",
    );
    check(
        "(define x '((0) (2 3) 4)) (list (caar x) (cadr x) (cdar x) (cddr x) (caddr x))",
        "(0 (2 3) () (4) 4)",
    );
}

#[test]
fn procedures_and_closures() {
    check(&format!("{FIB} (fib 15)"), "610");
    check(
        "(define (tak x y z) (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y)))) (tak 8 4 2)",
        "3",
    );
    check(
        "(define (ack m n) (cond ((= m 0) (+ n 1)) ((= n 0) (ack (- m 1) 1)) (else (ack (- m 1) (ack m (- n 1)))))) (ack 2 5)",
        "13",
    );
    check("((lambda (x y) (- x y)) 5 3)", "2");
    check("((lambda args args) 1 2 3)", "(1 2 3)");
    check("((lambda (a . rest) (list a rest)) 1 2 3)", "(1 (2 3))");
    check("((lambda (a) a))", "error: wrong number of arguments: #<procedure >");
    check(
        "(define (f a . rest) (list a rest)) (list (f 1) (f 1 2) (f 1 2 3))",
        "((1 ()) (1 (2)) (1 (2 3)))",
    );
    check(
        "(define (adder n) (lambda (x) (+ x n))) (define a (adder 5)) (list (a 1) ((adder 7) 1))",
        "(6 8)",
    );
    check(
        "(define (compose f g) (lambda (x) (f (g x)))) ((compose car cdr) '(1 2))",
        "error: unbound variable cdr",
    );
    check(
        "(define (compose f g) (lambda (x) (f (g x)))) ((compose car (lambda (x) (cdr x))) '(1 2))",
        "2",
    );
    check("(define (f a b c d) (lambda () (list a b c d))) ((f 1 2 3 4))", "(1 2 3 4)");
    check("(define (f a) (lambda (b) (lambda (c) (list a b c)))) (((f 1) 2) 3)", "(1 2 3)");
    check("(define (f x) (g x)) (define (g x) (* x 2)) (f 21)", "42");
    check("(define (f) 1) (f 2)", "error: wrong number of arguments: #<procedure f>");
    check("(car 1 2)", "error: wrong number of arguments: car");
    check("(5 5)", "error: not a procedure: 5");
    check("(apply + '(1 2 3))", "6");
    check(
        "(define (even? n) (if (= n 0) #t (odd? (- n 1)))) (define (odd? n) (if (= n 0) #f (even? (- n 1)))) (even? 101)",
        "#f",
    );
    check("(define (count n) (if (= n 0) 0 (+ 1 (count (- n 1))))) (count 20000)", "20000");
}

#[test]
fn local_procedures_and_loops() {
    check("(let loop ((i 0) (sum 0)) (if (= i 10) sum (loop (+ i 1) (+ sum i))))", "45");
    check("(let loop ((a 1) (b 2) (n 5)) (if (= n 0) (list a b) (loop b a (- n 1))))", "(2 1)");
    check(
        "(let loop ((a 1) (b 2) (c 3) (n 4)) (if (= n 0) (list a b c) (loop b c a (- n 1))))",
        "(2 3 1)",
    );
    check(
        "(let loop ((i 0) (fs '())) (if (= i 3) (list ((car fs)) ((cadr fs))) (loop (+ i 1) (cons (lambda () i) fs))))",
        "(2 1)",
    );
    check(
        "(define (f n) (do ((i 0 (+ i 1)) (acc '() (cons i acc))) ((= i n) (reverse acc)))) (f 4)",
        "(0 1 2 3)",
    );
    check(
        "(do ((vec (make-vector 5 0)) (i 0 (+ i 1))) ((= i 5) vec) (vector-set! vec i i))",
        "#(0 1 2 3 4)",
    );
    check("(do ((i 0 (+ i 1))) ((= i 3)) (display i))", "012 unspecified");
    check(
        "(define (f n) (let outer ((i 0) (acc 0)) (if (= i n) acc (let inner ((j 0) (acc acc)) (if (= j i) (outer (+ i 1) acc) (inner (+ j 1) (+ acc j))))))) (f 5)",
        "10",
    );
    check("(+ 1 (let loop ((i 0)) (if (< i 5) (loop (+ i 1)) i)))", "6");
    check(
        "(if (let loop ((l '(1 2 3))) (cond ((null? l) #f) ((= (car l) 2) #t) (else (loop (cdr l))))) 'found 'missing)",
        "found",
    );
    check(
        "(if (let loop ((l '(1 2 3))) (and (pair? l) (or (= (car l) 4) (loop (cdr l))))) 'found 'missing)",
        "missing",
    );
    check(
        "(define (f n) (define (ev? n) (if (= n 0) #t (od? (- n 1)))) (define (od? n) (if (= n 0) #f (ev? (- n 1)))) (ev? n)) (list (f 10) (f 7))",
        "(#t #f)",
    );
    check(
        "(define (f n) (define (ev? n) (if (= n 0) #t (od? (- n 1)))) (define (od? n) (if (= n 0) #f (ev? (- n 1)))) (list (ev? n) (od? n))) (f 7)",
        "(#f #t)",
    );
    check(
        "(define (f n) (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib n)) (f 10)",
        "55",
    );
    check(
        "(define (f k) (define (g n) (if (= n 0) '() (cons (+ n k) (g (- n 1))))) (g 3)) (f 10)",
        "(13 12 11)",
    );
    check(
        "(define (f k) (define (g n) (if (= n 0) '() (cons k (h (- n 1))))) (define (h n) (if (= n 0) '() (cons n (g (- n 1))))) (g 4)) (f 'k)",
        "(k 3 k 1)",
    );
}

#[test]
fn loops_with_more_than_jumps() {
    check(
        "(define (f x) (let ((g (lambda (y) (+ y x)))) (if (< x 0) (g 1) (g 2)))) (list (f -5) (f 5))",
        "(-4 7)",
    );
    check("(define (f x) (let ((g (lambda (y) (+ y x)))) (+ (g 1) (g 2)))) (f 5)", "13");
    check("(let loop ((i 0)) (if (< i 3) (begin (display i) (loop (+ i 1)))))", "012 unspecified");
    check(
        "(define (f) (let loop ((i 0)) (if (< i 3) (loop (+ i 1)) i) )) (display (f)) (f)",
        "3 3",
    );
    check(
        "(define (map f l) (if (null? l) '() (cons (f (car l)) (map f (cdr l))))) (define (scale l k) (map (lambda (x) (* x k)) l)) (scale '(1 2 3) 3)",
        "(3 6 9)",
    );
    check(
        "(let loop ((i 0) (x 'a)) (if (< i 2) (loop (+ i 1) (or (and (= i 5) x) (list x i))) x))",
        "((a 0) 1)",
    );
    check(
        "(let loop ((x 1) (y 2) (i 0)) (if (= i 3) (list x y) (loop (let ((t (+ x y))) (* t 2)) (if (< x 3) x y) (+ i 1))))",
        "(30 1)",
    );
    check("(let loop ((x 5)) (or (= x 0) (loop (- x 1))))", "#t");
    check(
        "(define (f x) (let loop ((x x)) (if (pair? x) (loop (car x)) (or x 'none)))) (list (f '((1))) (f '((#f))))",
        "(1 none)",
    );
    check(
        "(let ((x 1)) (let loop ((i 0) (acc '())) (if (= i 2) acc (loop (+ i 1) (cons (let inner ((j 0)) (if (= j i) (+ j x) (inner (+ j 1)))) acc)))))",
        "(2 1)",
    );
    check(
        "(define (f) (define x 1) (define (g) (* x 10)) (define y (g)) (list x y)) (f)",
        "(1 10)",
    );
}

#[test]
fn bindings() {
    check("(let ((x 1) (y 2)) (let ((x y) (y x)) (list x y)))", "(2 1)");
    check("(let* ((x 1) (y (+ x 1)) (x (* y 10))) (list x y))", "(20 2)");
    check("(letrec ((a (lambda () b)) (b 2)) (a))", "2");
    check("(letrec* ((a 1) (b (+ a 1))) (list a b))", "(1 2)");
    check("(let () 5)", "5");
    check("(define (f x) (define y (* x 2)) (define z (+ y 1)) (list x y z)) (f 3)", "(3 6 7)");
    check("(define (f) (define a 1) (display a) (define b (+ a 1)) (list a b)) (f)", "1 (1 2)");
    check("(define (f) (begin (define a 1) (define b 2)) (+ a b)) (f)", "3");
    check("(begin (define p 1) (define q 2)) (+ p q)", "3");
    check("(letrec ((a b) (b 1)) a)", "error: variable used before its definition");
    check(
        "(define (f) (define (g) x) (define y (g)) (define x 1) y) (f)",
        "error: variable used before its definition",
    );
    check("(define (f) (define (g) x) (define x 1) (g)) (f)", "1");
    check("(define (f) (define x 1) (define (g) x) (set! x 5) (g)) (f)", "5");
    check("(letrec ((x (list (lambda () x)))) (eq? x ((car x))))", "#t");
    check("(letrec ((f (lambda () (g))) (k (f)) (g (lambda () 7))) k)", "7");
    check("(letrec ((x (call/cc (lambda (k) k)))) (if (eq? x 1) 'again (x 1)))", "again");
    check("(let ((if list)) (if 1 2 3))", "(1 2 3)");
    check("(define (f list) (list 1 2)) (f +)", "3");
    check("(let ((else #f)) (cond (else 1) (#t 2)))", "2");
    check("(define (g define) (define 1)) (g (lambda (x) (+ x 1)))", "2");
    check("(define (car x) 'mine) (car '(1))", "mine");
    check("(define (f x) (car x)) (set! car (lambda (x) 'other)) (f '(1))", "other");
    check("(define when list) (when 1 2)", "(1 2)");
    check("(define (assert x) x) (assert 5)", "5");
    check("unknown", "error: unbound variable unknown");
    check("(set! unknown 1)", "error: unbound variable unknown");
}

#[test]
fn assignments_and_continuations() {
    check(
        "(define (counter) (let ((n 0)) (lambda () (set! n (+ n 1)) n))) (define c (counter)) (c) (c) (list (c) ((counter)))",
        "(3 1)",
    );
    check("(define x 1) (set! x (+ x 1)) x", "2");
    check("(define (f x) (set! x (* x 2)) (list x)) (f 4)", "(8)");
    check("(define (f . xs) (set! xs (cons 0 xs)) xs) (f 1 2)", "(0 1 2)");
    check(
        "(let loop ((i 0) (fs '())) (if (= i 2) (list ((car fs)) ((car fs)) ((cadr fs))) (begin (loop (+ i 1) (cons (lambda () (set! i (+ i 10)) i) fs)))))",
        "(11 21 10)",
    );
    check(
        "(define (make) (define n 0) (define (inc!) (set! n (+ n 1)) n) (define (get) n) (list inc! get)) (define m (make)) ((car m)) ((car m)) ((cadr m))",
        "2",
    );
    check("(define (f x) (let ((old x)) (set! x 5) (list old x))) (f 1)", "(1 5)");
    check("(+ 1 (call/cc (lambda (k) (+ 10 (k 5)))))", "6");
    check("(define saved #f) (define n 0)
           (define (f) (let ((x 0)) (call/cc (lambda (k) (set! saved k))) (set! x (+ x 1)) (set! n (+ n 1)) (if (< n 3) (saved 0) x))) (f)", "3");
    check("(define saved #f) (define n 0)
           (define (f) (let loop ((i 0)) (if (< i 3) (begin (if (= i 1) (call/cc (lambda (k) (if (not saved) (set! saved k))))) (loop (+ i 1))) (begin (set! n (+ n 1)) (if (< n 3) (saved 0) (list i n)))))) (f)", "(3 3)");
    check(
        "(define (find p l) (call/cc (lambda (return) (let loop ((l l)) (if (null? l) #f (begin (if (p (car l)) (return (car l))) (loop (cdr l)))))))) (find (lambda (x) (> x 2)) '(1 2 3 4))",
        "3",
    );
    check(
        "(define y 1) (define (f a b) (list a b)) (f (begin (set! y 2) y) (begin (set! y 3) y))",
        "(2 3)",
    );
    check("(define (f) (let ((x 1)) (+ x (begin (set! x 10) x) x))) (f)", "21");
}

#[test]
fn evaluation_order_and_windows() {
    let show = "(define (show x) (display x) x)";
    check(&format!("{show} (list (show 1) (show 2) (show 3))"), "123 (1 2 3)");
    check(
        &format!("{show} (define (f a b c) (list c b a)) (f (show 1) (show 2) (show 3))"),
        "123 (3 2 1)",
    );
    check(&format!("{show} (+ (show 1) (* (show 2) (show 3)) (show 4))"), "1234 11");
    check(&format!("{show} (cons (show 1) (cons (show 2) '()))"), "12 (1 2)");
    check(&format!("{show} (vector-ref (vector (show 1) (show 2)) (show 1))"), "121 2");
    check(&format!("{show} (let loop ((i 0)) (if (< (show i) 2) (loop (+ i 1)) 'end))"), "012 end");
    check(
        "(define (f a b c d) (list a b c d)) (define (g x) (* x x)) (f (g 1) (g 2) (f 3 (g 4) 5 6) (g 7))",
        "(1 4 (3 16 5 6) 49)",
    );
    check(
        "(define (f x) (list x (f2 x) x (f2 (f2 x)))) (define (f2 x) (+ x 1)) (f 1)",
        "(1 2 1 3)",
    );
    check("(define (k x) x) (define (f a b) (+ a (k b) a (k (k a)))) (f 1 2)", "5");
    check("(define v (vector 1 2 3)) (define (k x) x) (vector-set! v (k 1) (k 'x)) v", "#(1 x 3)");
    check("(define p (cons 1 2)) (set-car! p 3) (set-cdr! p 4) p", "(3 . 4)");
    check("(define p (cons 1 2)) (list (set-car! p 3) (car p))", "(unspecified 3)");
    check("(define (f) ((k car) '(9))) (define (k x) x) (f)", "9");
    check(
        "(define (k x) x) (define (f a b) (let ((c (k a)) (d (k b))) (let ((e (k (+ c d)))) (list a b c d e)))) (f 1 2)",
        "(1 2 1 2 3)",
    );
}

#[test]
fn quasiquotation() {
    check("`(1 ,(+ 1 1) ,@(list 3 4) 5)", "(1 2 3 4 5)");
    check("`(1 . ,(+ 1 1))", "(1 . 2)");
    check("`#(1 ,(+ 1 1) ,@(list 3))", "#(1 2 3)");
    check(
        "`(a `(b ,(c ,(+ 1 2))))",
        "(a (quasiquote (b (unquote (c (unquote (+ 1 2)))))))"
            .replace("(unquote (+ 1 2))", "3")
            .as_str(),
    );
    check("`(x ,@'(a b))", "(x a b)");
    check("`(x ,@'(a b) . c)", "(x a b . c)");
    check("`,(+ 1 2)", "3");
    check("`x", "x");
    check("(let ((name 'a)) `(list ,name ',name))", "(list a (quote a))");
    check("`(1 ,@'() . ,(list 2))", "(1 2)");
    check("`((,(+ 1 2) b) (c ,@(list 4)) d)", "((3 b) (c 4) d)");
}

#[test]
fn many_arguments_and_variables() {
    let numbers: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let names: Vec<String> = (0..300).map(|n| format!("a{n}")).collect();
    check(&format!("(define (f . xs) (length xs)) (f {})", numbers.join(" ")), "300");
    check(
        &format!("(define (f {}) (- a299 a0)) (f {})", names.join(" "), numbers.join(" ")),
        "299",
    );
    check(&format!("(+ {})", numbers.join(" ")), "44850");
    check(&format!("(length (list {}))", numbers.join(" ")), "300");
    let bindings: Vec<String> = (0..1000).map(|n| format!("(a{n} (k {n}))")).collect();
    check(&format!("(define (k x) x) (let ({}) (+ a0 a999))", bindings.join(" ")), "999");
    let nested = (0..200).fold("x".to_string(), |inner, n| format!("(k {inner} {n})"));
    check(&format!("(define (k x y) (+ x y)) (define (f x) {nested}) (f 0)"), "19900");
}

#[test]
fn long_procedures_use_wide_jumps() {
    let calls = "(k x) ".repeat(15_000);
    let program = format!(
        "(define n 0) (define (k x) (set! n (+ n x)))
         (define (f x) (if (< x 2) (begin {calls}) 'big)) (define (g x) (let loop ((i 0)) (if (= i x) 'end (begin {calls} (loop (+ i 1))))))
         (f 1) (list n (f 3) (g 2) n)"
    );
    check(&program, "(15000 big end 75000)");
}

const DEPTH: usize = 1_000_000;

#[test]
fn deep_expressions_do_not_overflow_the_host() {
    let sum = "(+ 1 ".repeat(DEPTH) + "0" + &")".repeat(DEPTH);
    let program = support::compile("deep.scm", &sum).unwrap();
    assert_eq!(run_program(&program).1.unwrap().write(), "1000000");
    // Less deep, because it is more code than a code object can hold either way.
    let called = "(".repeat(DEPTH * 3 / 5) + "f" + &")".repeat(DEPTH * 3 / 5);
    assert!(run(&called).contains("error[E0306]"));
}

#[test]
fn deep_data_and_templates_do_not_overflow_the_host() {
    let quoted = format!("(define x '{}{})", "(".repeat(DEPTH), ")".repeat(DEPTH));
    let program = support::compile("deep.scm", &quoted).unwrap();
    assert!(program.data.arena.len() >= DEPTH);
    let template = format!("(define y 1) `{}{}{}", "(".repeat(DEPTH), ",y", ")".repeat(DEPTH));
    let compiled = support::compile("deep.scm", &template);
    assert!(compiled.map(|_| ()).unwrap_err().render().contains("error[E0306]"));
}

#[test]
fn deep_nests_of_every_form_do_not_overflow_the_host() {
    let limited = ["(list 1 ", "(lambda () ", "(let ((x (f))) (cons x ", "(case x ((1) 2) (else "];
    let unlimited = [
        "(if x 1 ",
        "(begin 1 ",
        "(and x ",
        "(or x ",
        "(cond (x 1) (else ",
        "(let loop () ",
        "(let* ((a 1)) ",
        "(when x ",
        "(set! x ",
        "(not ",
        "(let ((x (f))) ",
    ];
    let compile = |open: &str| {
        let close = ")".repeat(open.matches('(').count() - open.matches(')').count());
        let text = open.repeat(20_000) + "x" + &close.repeat(20_000);
        support::compile("deep.scm", &text)
    };
    for open in limited {
        let found = compile(open).map(|_| open).unwrap_err();
        assert!(found.render().contains("error[E0306"), "{open}");
    }
    for open in unlimited {
        assert!(compile(open).is_ok(), "{open}");
    }
}

#[test]
fn forms_of_a_session_know_what_earlier_ones_redefined() {
    let inline = support::compile_form("(car x)", &[]).unwrap();
    assert!(list_program(&inline).contains("car r2 r2"));
    let called = support::compile_form("(car x)", &["car"]).unwrap();
    assert!(list_program(&called).contains("tail_call_global #1 r2 car"));
    assert!(support::compile_form("(when 1 2)", &["when"]).is_ok());
    assert!(support::compile_form("(if)", &[]).is_err());
}

#[test]
fn spans_name_the_source_of_calls() {
    let text = "(define (f x) (g (car x)))";
    let program = support::compile("test.scm", text).unwrap();
    let Constant::Code(unit) = &program.thunks[0].constants[0] else { panic!() };
    let texts: Vec<&str> =
        unit.spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
    assert_eq!(texts, ["(car x)", "(g (car x))"]);
    assert!(unit.spans.windows(2).all(|pair| pair[0].instruction < pair[1].instruction));
}

#[test]
fn an_internal_procedure_can_assign_its_own_name() {
    check("(define (f) (define (g) (set! g 1) g) (g)) (f)", "1");
    check("(define (f) (define r 0) (define (g) (set! r 5) (set! g r)) (g) g) (f)", "5");
}
