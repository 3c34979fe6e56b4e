//! A CNS behind `pcscd`: what a signature takes beyond the commands that the card must be sent for it.

use std::cell::RefCell;
use std::error::Error;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pcsc::{Context, Protocols, Scope, ShareMode};
use varco::sign::pkcs11::{AfterUse, ModuleSettings, Token};

use crate::cns::{CardBench, Pcscd, SIGNATURE_PIN};
use crate::measure::{Bound, Contender, Measured, Target, in_turns};
use crate::path::{Key, workers};

const TURNS: usize = 31;
const SLICE: Duration = Duration::from_millis(20);

/// Where `pcscd` is found, by way of a link to where it listens.
pub(crate) fn socket(folder: &Path) -> PathBuf {
    folder.join("pcscd")
}

/// Prints the table; returns the targets.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let bench = CardBench::start();
    std::os::unix::fs::symlink(bench.pcscd.socket(), socket(folder))?;
    let environment = vec![
        ("PCSCLITE_CSOCK_NAME", bench.pcscd.socket().into_os_string()),
        ("OPENSC_CONF", Pcscd::opensc_conf().into_os_string()),
    ];
    let module = ModuleSettings::default().find("opensc")?;
    let reader = bench.reader();
    let reset = AfterUse::Reset(Box::new(move |_| Ok(varco::card::reset(&reader)?)));
    let token = Token::find(module, Some("CARDA PROVA (PIN CNS1)"), reset, workers(environment))?;
    let key = Key::find("10", &token)?;

    // What is sent for one signature, without the PIN, which the log leaves out.
    let mut batch = key.begin(SIGNATURE_PIN, &token)?;
    key.sign(&mut batch)?;
    let before = bench.card().log().len();
    key.sign(&mut batch)?;
    let commands: Vec<Vec<u8>> = bench.card().log().iter().skip(before).cloned().collect();
    if commands.iter().any(|command| command.get(1) == Some(&0x20)) {
        return Err("a PIN was sent for a second signature".into());
    }
    let direct = Direct::connect(&bench.reader())?;
    let batch = RefCell::new(batch);
    let measured = in_turns(
        &mut [
            Contender::new("the commands alone, through PC/SC", || {
                assert!(direct.send(&commands).is_ok(), "the card answers");
            }),
            Contender::new("Varco: prepare, sign, verify, assemble", || {
                assert!(key.sign(&mut batch.borrow_mut()).is_ok(), "it signs");
            }),
        ],
        TURNS,
        SLICE,
    );
    batch.into_inner().finish()?;
    print_table(commands.len(), &measured);
    let [alone, varco] = measured.as_slice() else { return Err("not all were measured".into()) };
    let text = "Virtual CNS: milliseconds of a signature beyond its commands".to_owned();
    let beyond = varco.wall_beyond(alone) * 1e3;
    let mut targets = vec![Target { text, measured: beyond, bound: Bound::AtMost(10.0) }];
    targets.push(one_consent(&key, &direct, &token, &bench)?);
    Ok(targets)
}

/// A signature with a PIN entry of its own: log in, sign, log out, reset the card.
fn one_consent(key: &Key, direct: &Direct, token: &Token, bench: &CardBench) -> Result<Target, Box<dyn Error>> {
    let once = || -> Result<(), Box<dyn Error>> {
        let mut batch = key.begin(SIGNATURE_PIN, token)?;
        key.sign(&mut batch)?;
        Ok(batch.finish()?)
    };
    once()?;
    let before = bench.card().log().len();
    once()?;
    let commands: Vec<Vec<u8>> = bench.card().log().iter().skip(before).map(|command| whole(command)).collect();
    let measured = in_turns(
        &mut [
            Contender::new("the commands alone, through PC/SC", || {
                assert!(direct.send(&commands).is_ok(), "the card answers");
            }),
            Contender::new("Varco: log in, prepare, sign, verify, assemble, log out, reset", || {
                assert!(once().is_ok(), "it signs");
            }),
        ],
        TURNS,
        SLICE,
    );
    print_table(commands.len(), &measured);
    let [alone, varco] = measured.as_slice() else { return Err("not all were measured".into()) };
    let text = "Virtual CNS: milliseconds of a signature with its own PIN entry beyond its commands".to_owned();
    Ok(Target { text, measured: varco.wall_beyond(alone) * 1e3, bound: Bound::AtMost(10.0) })
}

/// A command as it was sent, with the PIN that the log leaves out.
fn whole(command: &[u8]) -> Vec<u8> {
    match command {
        [_, 0x20, _, _, 8] => [command, SIGNATURE_PIN.as_bytes()].concat(),
        _ => command.to_vec(),
    }
}

fn print_table(commands: usize, measured: &[Measured]) {
    println!("### Virtual CNS behind pcscd and OpenSC, RSA-2048, a text of 10 KiB, CAdES-B, {commands} commands\n");
    println!("| | ms (shortest) |\n| --- | --- |");
    for one in measured {
        println!("| {} | {:.2} |", one.name, one.best_wall().as_secs_f64() * 1e3);
    }
    println!();
}

/// A connection to the card beside that of the module.
struct Direct {
    card: RefCell<pcsc::Card>,
}

impl Direct {
    fn connect(reader: &str) -> Result<Self, Box<dyn Error>> {
        let context = Context::establish(Scope::User)?;
        let card = context.connect(&CString::new(reader)?, ShareMode::Shared, Protocols::ANY)?;
        Ok(Self { card: RefCell::new(card) })
    }

    fn send(&self, commands: &[Vec<u8>]) -> Result<(), pcsc::Error> {
        let mut card = self.card.borrow_mut();
        // Each consent ends with a reset, which every other connection has to take note of.
        if matches!(card.status2_owned(), Err(pcsc::Error::ResetCard)) {
            card.reconnect(ShareMode::Shared, Protocols::ANY, pcsc::Disposition::LeaveCard)?;
        }
        let transaction = card.transaction()?;
        let mut answer = vec![0; 65_544];
        for command in commands {
            transaction.transmit(command, &mut answer)?;
        }
        Ok(())
    }
}
