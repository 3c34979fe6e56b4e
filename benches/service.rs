//! The service as a portal meets it: HTTPS, tokens, the store and the trail, a client on the same processors.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::measure::{Bound, Target};
use crate::small;

/// Connections of the client, each with one request at a time.
const CLIENTS: u32 = 32;
/// Signers that are remembered, unless none is.
const REMEMBERED: usize = 2_000;
/// Requests that are measured; before them come as many that are not.
const REQUESTS: u32 = 20_000;
/// Requests after which the memory is looked at, and looked at again.
const FEW: u32 = 1_000;
const MANY: u32 = 100_000;
/// Clients that send an octet a second.
const SLOW_CLIENTS: usize = 500;
/// A large upload, in octets.
const LARGE: usize = 200 * 1024 * 1024;

/// Prints the table; returns the targets.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let bodies = Bodies::write(folder)?;
    println!("### HTTPS, `POST /v1/verifications`, 10 KiB p7m, {CLIENTS} connections kept open\n");
    println!("| | |\n| --- | ---: |");
    let (service, _) = Service::start(folder, 0)?;
    service.load(&bodies.small, FEW)?;
    let of_new_signers = rate(&service, &bodies, (folder, 0), "the signer is new")?;
    drop(service);

    let (service, ready) = Service::start(folder, REMEMBERED)?;
    println!("| from the start of the process until it takes connections, ms | {:.0} |", ready.as_secs_f64() * 1e3);
    service.load(&bodies.small, FEW)?;
    let after_few = service.memory("VmRSS")?;
    let of_known_signers = rate(&service, &bodies, (folder, REMEMBERED), "the signer is remembered")?;

    service.load(&bodies.small, MANY - REQUESTS - FEW)?;
    let after_many = service.memory("VmRSS")?;
    println!("| MiB resident after {FEW} requests | {:.1} |", mib(after_few));
    println!("| MiB resident after {MANY} requests | {:.1} |", mib(after_many));

    let small_peak = service.peak(|| service.load(&bodies.small, 10).map(drop))?;
    let large_peak = service.peak(|| service.load_with(&bodies.large, 1, 1).map(drop))?;
    let more = mib(large_peak) - mib(small_peak);
    println!("| MiB more at the peak for 200 MB than for 10 kB | {more:.1} |");

    let alone = service.best_rate_of_one_client(&bodies)?;
    let slow = service.slow_clients()?;
    let beside = service.best_rate_of_one_client(&bodies)?;
    drop(slow);
    let slower = alone / beside;
    println!("| requests a second of one client, alone | {alone:.0} |");
    println!("| the same beside {SLOW_CLIENTS} slow ones | {beside:.0} |\n");

    Ok(vec![
        target("requests a second, of one thread in the process; new signers", of_new_signers, Bound::AtLeast(0.4)),
        target("requests a second, of one thread in the process; known signer", of_known_signers, Bound::AtLeast(0.4)),
        target("memory after 100,000 requests, of that after 1,000", after_many / after_few, Bound::AtMost(1.1)),
        target("ready, ms", ready.as_secs_f64() * 1e3, Bound::AtMost(200.0)),
        target("200 MB upload, MiB more than 10 kB", more, Bound::AtMost(8.0)),
        target("500 slow clients: time of a fast one, of that alone", slower, Bound::AtMost(1.2)),
    ])
}

/// Requests a second, of those of one thread in this process, both with so many signers remembered.
fn rate(
    service: &Service,
    bodies: &Bodies,
    (folder, remembered): (&Path, usize),
    case: &str,
) -> Result<f64, Box<dyn Error>> {
    let before = small::rate_of_one_thread(folder, remembered)?;
    let load = service.load(&bodies.small, REQUESTS)?;
    let after = small::rate_of_one_thread(folder, remembered)?;
    let in_process = f64::midpoint(before, after);
    println!("| {case}: one thread in the process, requests a second | {in_process:.0} |");
    println!("| {case}: requests a second | {:.0} |", load.rate);
    println!("| {case}: half of the answers within, ms | {:.1} |", load.p50.as_secs_f64() * 1e3);
    println!("| {case}: 99 in a hundred within, ms | {:.1} |", load.p99.as_secs_f64() * 1e3);
    Ok(load.rate / in_process)
}

fn target(text: &str, measured: f64, bound: Bound) -> Target {
    Target { text: format!("HTTPS: {text}"), measured, bound }
}

/// Kibibytes, as the kernel counts, in MiB.
fn mib(kib: f64) -> f64 {
    kib / 1024.0
}

/// Bodies of requests, as files that the client sends.
struct Bodies {
    small: PathBuf,
    large: PathBuf,
}

const BOUNDARY: &str = "varco-bench-1d6f0c";

impl Bodies {
    fn write(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let (p7m, fiscal_code) = small::document(folder)?;
        let write = |name: &str, p7m: &[u8]| -> io::Result<PathBuf> {
            let path = folder.join(name);
            let mut out = fs::File::create(&path)?;
            for (field, value) in [("fiscal_code", fiscal_code.as_str()), ("at", small::AT_TEXT)] {
                write!(out, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")?;
            }
            write!(out, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ads.p7m\"\r\n\r\n")?;
            out.write_all(p7m)?;
            write!(out, "\r\n--{BOUNDARY}--\r\n")?;
            Ok(path)
        };
        Ok(Self {
            small: write("small.multipart", &p7m)?,
            large: write("large.multipart", &small::document_of(folder, LARGE)?)?,
        })
    }
}

/// What a run of the client showed.
struct Load {
    rate: f64,
    p50: Duration,
    p99: Duration,
}

/// A service of its own, with an empty store on a disk.
struct Service {
    process: Child,
    port: u16,
    token: String,
    log: PathBuf,
}

impl Service {
    /// Starts it; says how long that took.
    fn start(folder: &Path, remembered: usize) -> Result<(Self, Duration), Box<dyn Error>> {
        let folder = folder.join("service");
        let _from_the_last_run = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let certs = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs");
        let made = Command::new(certs.join("make-tls.sh")).arg(folder.join("tls")).status()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let config = folder.join("varco.toml");
        let shown = folder.display();
        let pki = crate::pki("");
        fs::write(
            &config,
            format!(
                "listen.address = \"127.0.0.1:{port}\"\nlisten.tls_certificate = \"{shown}/tls/tls.pem\"\n\
                 listen.tls_key = \"{shown}/tls/tls.key\"\nadmin.address = \"off\"\nstore.url = \"sqlite:{shown}/varco.db\"\n\
                 trust.anchors = [\"{pki}trust\"]\ntrust.crls = [\"{pki}crl\"]\n\
                 trust.remembered_signers = {remembered}\nlimits.requests_per_minute = 100000000\nlog.level = \"warn\"\n",
                pki = pki.display(),
            ),
        )?;
        let varco = || {
            let mut varco = Command::new(env!("CARGO_BIN_EXE_varco"));
            varco.stdin(Stdio::null()).stderr(Stdio::inherit());
            varco
        };
        let token = varco().args(["token", "create", "--name", "bench", "--config"]).arg(&config).output()?;
        let token = String::from_utf8(token.stdout)?.lines().next().unwrap_or_default().to_owned();
        if !made.success() || token.is_empty() {
            return Err("no certificate or no token".into());
        }
        let started = Instant::now();
        let process = varco().args(["serve", "--config"]).arg(&config).spawn()?;
        let service = Self { process, port, token, log: folder.join("requests.tsv") };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Ok((service, started.elapsed()))
    }

    fn load(&self, body: &Path, requests: u32) -> Result<Load, Box<dyn Error>> {
        self.load_with(body, requests, CLIENTS)
    }

    /// Sends a body so many times; every answer must be 201.
    fn load_with(&self, body: &Path, requests: u32, clients: u32) -> Result<Load, Box<dyn Error>> {
        let _from_the_last_run = fs::remove_file(&self.log);
        let output = Command::new("h2load")
            .args(["--h1", "-n", &requests.to_string(), "-c", &clients.min(requests).to_string(), "-t", "1"])
            .arg(format!("--log-file={}", self.log.display()))
            .arg("-d")
            .arg(body)
            .args(["-H", &format!("authorization: Bearer {}", self.token)])
            .args(["-H", &format!("content-type: multipart/form-data; boundary={BOUNDARY}")])
            .arg(format!("https://localhost:{}/v1/verifications", self.port))
            .output()?;
        if !output.status.success() {
            return Err("h2load failed; it is in the package nghttp2-client".into());
        }
        Load::read(&self.log, requests)
    }

    /// Requests a second of a client with one connection: the best of some runs, which other work on the machine disturbs.
    fn best_rate_of_one_client(&self, bodies: &Bodies) -> Result<f64, Box<dyn Error>> {
        let mut best = 0.0_f64;
        for _ in 0..5 {
            best = best.max(self.load_with(&bodies.small, FEW, 1)?.rate);
        }
        Ok(best)
    }

    /// A line of `/proc/PID/status`, in KiB.
    fn memory(&self, line: &str) -> Result<f64, Box<dyn Error>> {
        let status = fs::File::open(format!("/proc/{}/status", self.process.id()))?;
        for read in BufReader::new(status).lines() {
            if let Some(value) = read?.strip_prefix(line).and_then(|rest| rest.strip_prefix(':')) {
                return Ok(value.trim().trim_end_matches(" kB").parse()?);
            }
        }
        Err("no such line".into())
    }

    /// The most memory resident while something is done, in KiB.
    fn peak(&self, work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
        fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5")?;
        work()?;
        self.memory("VmHWM")
    }

    /// Opens connections whose requests never get anywhere, until the answer is dropped.
    fn slow_clients(&self) -> Result<Child, Box<dyn Error>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/slow_clients.py");
        let mut clients = Command::new("python3")
            .arg(script)
            .args([self.port.to_string(), SLOW_CLIENTS.to_string(), self.token.clone()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(clients.stdout.take().ok_or("no pipe")?).read_line(&mut line)?;
        if line.trim() != "ready" {
            return Err("the slow clients did not come up".into());
        }
        Ok(clients)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _stopped = self.process.kill();
        let _ended = self.process.wait();
    }
}

impl Load {
    /// The client's log has a line for each answer: start (µs since 1970), status, duration (µs).
    fn read(log: &Path, requests: u32) -> Result<Self, Box<dyn Error>> {
        let mut durations = Vec::new();
        let (mut first, mut last) = (u64::MAX, 0);
        for line in BufReader::new(fs::File::open(log)?).lines() {
            let line = line?;
            let mut columns = line.split('\t');
            let mut number = || columns.next().and_then(|column| column.parse::<u64>().ok()).ok_or("a bad line");
            let (start, status, duration) = (number()?, number()?, number()?);
            if status != 201 {
                return Err(format!("answered with {status}").into());
            }
            first = first.min(start);
            last = last.max(start + duration);
            durations.push(duration);
        }
        if durations.len() != usize::try_from(requests)? {
            return Err("answers are missing".into());
        }
        durations.sort_unstable();
        let at = |hundredth: usize| durations.get(durations.len() * hundredth / 100).copied().unwrap_or_default();
        let span = Duration::from_micros(last.saturating_sub(first));
        let rate = f64::from(requests) / span.as_secs_f64();
        Ok(Self { rate, p50: Duration::from_micros(at(50)), p99: Duration::from_micros(at(99)) })
    }
}
