//! Looking into images as a user does it: while they run, after they were killed, and when they are
//! damaged.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::{content, pscheme, shown, wait_until, write};

/// The program of the golden text: it ends with processes in a loop, in a deep recursion, in the
/// callback of `map`, and with a variable that is assigned.
const PLACES: &str = include_str!("inspect/places.scm");
/// Runs until it is killed; main counts in a box, the other one waits deep in a recursion.
const ENDLESS: &str = "(define rounds 0)
(define (turn n) (set! rounds n) (yield) (turn (+ n 1)))
(define (deep n) (if (= n 0) (deep-end) (+ 1 (deep (- n 1)))))
(define (deep-end) (yield) (deep-end))
(spawn (lambda () (deep 5000)))
(let ((count 10))
  (set! count (+ count 1))
  (display \"started\")
  (turn 0)
  (display count))
";

fn start(folder: &Path, text: &str) -> Child {
    write(folder, "e.scm", text);
    let child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["run", "e.scm"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the script runs", || rounds(folder).is_some_and(|rounds| rounds > 0));
    child
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = pscheme(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", shown(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The value of `rounds` in the newest commit, if there is one.
fn rounds(folder: &Path) -> Option<i64> {
    let output = pscheme(folder, &["show", "--json", "e.scm.image", "rounds"]);
    let value: Value = serde_json::from_slice(&output.stdout).ok()?;
    value["globals"][0]["value"].as_str()?.parse().ok()
}

const LOOKS: [&[&str]; 5] = [
    &["ps", "e.scm.image"],
    &["stack", "e.scm.image", "MAIN"],
    &["show", "e.scm.image", "rounds"],
    &["heap", "e.scm.image"],
    &["check", "e.scm.image"],
];

/// Every look in both forms; `MAIN` is the number of the main process.
fn look_everywhere(folder: &Path, held_by: Option<u32>) {
    let processes = json(folder, &["ps", "--json", "e.scm.image"]);
    let rows = processes["processes"].as_array().unwrap();
    let main = rows.iter().find(|row| row["main"] == true).unwrap()["process"].to_string();
    for look in LOOKS {
        let arguments: Vec<&str> =
            look.iter().map(|&word| if word == "MAIN" { main.as_str() } else { word }).collect();
        let plain = pscheme(folder, &arguments);
        let text = shown(&plain.stdout);
        assert_eq!(plain.status.code(), Some(0), "{look:?}: {text}{}", shown(&plain.stderr));
        let wanted = match held_by {
            Some(pid) => format!(", running in process {pid}\n"),
            None => ", nobody runs it\n".to_string(),
        };
        assert!(text.contains(&wanted), "{look:?}: {text}");
        assert!(!text.contains('\x1b'), "colours are for terminals");
        let object = json(folder, &[&arguments[..1], &["--json"], &arguments[1..]].concat());
        assert_eq!(object["held_by"].as_u64(), held_by.map(u64::from));
        assert_eq!(object["image"], "e.scm.image");
        assert!(
            object["commit"].as_u64().unwrap() > 0 && object["findings"] == Value::Array(vec![])
        );
    }
    let stack = &json(folder, &["stack", "--json", "e.scm.image", &main])["stack"];
    let frames = stack["newest"].as_array().unwrap();
    let form = frames.last().unwrap();
    assert_eq!(form["procedure"], "top level");
    let local = &form["locals"][0];
    assert_eq!((local["name"].as_str(), local["value"].as_str()), (Some("count"), Some("11")));
    let deep = rows.iter().find(|row| row["main"] == false).unwrap()["process"].to_string();
    let stack = &json(folder, &["stack", "--json", "e.scm.image", &deep])["stack"];
    assert_eq!(stack["depth"], 5001);
    assert_eq!(stack["oldest"].as_array().unwrap().len(), 3);
}

#[test]
fn an_image_is_looked_at_while_it_runs_after_a_kill_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("e.scm.image");
    let mut child = start(folder.path(), ENDLESS);
    look_everywhere(folder.path(), Some(child.id()));
    let held = pscheme(folder.path(), &["resume", "e.scm.image"]);
    let said = shown(&held.stderr);
    assert_eq!(held.status.code(), Some(75), "{said}");
    assert!(said.contains(&format!("held by process {}", child.id())), "{said}");
    assert!(said.contains("help: pscheme ps e.scm.image shows"), "{said}");
    child.kill().unwrap();
    child.wait().unwrap();

    let before = content(&image);
    assert!(before.iter().any(|(name, _)| name == "heap.db-wal"), "a killed owner leaves a log");
    let reached = rounds(folder.path()).unwrap();
    look_everywhere(folder.path(), None);
    assert!(before == content(&image), "looking at a killed image changes nothing");

    // Without its index of the log SQLite would have to make that file.
    std::fs::remove_file(image.join("heap.db-shm")).unwrap();
    look_everywhere(folder.path(), None);
    assert!(!image.join("heap.db-shm").exists(), "looking makes no file");

    std::fs::remove_file(folder.path().join("e.scm")).unwrap();
    for verb in ["resume", "run"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
            .args([verb, "e.scm.image"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let so_far = rounds(folder.path()).unwrap();
        wait_until("it goes on", || rounds(folder.path()).is_some_and(|rounds| rounds > so_far));
        assert!(so_far >= reached);
        let status = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(status.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
    let before = content(&image);
    assert!(!image.join("heap.db-wal").exists(), "a closed image has no log");
    look_everywhere(folder.path(), None);
    assert!(before == content(&image), "looking at a closed image changes nothing");
}

/// A transaction of which one page had come into the log is what a process that is killed then leaves.
#[test]
fn what_was_not_written_to_its_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), ENDLESS);
    child.kill().unwrap();
    child.wait().unwrap();
    let log = folder.path().join("e.scm.image/heap.db-wal");
    let mut content = std::fs::read(&log).unwrap();
    let (header, frame) = (32, 24 + 4_096);
    // The kill may have left some of its own: whole pages, or a part of one.
    content.truncate(header + (content.len() - header) / frame * frame);
    let first = content[header..header + frame].to_vec();
    content.extend_from_slice(&first);
    std::fs::write(&log, content).unwrap();

    let told = "was not written to its end: ";
    let summary = json(folder.path(), &["check", "--json", "e.scm.image"]);
    assert!(summary["unfinished"].as_str().unwrap().contains(told), "{summary}");
    assert_eq!(summary["findings"].as_array().map(Vec::len), Some(0), "{summary}");
    assert!(shown(&pscheme(folder.path(), &["ps", "e.scm.image"]).stdout).contains(told));
    let mut child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["run", "e.scm"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.path().join("said")).unwrap())
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(folder.path().join("said")).unwrap();
    wait_until("it goes on", || said().contains("going on in"));
    assert!(said().contains(told), "{}", said());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn images_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), ENDLESS);
    let image = folder.path().join("e.scm.image");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let rights_of = |image: &Path| {
        let files = std::fs::read_dir(image).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.file_name().unwrap().to_owned(), mode(&path))).collect::<Vec<_>>()
    };
    let backed_up = pscheme(folder.path(), &["backup", "e.scm.image", "copy"]);
    assert_eq!(backed_up.status.code(), Some(0), "{}", shown(&backed_up.stderr));
    let names = rights_of(&image);
    assert!(names.iter().any(|(name, _)| name == "heap.db-wal"));
    assert!(names.iter().any(|(name, _)| name == "heap.db-shm"));
    for image in [image.clone(), folder.path().join("copy")] {
        assert_eq!(mode(&image), 0o700);
        assert!(
            rights_of(&image).iter().all(|(_, mode)| *mode == 0o600),
            "{:?}",
            rights_of(&image)
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_backup_of_a_running_image_is_whole_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), ENDLESS);
    let output = pscheme(folder.path(), &["backup", "e.scm.image", "copy"]);
    let said = shown(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", shown(&output.stderr));
    assert!(said.starts_with("copy: commit ") && said.ends_with("read back and sound\n"), "{said}");
    let again = pscheme(folder.path(), &["backup", "e.scm.image", "copy"]);
    assert_eq!(again.status.code(), Some(1), "never overwrites");
    assert!(shown(&again.stderr).contains("error[E0008]: copy exists already"));
    child.kill().unwrap();
    child.wait().unwrap();
    let checked = pscheme(folder.path(), &["check", "copy"]);
    assert_eq!(checked.status.code(), Some(0), "{}", shown(&checked.stdout));
    let value = |folder: &Path| {
        let shown = json(folder, &["show", "--json", "copy", "rounds"]);
        shown["globals"][0]["value"].as_str().unwrap().parse::<i64>().unwrap()
    };
    let copied = value(folder.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_pscheme"))
        .args(["resume", "copy"])
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the copy goes on", || value(folder.path()) > copied);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The text with `L` for the lines and columns of the library's files, which change with them.
fn without_library_lines(text: &str) -> String {
    let mut parts = text.split("prelude/");
    let mut masked = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (name, rest) = part.split_once(".scm").expect("a file of the library");
        let rest = rest.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
        masked.push_str(&format!("prelude/{name}.scm:L{rest}"));
    }
    masked
}

#[test]
fn processes_stacks_and_values_look_as_they_did() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "places.scm", PLACES);
    let run = pscheme(folder.path(), &["run", "places.scm", "--image", "i"]);
    assert_eq!(run.status.code(), Some(3), "{}", shown(&run.stderr));
    let processes = json(folder.path(), &["ps", "--json", "i"]);
    let rows = processes["processes"].as_array().unwrap();
    let numbers: Vec<i64> = rows.iter().map(|row| row["process"].as_i64().unwrap()).collect();
    let mut questions = vec![vec!["ps".to_string(), "i".into()]];
    questions.extend(numbers.iter().map(|number| {
        ["stack", "i", &number.to_string(), "--frames", "4"].map(str::to_string).to_vec()
    }));
    for name in ["accounts", "table", "sum-balances", "map", "car", "ring", "counter"] {
        questions.push(["show", "i", name].map(str::to_string).to_vec());
    }
    let mut text = String::new();
    for question in &questions {
        let words: Vec<&str> = question.iter().map(String::as_str).collect();
        let output = pscheme(folder.path(), &words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", shown(&output.stderr));
        text.push_str(&format!("$ pscheme {}\n{}\n", words.join(" "), shown(&output.stdout)));
    }
    // Numbers of commits depend on the time, those of processes on how many the library needs.
    let commit = format!("commit {}", processes["commit"]);
    text = text.replace(&commit, "commit N");
    for (place, number) in numbers.iter().enumerate() {
        let letter = char::from(b'A' + place as u8);
        text = text.replace(&format!("stack i {number} "), &format!("stack i {letter} "));
        text = text.replace(&format!("process {number},"), &format!("process {letter},"));
        text = text.replace(&format!("\n{number} "), &format!("\n{letter}  "));
    }
    let text = without_library_lines(&text);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/inspect.txt");
    if std::env::var_os("PSCHEME_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == golden,
        "not as in {}; PSCHEME_BLESS=1 writes it anew:\n{text}",
        path.display()
    );
}

/// Changes bytes of an image's database, in the bodies of pages that hold `part`.
fn flip(image: &Path, part: &[u8]) -> usize {
    let path = image.join("heap.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let places: Vec<usize> = bytes
        .windows(part.len())
        .enumerate()
        .filter(|(_, window)| *window == part)
        .map(|(at, _)| at)
        .collect();
    for &at in &places {
        bytes[at] ^= 0x20;
    }
    std::fs::write(&path, bytes).unwrap();
    places.len()
}

#[test]
fn a_damaged_image_shows_what_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    // A vector of its own pages, too irregular to be compressed, so that its bytes are found.
    let text = "(await-commit)
        (define big (make-vector 6000 0))
        (do ((i 0 (+ i 1)) (x 12345 (modulo (+ (* x 1103515245) 12345) 2147483648)))
            ((= i 6000)) (vector-set! big i (* x 1073741824)))
        (define small '(a b c))
        (vector-set! big 3000 77777777777)
        (define (stuck) (yield) (stuck))
        (spawn stuck) (yield) (exit 0)";
    write(folder.path(), "d.scm", text);
    let run = pscheme(folder.path(), &["run", "d.scm", "--image", "i"]);
    assert_eq!(run.status.code(), Some(0), "{}", shown(&run.stderr));
    assert_eq!(pscheme(folder.path(), &["check", "i"]).status.code(), Some(0));
    let flipped = flip(&folder.path().join("i"), &(77777777777u64 * 8).to_le_bytes());
    assert!(flipped > 0, "the vector's page is stored as it is");

    let checked = pscheme(folder.path(), &["check", "--json", "i"]);
    assert_eq!(checked.status.code(), Some(65));
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let findings: Vec<&str> =
        checked["findings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(
        checked["sound"] == false && findings.iter().any(|f| f.contains("does not have its hash"))
    );
    let whole = checked["newest_whole"]["commit"].as_u64().expect("an older commit is whole");
    assert!(whole < checked["commit"].as_u64().unwrap());
    let named = format!("i@{whole}");
    assert_eq!(pscheme(folder.path(), &["check", &named]).status.code(), Some(0));
    let ask = |arguments: &[&str]| {
        let output = pscheme(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(65), "{arguments:?} tells that there is damage");
        shown(&output.stdout)
    };
    assert!(ask(&["show", "i", "small"]).contains("small = (a b c)"));
    assert!(ask(&["show", "i", "big"]).contains("big = #<damaged>"));
    assert!(ask(&["ps", "i"]).contains("stuck"));
    assert!(ask(&["heap", "i"]).contains("Symbol"));
    let resumed = pscheme(folder.path(), &["resume", "i"]);
    assert_eq!(resumed.status.code(), Some(65), "{}", shown(&resumed.stderr));
    let copied = pscheme(folder.path(), &["backup", "i", "copy"]);
    assert_eq!(copied.status.code(), Some(65), "{}", shown(&copied.stderr));
    assert!(!folder.path().join("copy").exists(), "nothing is left of a copy that is not sound");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "the script and its image");

    // Back to what is whole, and on from there.
    let text = shown(&pscheme(folder.path(), &["check", "i"]).stdout);
    assert!(text.contains(&format!("pscheme rewind i {whole}")), "{text}");
    assert!(
        ask(&["repair", "i"]).contains(&format!("the newest commit that is whole is {whole},"))
    );
    let rewound = pscheme(folder.path(), &["repair", "i", "--accept-loss"]);
    assert_eq!(rewound.status.code(), Some(0), "{}", shown(&rewound.stderr));
    assert!(shown(&rewound.stdout).contains(&format!("has the state of commit {whole}")));
    assert_eq!(pscheme(folder.path(), &["check", "i"]).status.code(), Some(0));
    let resumed = pscheme(folder.path(), &["resume", "i"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", shown(&resumed.stderr));
}

#[test]
fn what_lay_on_a_damaged_page_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // Too irregular to be compressed, so that their bytes are found.
    let text = r#"(define (irregular marker)
          (let ((v (make-vector 6000 0)))
            (do ((i 0 (+ i 1)) (x 12345 (modulo (+ (* x 1103515245) 12345) 2147483648)))
                ((= i 6000) (vector-set! v 3000 (string->number marker)) v)
              (vector-set! v i (* x 1073741824)))))
        (define table (list 1 2 (vector 'x (irregular "77777777777"))))
        (define held
          (spawn (lambda ()
            (let ((mine (irregular "88888888888")))
              (recv (x (display (vector-ref mine 7))))))))
        (yield) (await-commit) (exit 0)"#;
    write(folder.path(), "d.scm", text);
    let run = pscheme(folder.path(), &["run", "d.scm", "--image", "i"]);
    assert_eq!(run.status.code(), Some(0), "{}", shown(&run.stderr));
    for marker in [77777777777u64, 88888888888] {
        let flipped = flip(&folder.path().join("i"), &(marker * 8).to_le_bytes());
        assert!(flipped > 0, "the page is stored as it is");
    }
    let checked = pscheme(folder.path(), &["check", "--json", "i"]);
    assert_eq!(checked.status.code(), Some(65));
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let lost = checked["lost"].as_array().unwrap();
    assert_eq!(lost.len(), 2, "{lost:?}");
    let of = |path: &str| {
        let has_path =
            |page: &&Value| page["path"].as_str().is_some_and(|found| found.starts_with(path));
        lost.iter().find(has_path).unwrap_or_else(|| panic!("{path}: {lost:?}"))
    };
    let of_variable = of("variable table");
    assert_eq!(of_variable["path"], "variable table → cdr × 2 → car → Vector[1]");
    assert_eq!(of_variable["objects"], serde_json::json!([{ "kind": "Vector", "objects": 1 }]));
    let of_process = of("process ");
    assert_eq!(of_process["objects"], serde_json::json!([{ "kind": "Vector", "objects": 1 }]));
    let path = of_process["path"].as_str().unwrap();
    assert!(path.contains("Process.continuation") && path.contains("frame word"), "{path}");
    let number = of_process["process"].as_i64().unwrap();
    assert!(path.starts_with(&format!("process {number} ")), "{path}");
    let text = shown(&pscheme(folder.path(), &["check", "i"]).stdout);
    assert!(
        text.contains("1 Vector that others refer to, the first from variable table"),
        "{text}"
    );
}

#[test]
fn no_flip_makes_an_inspector_panic() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "places.scm", PLACES);
    pscheme(folder.path(), &["run", "places.scm", "--image", "i"]);
    let path = folder.path().join("i/heap.db");
    let sound = std::fs::read(&path).unwrap();
    let mut seed = 42u64;
    for round in 0..25 {
        let mut bytes = sound.clone();
        for _ in 0..=round {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] ^= 1 << (seed >> 60 & 7);
        }
        std::fs::write(&path, bytes).unwrap();
        for arguments in
            [&["ps", "i"][..], &["heap", "i"], &["show", "i", "table"], &["stack", "i", "13"]]
        {
            let output = pscheme(folder.path(), arguments);
            let code = output.status.code();
            let said = shown(&output.stderr);
            assert!(
                matches!(code, Some(0 | 1 | 2 | 65 | 69)) && !said.contains("panicked"),
                "round {round}, {arguments:?}: {code:?} {said}"
            );
        }
    }
}

#[test]
fn wrong_usage_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = [
        &["ps", "missing"][..],
        &["stack", "missing", "1"],
        &["show", "missing", "x"],
        &["heap", "missing"],
        &["check", "missing"],
        &["resume", "missing"],
        &["backup", "missing", "copy"],
        &["run", "missing.scm"],
        &["missing.scm"],
        &["nonsense"],
        &["ps"],
        &["stack", "missing", "first"],
        &["man", "nonsense"],
        &["completions", "nonsense"],
    ];
    for arguments in missing {
        let output = pscheme(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", shown(&output.stderr));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let said = shown(&pscheme(folder.path(), &["nonsense"]).stderr);
    assert!(said.contains("there is no command 'nonsense'"), "{said}");
    write(folder.path(), "nonsense", "(display 5)");
    for arguments in [&["--", "nonsense"][..], &["./nonsense"]] {
        assert_eq!(shown(&pscheme(folder.path(), arguments).stdout), "5");
    }
}

#[test]
fn an_image_is_known_by_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.scm", "(define answer 42)");
    pscheme(folder.path(), &["run", "a.scm", "--image", "plain-name"]);
    for path in ["plain-name", "./plain-name/", "plain-name/heap.db"] {
        let output = pscheme(folder.path(), &["show", path, "answer"]);
        assert!(shown(&output.stdout).contains("answer = 42"), "{path}: {}", shown(&output.stderr));
    }
    let unknown = pscheme(folder.path(), &["show", "plain-name", "answr"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(shown(&unknown.stderr).contains("no global variable answr; is it answer?"));
    let plain = pscheme(folder.path(), &["./plain-name"]);
    assert_eq!(plain.status.code(), Some(2));
    assert!(shown(&plain.stderr).contains("is an image; pscheme resume"));
    let ended = pscheme(folder.path(), &["run", "plain-name"]);
    assert!(shown(&ended.stderr).contains("has ended with status 0"), "{}", shown(&ended.stderr));
    let wrong = pscheme(folder.path(), &["run", "plain-name", "--restart"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn completions_and_manual_come_from_the_definition() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = shown(&pscheme(folder.path(), &["completions", shell]).stdout);
        assert!(script.contains("backup") && script.contains("heap-limit"), "{shell}");
    }
    let manual = shown(&pscheme(folder.path(), &["man"]).stdout);
    assert!(manual.contains(".TH pscheme 1") && manual.contains("EXIT STATUS"), "{manual}");
    assert!(manual.contains("Another process holds the image"), "{manual}");
    let page = shown(&pscheme(folder.path(), &["man", "stack"]).stdout);
    assert!(page.contains("pscheme\\-stack") && page.contains("\\-\\-frames"), "{page}");
    let help = shown(&pscheme(folder.path(), &["--help"]).stdout);
    assert!(help.contains("75  Another process holds the image."), "{help}");
    let version = shown(&pscheme(folder.path(), &["--version"]).stdout);
    assert_eq!(version, format!("pscheme {}\n", env!("CARGO_PKG_VERSION")));
}
