//! The export, verified by what it says of itself and nothing else.

use serde_json::Value;
use varco::audit::{TreeHash, TreeHead};
use varco::crypto::DigestAlgorithm;
use varco::domain::actor::Actor;
use varco::procedures::trail::export::{ExportError, ExportRequest, export};
use varco::procedures::trail::{TrailError, make_checkpoint};
use varco::store::{Detail, Store};

use crate::audit::{NOW, key, sql, tell};
use crate::support::stores::on_both;

#[test]
fn an_export_proves_itself() {
    on_both(async |place| {
        let folder = tempfile::tempdir().unwrap();
        let (store, key) = (place.open().await, key(folder.path()));
        tell(&store, 400).await;
        let checkpoint = make_checkpoint(&store, &key, Actor::System, NOW).await.unwrap();
        let lines = lines(&store, 100, Some(400), Detail::WithPersonalData).await.unwrap();
        assert_eq!(lines[0]["checkpoint"], checkpoint.note);
        assert_eq!((&lines[0]["from"], &lines[0]["to"], lines.len()), (&100.into(), &400.into(), 301));
        let head = TreeHead { size: lines[0]["size"].as_u64().unwrap(), root: hash(&lines[0]["root"]) };
        assert_eq!(head.size, 400);
        for (sequence, line) in (100..).zip(&lines[1..]) {
            let record = line["record"].as_str().unwrap();
            let proof: Vec<TreeHash> = line["proof"].as_array().unwrap().iter().map(hash).collect();
            assert_eq!(head.verify_inclusion(record.as_bytes(), sequence, &proof), Ok(()), "{sequence}");
            let salted = [octets(&line["personal"]["salt"]), line["personal"]["content"].as_str().unwrap().into()];
            let commitment = DigestAlgorithm::Sha256.digest(&salted.concat()).to_hex();
            let record: Value = serde_json::from_str(record).unwrap();
            assert_eq!((&record["sequence"], &record["personal"]), (&sequence.into(), &commitment.into()));
        }
    });
}

#[test]
fn personal_data_stay_unless_they_are_wanted_and_the_export_is_in_the_trail() {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, 3).await;
        let lines = lines(&store, 0, None, Detail::WithoutPersonalData).await.unwrap();
        assert_eq!(lines.len(), 4);
        assert!(lines[0]["checkpoint"].is_null());
        assert!(lines[1..].iter().all(|line| line.get("personal").is_none()));
        let last = store.trail_records(3, 1).await.unwrap();
        assert_eq!(last[0].action, "audit.export");
    });
}

#[test]
fn what_is_not_there_or_does_not_hold_is_not_exported() {
    on_both(async |place| {
        let store = place.open().await;
        tell(&store, 3).await;
        for (from, to) in [(0, Some(4)), (2, Some(1)), (9, None)] {
            let refused = lines(&store, from, to, Detail::WithoutPersonalData).await;
            assert!(matches!(refused, Err(ExportError::Trail(TrailError::NotThere))));
        }
        sql(&place, &["DELETE FROM audit_events WHERE sequence = 1"]).await;
        let refused = lines(&store, 0, None, Detail::WithoutPersonalData).await;
        assert!(matches!(refused, Err(ExportError::Trail(TrailError::Broken))));
    });
}

async fn lines(store: &Store, from: u64, to: Option<u64>, detail: Detail) -> Result<Vec<Value>, ExportError> {
    let mut lines = Vec::new();
    let request = ExportRequest { from, to, detail, actor: Actor::CommandLine };
    let count = export(store, &request, NOW, |line| {
        lines.push(serde_json::from_str(line).unwrap());
        Ok(())
    });
    let count = count.await?;
    assert_eq!(u64::try_from(lines.len()).unwrap(), count + 1);
    Ok(lines)
}

fn hash(value: &Value) -> TreeHash {
    TreeHash::from_hex(value.as_str().unwrap()).unwrap()
}

fn octets(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
