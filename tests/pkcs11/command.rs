//! `varco sign`, as people and scripts run it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::hsm::{FaultyModule, Hsm, PIN};
use crate::support::small_disk::SmallDisk;

/// A folder with documents, and a token beside it.
pub(super) struct Desk<'h> {
    hsm: &'h Hsm,
    pub(super) folder: TempDir,
}

/// What a run came to.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let text = |octets| String::from_utf8(octets).unwrap();
        Self { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl<'h> Desk<'h> {
    pub(super) fn new(hsm: &'h Hsm) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("accordo.txt"), "Accordo di servizio\n").unwrap();
        fs::write(folder.path().join("patto.txt"), "Patto di servizio\n").unwrap();
        fs::write(folder.path().join("pin"), format!("{PIN}\n")).unwrap();
        fs::create_dir(folder.path().join("firmati")).unwrap();
        Self { hsm, folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &str) -> Command {
        self.varco(&format!("sign {arguments}"))
    }

    /// The program, with these arguments.
    pub(super) fn varco(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_varco"));
        command.args(arguments.split(' ')).current_dir(self.folder.path());
        command.env("SOFTHSM2_CONF", self.hsm.configuration()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn run(&self, arguments: &str) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// What is in the folder of results.
    pub(super) fn results(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("firmati")).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Settings with this module under the id `prova`.
    fn configure(&self, module: &FaultyModule) {
        self.configure_with(module, 20);
    }

    /// The same, with the seconds that it may take.
    fn configure_with(&self, module: &FaultyModule, seconds: u32) {
        let settings = format!(
            "[sign]\nown_modules = true\nmodule_seconds = {seconds}\n[sign.modules]\nprova = {:?}\n",
            module.path().display().to_string()
        );
        fs::write(self.path("varco.toml"), settings).unwrap();
    }
}

const B: &str = "--module softhsm2 --token FIRMA --pin-file pin --format cades --level b";

/// OpenSSL's opinion of a signed file; the chain is not its concern here.
pub(crate) fn openssl_verifies(folder: &Path, signed: &str, document: Option<&str>) {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", signed]);
    if let Some(document) = document {
        command.args(["-content", document]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{signed}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn it_signs_what_openssl_verifies() {
    let desk = Desk::new(Hsm::shared());
    for key in ["a1", "b1"] {
        let run = desk.run(&format!("{B} --key {key} --output {key}.p7m accordo.txt"));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert_eq!(run.stdout, format!("accordo.txt: firmato in {key}.p7m\n"));
        openssl_verifies(desk.folder.path(), &format!("{key}.p7m"), None);
        let run = desk.run(&format!("{B} --key {key} --detached --output {key}.p7s accordo.txt"));
        assert_eq!(run.status, 0, "{}", run.stderr);
        openssl_verifies(desk.folder.path(), &format!("{key}.p7s"), Some("accordo.txt"));
    }
    assert_eq!(fs::metadata(desk.path("a1.p7m")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn it_signs_a_pdf_that_poppler_verifies() {
    let desk = Desk::new(Hsm::shared());
    let unsigned = "fixtures/pdf/stamped-before-signing/expected.pdf";
    fs::copy(unsigned, desk.path("accordo.pdf")).unwrap();
    for key in ["a1", "b1"] {
        let pades = "--module softhsm2 --pin-file pin --format pades --level b";
        let run = desk.run(&format!("{pades} --key {key} --output-dir firmati accordo.pdf"));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        let output =
            Command::new("pdfsig").arg("-nocert").arg(desk.path("firmati/accordo-firmato.pdf")).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("Signature is Valid") && said.contains("Total document signed"), "{said}");
        fs::remove_file(desk.path("firmati/accordo-firmato.pdf")).unwrap();
        let run = desk.run(&format!("{pades} --key {key} --output-dir firmati accordo.txt"));
        assert!(run.status == 2 && run.stderr.contains("non è un PDF"), "{}", run.stderr);
        assert_eq!(desk.results(), Vec::<String>::new());
    }
}

#[test]
fn several_files_have_one_pin_and_a_file_that_cannot_be_read_spoils_no_other() {
    let desk = Desk::new(Hsm::shared());
    let module = FaultyModule::new("NONE");
    desk.configure(&module);
    let several = "--config varco.toml --module prova --key b1 --pin-file pin --format cades --level b --output-dir firmati --json";
    let run = desk.run(&format!("{several} accordo.txt patto.txt"));
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A module that is not known may be a card's, and there is no reader here whose card could be reset: that is told.
    let told = lines.iter().map(|line| line["signed"].as_str().or(line["type"].as_str()).unwrap());
    let told: Vec<_> = told.collect();
    assert_eq!(told, ["urn:varco:problem:token", "firmati/accordo.txt.p7m", "firmati/patto.txt.p7m"]);
    assert_eq!(desk.results(), ["accordo.txt.p7m", "patto.txt.p7m"]);
    assert_eq!(module.calls(), "LSSO");
    // Nothing is overwritten, and nobody is asked for a PIN before that is known.
    let run = desk.run(&format!("{several} accordo.txt"));
    assert_eq!(run.status, 2);
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap()["type"], "urn:varco:problem:cannot-write");
    assert_eq!(module.calls(), "LSSO");
    // Of two documents of one name there would be one result.
    fs::create_dir(desk.path("altri")).unwrap();
    fs::write(desk.path("altri/nuovo.txt"), "a").unwrap();
    fs::write(desk.path("nuovo.txt"), "b").unwrap();
    assert_eq!(desk.run(&format!("{several} nuovo.txt altri/nuovo.txt")).status, 2);
    assert_eq!(desk.results().len(), 2);
}

#[test]
fn a_wrong_pin_is_refused_once_and_leaves_nothing() {
    let hsm = Hsm::new();
    let desk = Desk::new(&hsm);
    fs::write(desk.path("pin"), "654321").unwrap();
    let run = desk.run(&format!("{B} --key a1 --output-dir firmati accordo.txt patto.txt"));
    assert_eq!(run.status, 1);
    assert!(run.stderr.starts_with("Errore: Il PIN è sbagliato e non viene riprovato."), "{}", run.stderr);
    assert!(!run.stderr.contains("654321"));
    assert_eq!(desk.results(), Vec::<String>::new());
    fs::write(desk.path("pin"), "12\n").unwrap();
    let run = desk.run(&format!("{B} --key a1 --output-dir firmati accordo.txt"));
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("da 4 a 255 caratteri"), "{}", run.stderr);
}

#[test]
fn the_pin_may_come_from_standard_input_and_there_is_none_without_a_terminal() {
    let desk = Desk::new(Hsm::shared());
    let from_input = "--module softhsm2 --key a1 --pin-file - --format cades --level b --output a.p7m accordo.txt";
    let mut child = desk.command(from_input).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"123456\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    let asked = "--module softhsm2 --key a1 --format cades --level b --output b.p7m accordo.txt";
    let mut command = Command::new("setsid");
    let program = desk.command(asked);
    command.arg("--wait").arg(program.get_program()).args(program.get_args()).current_dir(desk.folder.path());
    command.env("SOFTHSM2_CONF", desk.hsm.configuration()).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Non c'è un terminale"));
}

#[test]
fn the_list_shows_keys_without_a_pin() {
    let desk = Desk::new(Hsm::shared());
    let run = desk.run("--list --module softhsm2 --json");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let listed: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(listed[0]["label"], "FIRMA");
    let keys = listed[0]["keys"].as_array().unwrap();
    let mut ids: Vec<&str> = keys.iter().map(|key| key["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a1", "b1"]);
    assert!(
        keys.iter().all(|key| key["kind"] == "qualified" && key["fit"] == true && key["unfit"] == Value::Array(vec![]))
    );
    let run = desk.run("--list --module softhsm2");
    assert!(run.stdout.contains("FIRMA RSA") && run.stdout.contains("adatta"), "{}", run.stdout);
}

#[test]
fn what_cannot_begin_says_why() {
    let desk = Desk::new(Hsm::shared());
    let common = "--pin-file pin --format cades --level b --output a.p7m accordo.txt";
    for (arguments, status, expected) in [
        (
            format!("--module /usr/lib/softhsm/libsofthsm2.so {common}"),
            2,
            "Non c'è un modulo con questo identificativo",
        ),
        (format!("--module safenet {common}"), 2, "non è installato"),
        (format!("--module softhsm2 --token ALTRO {common}"), 2, "Non c'è un dispositivo con questo nome"),
        (format!("--module softhsm2 --key zz {common}"), 2, "non c'è una chiave con questo nome"),
        (format!("--module softhsm2 {common}"), 2, "più chiavi adatte"),
        (format!("--module softhsm2 --key a1 {common} --level t"), 2, "una volta sola"),
        (format!("{B} --key a1 --output a.p7m manca.txt"), 2, "Il file non esiste"),
        (format!("{B} --key a1 --output a.p7m firmati"), 2, "È una cartella"),
        (format!("{B} --key a1 --output accordo.txt patto.txt"), 2, "non si sovrascrivono"),
        (format!("{B} --key a1 --output-dir manca accordo.txt"), 2, "La cartella dei file firmati non esiste"),
        (format!("{B} --key a1 --output a.p7m accordo.txt patto.txt"), 2, "un solo documento"),
        (format!("{B} --key a1 --output a.p7m"), 2, "Manca il documento da firmare"),
        (
            "--module softhsm2 --key a1 --format cades --level lta --pin-file pin --output a.p7m accordo.txt"
                .to_owned(),
            2,
            "indicarla con --tsa",
        ),
        (
            format!("{B} --key a1 --output a.p7m accordo.txt --level t").replace(" --level b", "")
                + " --tsa http://localhost/tsa",
            2,
            "indicarli con --trust",
        ),
        (
            format!("{B} --key a1 --output a.p7m accordo.txt --detached").replace("cades", "pades"),
            2,
            "--detached è per",
        ),
        (format!("{B} --key a1 --output a.p7m accordo.txt --visible 1,2,3"), 2, "servono pagina, X, Y"),
        (format!("{B} --key a1 --output a.p7m accordo.txt --reason prova"), 2, "--reason è per --format pades"),
        (format!("{B} --key a1 --output a.p7m accordo.txt --parallel"), 2, "Non è un file firmato"),
    ] {
        let run = desk.run(&arguments);
        assert_eq!(run.status, status, "{arguments}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{arguments}: {}", run.stderr);
        assert!(!desk.path("a.p7m").exists(), "{arguments}");
    }
}

#[test]
fn a_module_that_fails_leaves_nothing_signed_and_one_that_works_signs_after_it() {
    let good = FaultyModule::new("NONE");
    for (fault, status, expected) in [
        ("CRASH_IN_LOAD", 2, "si è interrotto per un suo difetto"),
        ("CRASH_IN_SIGN", 2, "si è interrotto per un suo difetto"),
        ("HANG_IN_LOAD", 2, "non ha risposto entro"),
        ("HANG_IN_SIGN", 2, "non ha risposto entro"),
        ("ENDLESS_SIGNATURE", 2, "si è interrotto per un suo difetto"),
        ("EMPTY_SIGNATURE", 1, "non corrisponde al certificato"),
        ("WRONG_SIGNATURE", 1, "non corrisponde al certificato"),
        ("REMOVED_IN_SIGN", 1, "La carta è stata tolta"),
        ("UNKNOWN_VALUE", 1, "CK_RV 0x77777777"),
        ("FINAL_TRY", 1, "Resta un solo tentativo"),
    ] {
        let desk = Desk::new(Hsm::shared());
        let module = FaultyModule::new(fault);
        desk.configure_with(&module, if fault.starts_with("HANG") { 3 } else { 20 });
        let both = "--config varco.toml --module prova --key a1 --pin-file pin --format cades --level b --output-dir firmati accordo.txt patto.txt";
        let run = desk.run(both);
        assert_eq!(run.status, status, "{fault}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{fault}: {}", run.stderr);
        assert_eq!(desk.results(), Vec::<String>::new(), "{fault}");
        let second = run.stderr.contains("patto.txt: Non firmato: il dispositivo si è fermato prima");
        assert_eq!(second, fault.contains("SIGN") || fault == "UNKNOWN_VALUE", "{fault}: {}", run.stderr);
        assert!(module.calls().matches('L').count() <= 1, "{fault}");
        desk.configure(&good);
        assert_eq!(desk.run(both).status, 0, "{fault}");
        assert_eq!(desk.results(), ["accordo.txt.p7m", "patto.txt.p7m"], "{fault}");
    }
}

#[test]
fn a_certificate_that_cannot_sign_is_refused_in_words_before_the_pin() {
    let hsm = Hsm::new();
    for (leaf, id) in [("qualified-expired", "c1"), ("tsa", "c3"), ("qualified-pas", "c4")] {
        hsm.add_certificate(leaf, id);
    }
    let desk = Desk::new(&hsm);
    let module = FaultyModule::new("NONE");
    desk.configure(&module);
    let common =
        "--config varco.toml --module prova --pin-file pin --format cades --level b --output a.p7m accordo.txt";
    let declared = "--fiscal-code SMPFMN85E52L736W";
    for (key, expected) in [
        ("--key c1".to_owned(), "il certificato è scaduto il 2025-12-16"),
        ("--key c3".to_owned(), "non è per firmare documenti"),
        ("--key a1 --fiscal-code DVRLTR78S23F205R".to_owned(), "Il certificato è di un'altra persona"),
        (format!("--key c4 {declared}"), "non contiene un codice fiscale valido"),
    ] {
        let run = desk.run(&format!("{common} {key}"));
        assert_eq!(run.status, 1, "{key}: {}", run.stderr);
        assert!(
            run.stderr.contains(expected) && run.stderr.contains("Il PIN non è stato usato"),
            "{key}: {}",
            run.stderr
        );
        assert!(!desk.path("a.p7m").exists(), "{key}");
    }
    assert_eq!(module.calls(), "", "nobody logged in");
    let run = desk.run(&format!("{common} --key a1 {declared}"));
    assert_eq!(run.status, 0, "{}", run.stderr);
    openssl_verifies(desk.folder.path(), "a.p7m", None);
    let run = desk.run(&format!("{common} --key a1 --fiscal-code SMPFMN85E52L736X"));
    assert!(run.status == 2 && run.stderr.contains("--fiscal-code"), "{}", run.stderr);
}

#[test]
fn a_disk_that_is_full_leaves_nothing_and_signs_when_there_is_room() {
    let desk = Desk::new(Hsm::shared());
    let Some(_disk) = SmallDisk::mount(&desk.path("firmati"), 1) else { return };
    fs::write(desk.path("grande.bin"), vec![7; 3 << 20]).unwrap();
    let run = desk.run(&format!("{B} --key a1 --output-dir firmati grande.bin accordo.txt"));
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (2, "accordo.txt: firmato in firmati/accordo.txt.p7m\n"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.starts_with("Errore: grande.bin: Il file firmato non si può scrivere"), "{}", run.stderr);
    assert!(run.stderr.contains("disco"), "{}", run.stderr);
    assert_eq!(desk.results(), ["accordo.txt.p7m"]);
    // Full to the last octet: there is nothing for any result.
    let mut filling = File::create(desk.path("firmati/altro")).unwrap();
    while filling.write_all(&[0; 4096]).is_ok() {}
    let run = desk.run(&format!("{B} --key a1 --output-dir firmati patto.txt"));
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert_eq!(desk.results(), ["accordo.txt.p7m", "altro"]);
    drop(filling);
    fs::remove_file(desk.path("firmati/altro")).unwrap();
    assert_eq!(desk.run(&format!("{B} --key a1 --output-dir firmati patto.txt")).status, 0);
    openssl_verifies(desk.folder.path(), "firmati/patto.txt.p7m", None);
}

#[test]
fn the_last_try_is_used_by_who_says_so() {
    let desk = Desk::new(Hsm::shared());
    let module = FaultyModule::new("FINAL_TRY");
    desk.configure(&module);
    let run = desk.run("--config varco.toml --module prova --key a1 --pin-file pin --last-try --format cades --level b --output a.p7m accordo.txt");
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// A process that is ended when it is no longer looked at.
struct Looked(Child);

impl Drop for Looked {
    fn drop(&mut self) {
        let _it_may_have_ended = self.0.kill();
        let _it_was_killed = self.0.wait();
    }
}

#[test]
fn the_pin_is_nowhere_to_be_found_while_the_card_signs() {
    /// Not the PIN of any other test, so that it is found where it is and nowhere else.
    const RARE: &str = "83615027";
    let hsm = Hsm::new();
    let change = ["--change-pin", "--new-pin", RARE];
    hsm.tool(&change);
    let desk = Desk::new(&hsm);
    let module = FaultyModule::new("HANG_IN_SIGN");
    desk.configure(&module);
    fs::write(desk.path("pin"), RARE).unwrap();
    let arguments = "--config varco.toml --module prova --key a1 --pin-file pin --format cades --level b --output-dir firmati accordo.txt";
    let parent = Looked(desk.command(arguments).spawn().unwrap());
    let until = Instant::now() + Duration::from_mins(1);
    while module.calls() != "L" {
        assert!(Instant::now() < until, "the module was never asked");
        std::thread::yield_now();
    }
    let process = PathBuf::from(format!("/proc/{}", parent.0.id()));
    for file in ["cmdline", "environ"] {
        // Not even that is for other processes of the same user.
        if let Ok(octets) = fs::read(process.join(file)) {
            assert!(!holds(&octets, RARE), "{file}");
        }
    }
    // It is wiped as soon as it is handed over, which the module may have noted a moment before.
    let until = Instant::now() + Duration::from_secs(10);
    while memory_holds(&process, RARE) {
        assert!(Instant::now() < until, "the PIN is still in memory");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let workers = fs::read_to_string(process.join(format!("task/{}/children", parent.0.id()))).unwrap_or_default();
    for worker in workers.split_whitespace() {
        for file in ["cmdline", "environ"] {
            assert!(!holds(&fs::read(format!("/proc/{worker}/{file}")).unwrap_or_default(), RARE));
        }
        assert_eq!(
            line_of(&format!("/proc/{worker}/limits"), "Max core file size").as_deref(),
            Some("0"),
            "no core dump"
        );
        if rustix::process::geteuid().is_root() {
            let locked = line_of(&format!("/proc/{worker}/status"), "VmLck:").unwrap();
            assert_ne!(locked, "0", "its memory is locked");
        }
    }
    drop(parent);
    assert_eq!(desk.results(), Vec::<String>::new());
}

/// What stands after a name in a file of the system.
fn line_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).unwrap();
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next().map(str::to_owned)
}

fn holds(octets: &[u8], text: &str) -> bool {
    octets.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Whether a process has this anywhere in its memory. Who is not root may not look, which is as good.
fn memory_holds(process: &Path, text: &str) -> bool {
    let (Ok(maps), Ok(mut memory)) = (fs::read_to_string(process.join("maps")), File::open(process.join("mem"))) else {
        return false;
    };
    assert!(!maps.is_empty());
    maps.lines().filter(|line| line.contains(" rw")).any(|line| {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let address = |hex| u64::from_str_radix(hex, 16).unwrap();
        let mut octets = vec![0; usize::try_from(address(end) - address(start)).unwrap()];
        memory.seek(SeekFrom::Start(address(start))).unwrap();
        memory.read_exact(&mut octets).is_ok() && holds(&octets, text)
    })
}
