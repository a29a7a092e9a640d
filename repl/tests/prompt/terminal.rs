//! A terminal to type into and to look at: tmux without a user.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Time an expected screen may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A command that runs in a terminal of 80 columns and 30 lines.
pub struct Terminal {
    socket: PathBuf,
    folder: PathBuf,
}

impl Terminal {
    /// Runs `pscheme` with these arguments in `folder`, which is also where the user's data is.
    ///
    /// # Panics
    /// Without tmux.
    pub fn open(folder: &Path, arguments: &str) -> Terminal {
        Terminal::open_with(folder, "NO_COLOR=1", arguments)
    }

    /// As [`Terminal::open`], with other variables of the environment.
    pub fn open_with(folder: &Path, variables: &str, arguments: &str) -> Terminal {
        let socket = folder.join("tmux.socket");
        let terminal = Terminal { socket, folder: folder.to_path_buf() };
        let command = format!(
            "cd '{folder}' && exec env HOME='{folder}' XDG_DATA_HOME='{folder}/data' \
             TERM=screen-256color {variables} '{program}' {arguments}",
            folder = folder.display(),
            program = env!("CARGO_BIN_EXE_pscheme"),
        );
        terminal.tmux(&[
            "new-session",
            "-d",
            "-s",
            "prompt",
            "-x",
            "80",
            "-y",
            "30",
            "cat",
            ";",
            "set-option",
            "-g",
            "remain-on-exit",
            "on",
            ";",
            "respawn-pane",
            "-k",
            "-t",
            "prompt",
            &command,
        ]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-f/dev/null")
            .arg("-S")
            .arg(&self.socket)
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("these tests need tmux; .ci/run installs it");
        assert!(
            output.status.success(),
            "tmux {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types text as it stands, without Enter.
    pub fn type_text(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "prompt", "-l", "--", text]);
    }

    /// Presses a key by its name in tmux: `Enter`, `C-c`, `Tab`, `Up`.
    pub fn press(&self, key: &str) {
        self.tmux(&["send-keys", "-t", "prompt", key]);
    }

    /// Types an entry and waits until the prompt takes the next one.
    pub fn enter(&self, entry: &str) {
        let before = self.prompts();
        self.type_text(entry);
        self.press("Enter");
        self.wait("the next prompt", |terminal, screen| {
            is_ready(screen) && (terminal.prompts() > before || screen.lines().count() >= 29)
        });
    }

    /// Prompts on the screen and above it.
    fn prompts(&self) -> usize {
        let all = self.tmux(&["capture-pane", "-p", "-S", "-", "-t", "prompt"]);
        all.lines().filter(|line| *line == ">" || line.starts_with("> ")).count()
    }

    /// Waits until the prompt takes an entry.
    pub fn wait_ready(&self) {
        self.wait("a prompt", |_, screen| is_ready(screen));
    }

    /// Waits until the screen holds a text; the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |_, screen| screen.contains(text))
    }

    fn wait(&self, what: &str, fits: impl Fn(&Terminal, &str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if fits(self, &screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "no {what:?} on the screen:\n{screen}");
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// The screen without empty lines at its end.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "prompt"]).trim_end().to_string() + "\n"
    }

    /// The screen with its colours.
    pub fn screen_with_colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e", "-t", "prompt"])
    }

    /// The number of the command's process.
    pub fn process(&self) -> String {
        self.tmux(&["display-message", "-p", "-t", "prompt", "#{pane_pid}"]).trim().to_string()
    }

    /// Sends a signal to the command.
    pub fn signal(&self, signal: &str) {
        let process = self.process();
        let status = Command::new("kill").args([signal, &process]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the command has ended; its status, or the signal that ended it.
    pub fn wait_for_end(&self) -> String {
        let format =
            "#{pane_dead} #{pane_dead_status}#{?pane_dead_signal,signal #{pane_dead_signal},}";
        let start = Instant::now();
        loop {
            let shown = self.tmux(&["display-message", "-p", "-t", "prompt", format]);
            if let Some(status) = shown.trim().strip_prefix("1 ") {
                return status.to_string();
            }
            assert!(start.elapsed() < PATIENCE, "the command does not end:\n{}", self.screen());
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// The screen as a golden file has it: without what differs from run to run.
    pub fn golden_screen(&self) -> String {
        let screen = self.screen().replace(&self.folder.display().to_string(), "FOLDER");
        let mut text = String::new();
        for line in screen.lines() {
            text.push_str(&without_number_after(line.trim_end(), "commit "));
            text.push('\n');
        }
        text
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The folder with the socket goes too; a server that is gone already is as good.
        let _ = Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}

fn is_ready(screen: &str) -> bool {
    screen.lines().last() == Some(">")
}

/// A line in which the number behind a word is `N`.
fn without_number_after(line: &str, word: &str) -> String {
    let Some(at) = line.find(word) else { return line.to_string() };
    let (before, after) = line.split_at(at + word.len());
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == after.len() { line.to_string() } else { format!("{before}N{rest}") }
}
