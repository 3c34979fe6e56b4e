//! `varco card` as people and scripts run it, on a card behind `pcscd`.

use std::process::Command;

use crate::card::{Run, finish, varco};
use crate::support::cns::{CardBench, Cns, Mishap, PERSONAL_DATA, Pcscd, card_id, personal_data_file};

#[test]
fn a_card_is_listed_described_and_read() {
    let bench = CardBench::start();
    let reader = bench.reader();

    let listed = varco(&bench, &["list", "--format", "json"]).json();
    let atr = bench.card().atr().iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().concat();
    let with_card = serde_json::json!({"reader": reader, "atr": atr, "present": true, "kind": "cns"});
    let empty = serde_json::json!({"reader": Pcscd::reader(1), "atr": null, "present": false, "kind": null});
    assert_eq!(listed, serde_json::json!([with_card, empty]));
    let text = varco(&bench, &["list"]);
    assert_eq!(text.status, 0);
    assert!(text.stdout.starts_with(&format!("{reader}: carta CNS o tessera sanitaria (TS-CNS) (ATR {atr})\n")));

    let described = varco(&bench, &["info", "--format", "json"]);
    assert_eq!(described.status, 0);
    let described = described.json();
    assert_eq!(described["kind"], "cns");
    assert_eq!(described["cns"]["specification"], "1.1");
    assert_eq!((&described["card_id"], &described["card_id_in_certificate"]), (&card_id().into(), &"match".into()));
    assert_eq!(described["certificate"]["not_after"], "2029-01-14T00:00:00Z");
    let text = varco(&bench, &["info"]);
    assert!(text.stdout.contains("lo stesso del certificato"), "{}", text.stdout);
    // The number of the card is told, nothing else of its holder is.
    assert!(!text.stdout.contains("PRVCRD") && !described.to_string().contains("PRVCRD"), "{described}");

    let read = varco(&bench, &["read", "--format", "json", "--reader", &reader]);
    assert_eq!((read.status, read.stderr.as_str()), (0, ""));
    let read = read.json();
    for (name, value) in [
        ("issuer_code", "7430"),
        ("issue_date", "2025-01-15"),
        ("expiry_date", "2031-01-14"),
        ("surname", "PROVA"),
        ("given_name", "CARDA"),
        ("birth_date", "1990-01-01"),
        ("sex", "F"),
        ("height", "170"),
        ("fiscal_code", "PRVCRD90A41H501L"),
        ("citizenship", "ITA"),
        ("birth_municipality", "H501"),
        ("birth_certificate", "0012P1A1990"),
        ("residence_municipality", "H501"),
        ("residence_address", "VIA DELLE PROVE 1"),
        ("card_id", &card_id()),
        ("card_id_in_certificate", "match"),
        ("fiscal_code_in_certificate", "match"),
    ] {
        assert_eq!(read[name], value, "{name}");
    }
    assert!(read["birth_country"].is_null() && read["expatriation_notes"].is_null());
    assert_eq!((&read["fiscal_code_valid"], &read["findings"]), (&true.into(), &serde_json::json!([])));
    let text = varco(&bench, &["read"]).stdout;
    assert!(text.contains("Codice fiscale:   PRVCRD90A41H501L\nNascita:          01/01/1990\n"), "{text}");

    assert!(bench.card().log().iter().all(|command| command[1] != 0x20), "a PIN was sent");
}

#[test]
fn each_way_of_having_no_card_has_its_own_sentence() {
    let mut bench = CardBench::start();
    let read =
        |bench: &CardBench, arguments: &[&str]| varco(bench, &[&["read", "--format", "json"], arguments].concat());
    assert_eq!(read(&bench, &["--reader", "Nessuno 00 00"]).problem(), "no-reader");
    assert_eq!(read(&bench, &["--reader", &Pcscd::reader(1)]).problem(), "no-card");

    bench.remove();
    assert_eq!(read(&bench, &[]).problem(), "no-card");
    let run = varco(&bench, &["read"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert_eq!(run.stderr, "Errore: Nel lettore non c'è nessuna carta: inserirla e ripetere.\n");

    // A contactless card of any kind.
    *bench.card() = Cns::carda_prova().with_atr(&[0x3B, 0x80, 0x80, 0x01, 0x01]);
    bench.insert();
    assert_eq!(read(&bench, &[]).problem(), "other-card");
    let described = varco(&bench, &["info", "--format", "json"]);
    assert_eq!((described.status, &described.json()["kind"]), (0, &"other".into()));

    bench.pcscd.kill();
    for command in ["list", "info", "read"] {
        assert_eq!(varco(&bench, &[command, "--format", "json"]).problem(), "card-service");
    }
    bench.pcscd.restart();
    *bench.card() = Cns::carda_prova();
    bench.insert();
    assert_eq!(read(&bench, &[]).status, 0);
}

#[test]
fn a_card_that_is_pulled_at_any_command_while_it_is_read_is_said_to_be_and_read_afterwards() {
    let mut bench = CardBench::start();
    let commands = {
        let before = bench.card().log().len();
        assert_eq!(varco(&bench, &["read"]).status, 0);
        bench.card().log().len() - before
    };
    let mut endures = |mishap: Mishap, command: usize, problems: &[&str]| {
        bench.suffer(mishap, command);
        let run = varco(&bench, &["read", "--format", "json"]);
        assert!(problems.contains(&run.problem().as_str()), "{mishap:?} at command {command}: {}", run.stdout);
        bench.recover(mishap);
        assert_eq!(varco(&bench, &["read"]).status, 0, "{mishap:?}, after command {command}");
    };
    for command in 0..commands {
        endures(Mishap::CardPulled, command, &["card-removed"]);
    }
    // Until the service finds out, a reader that is unplugged is one whose card left.
    for command in [0, commands / 2, commands - 1] {
        endures(Mishap::ReaderUnplugged, command, &["card-removed", "no-reader"]);
        endures(Mishap::ServiceKilled, command, &["card-service"]);
    }
}

#[test]
fn a_card_that_contradicts_itself_or_is_damaged_is_told_apart_from_a_good_one() {
    let mut bench = CardBench::with(Cns::new(&personal_data_file(&PERSONAL_DATA), "7430000000000001"));
    let run = varco(&bench, &["read", "--format", "json"]);
    assert_eq!((run.status, &run.json()["findings"][0]["code"]), (1, &"card.id_mismatch".into()));
    assert_eq!(varco(&bench, &["info"]).status, 1);
    bench.remove();
    let mut values = PERSONAL_DATA;
    (values[2], values[5]) = ("14012020", "ignota");
    *bench.card() = Cns::new(&personal_data_file(&values), &card_id());
    bench.insert();
    let run = varco(&bench, &["read", "--format", "json"]);
    let json = run.json();
    let codes: Vec<_> = json["findings"].as_array().unwrap().iter().map(|finding| finding["code"].clone()).collect();
    assert_eq!((run.status, codes), (0, vec!["card.date_unreadable".into(), "card.expired".into()]));
    assert!(json["birth_date"].is_null());
    bench.remove();
    *bench.card() = Cns::new(b"0000ZZ", &card_id());
    bench.insert();
    assert_eq!(varco(&bench, &["read", "--format", "json"]).problem(), "card-unreadable");
}

#[test]
fn without_readers_the_list_is_empty_and_reading_says_so() {
    let pcscd = Pcscd::without_readers();
    let varco = |arguments: &[&str]| -> Run {
        finish(pcscd.command(env!("CARGO_BIN_EXE_varco")).arg("card").args(arguments).arg("--format").arg("json"))
    };
    let listed = varco(&["list"]);
    assert_eq!((listed.status, listed.stdout.as_str()), (0, "[]\n"));
    assert_eq!(varco(&["read"]).problem(), "no-reader");
}

#[test]
fn help_has_an_example_for_each_command() {
    for command in ["list", "info", "read", "watch", "reset"] {
        let run = finish(Command::new(env!("CARGO_BIN_EXE_varco")).args(["card", command, "--help"]));
        assert!(run.status == 0 && run.stdout.contains(&format!("varco card {command}")), "{}", run.stdout);
    }
}
