//! The trail over HTTP: who may read it, page by page, and proofs that others can check.

use reqwest::Client;
use serde_json::{Value, json};
use varco::audit::{Checkpoint, NoteKey, TreeHash, TreeHead};

use crate::service::{Service, client, form, problem};

/// A service that seals its trail, with a portal that verified some documents and an auditor.
struct Audited {
    service: Service,
    client: Client,
    auditor: String,
    auditor_id: String,
}

impl Audited {
    async fn start(verifications: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}/varco.db", folder.path().display());
        let seal =
            format!("[audit]\nkey = \"{}/trail.pem\"\norigin = \"varco.example/prova\"", folder.path().display());
        let (service, client) = (Service::start_on(folder, store, Vec::new(), &seal), client());
        for _ in 0..verifications {
            let response = service.post(&client).multipart(form("good-cns.p7m")).send().await.unwrap();
            assert_eq!(response.status(), 201);
        }
        let (auditor, auditor_id) = service.other_token(&["--scope", "audit"]);
        Self { service, client, auditor, auditor_id }
    }

    async fn ask(&self, path: &str) -> reqwest::Response {
        self.client.get(self.service.url(path)).bearer_auth(&self.auditor).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.ask(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// Signs the present head of the trail, as the service does each hour.
    fn seal(&self) -> u64 {
        let key = self.service.folder.path().join("trail.pem");
        let arguments = ["audit", "checkpoint", "--key", key.to_str().unwrap(), "--origin", "varco.example/prova"];
        let output = self.service.varco(&arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Checkpoint::read_unverified(std::str::from_utf8(&output.stdout).unwrap()).unwrap().head.size
    }
}

#[tokio::test]
async fn the_trail_is_for_whoever_has_leave_to_read_it() {
    let audited = Audited::start(0).await;
    for path in [
        "events",
        "events/0",
        "events/0/proof",
        "checkpoints",
        "checkpoints/1",
        "checkpoints/1/consistency-proof?from=0",
    ] {
        let path = format!("/v1/audit/{path}");
        problem(audited.client.get(audited.service.url(&path)).send().await.unwrap(), 401, "unauthenticated").await;
        let portal = audited.service.get(&audited.client, &path).send().await.unwrap();
        assert!(portal.headers()["www-authenticate"].to_str().unwrap().contains("scope=\"audit\""));
        problem(portal, 403, "forbidden").await;
    }
}

#[tokio::test]
async fn events_come_page_by_page_and_reading_them_is_an_event() {
    let audited = Audited::start(5).await;
    let mut next = Some("/v1/audit/events?limit=3".to_owned());
    let (mut hashes, mut size) = (vec!["0".repeat(64)], 0);
    while let Some(path) = next {
        let response = audited.ask(&path).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned());
        let page: Value = response.json().await.unwrap();
        assert_eq!(next.is_some(), page["next"].is_string());
        assert!(size == 0 || page["size"] == size, "a trail that grows while it is read has one end");
        size = page["size"].as_u64().unwrap();
        for event in page["events"].as_array().unwrap() {
            let record = &event["record"];
            assert_eq!(record["sequence"], hashes.len() - 1);
            assert_eq!(record["previous"].as_str(), hashes.last().map(String::as_str));
            // Names in order and no white space: what serde_json writes is what RFC 8785 wants.
            let encoded = serde_json::to_string(record).unwrap();
            assert_eq!(event["hash"], TreeHash::leaf(encoded.as_bytes()).to_string());
            hashes.push(event["hash"].as_str().unwrap().to_owned());
            assert!(!encoded.contains("prova\""), "the name of the token is personal data: {encoded}");
        }
    }
    assert_eq!(u64::try_from(hashes.len() - 1).unwrap(), size);
    // What came after: the readings.
    let page = audited.json(&format!("/v1/audit/events?from={size}")).await;
    let readings = page["events"].as_array().unwrap();
    assert_eq!(readings.len(), usize::try_from(size.div_ceil(3)).unwrap());
    for reading in readings {
        assert_eq!(reading["record"]["action"], "audit.read");
        assert_eq!(reading["record"]["actor"], format!("token:{}", audited.auditor_id));
        assert_eq!(reading["record"]["facts"]["personal_data"], "no");
    }
    audited.service.trail_holds();
}

#[tokio::test]
async fn an_event_never_changes_and_is_in_every_later_trail() {
    let audited = Audited::start(3).await;
    let size = audited.seal();
    let response = audited.ask("/v1/audit/events/2").await;
    let tag = response.headers()["etag"].clone();
    let event: Value = response.json().await.unwrap();
    let again = audited.client.get(audited.service.url("/v1/audit/events/2")).bearer_auth(&audited.auditor);
    let again = again.header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert!(again.bytes().await.unwrap().is_empty());

    let note = audited.json(&format!("/v1/audit/checkpoints/{size}")).await["note"].as_str().unwrap().to_owned();
    let key: NoteKey =
        std::fs::read_to_string(audited.service.folder.path().join("trail.pem.pub")).unwrap().trim().parse().unwrap();
    let head = Checkpoint::open(&note, &[key]).unwrap().head;
    let proof = audited.json(&format!("/v1/audit/events/2/proof?size={size}")).await;
    assert_eq!(proof["head"], json!({"size": size, "root": head.root.to_string()}));
    let record = serde_json::to_string(&event["record"]).unwrap();
    assert_eq!(head.verify_inclusion(record.as_bytes(), 2, &hashes(&proof)), Ok(()));
    assert!(head.verify_inclusion(record.as_bytes(), 1, &hashes(&proof)).is_err());
}

#[tokio::test]
async fn checkpoints_come_page_by_page_and_show_that_the_trail_only_grew() {
    let audited = Audited::start(1).await;
    let mut sizes = Vec::new();
    for _ in 0..3 {
        audited.json("/v1/audit/events/0").await;
        sizes.push(audited.seal());
    }
    let mut listed = Vec::new();
    let mut path = "/v1/audit/checkpoints?limit=2".to_owned();
    loop {
        let page = audited.json(&path).await;
        listed.extend(page["checkpoints"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/audit/checkpoints?limit=2&cursor={next}");
    }
    let listed: Vec<u64> = listed.iter().map(|checkpoint| checkpoint["size"].as_u64().unwrap()).collect();
    assert!(listed.ends_with(&sizes), "{listed:?} {sizes:?}");
    let (earlier, later) = (sizes[0], sizes[2]);
    let proof = audited.json(&format!("/v1/audit/checkpoints/{later}/consistency-proof?from={earlier}")).await;
    let head = |which: &str| TreeHead {
        size: proof[which]["size"].as_u64().unwrap(),
        root: TreeHash::from_hex(proof[which]["root"].as_str().unwrap()).unwrap(),
    };
    assert_eq!((head("earlier").size, head("later").size), (earlier, later));
    assert_eq!(head("later").verify_consistency(&head("earlier"), &hashes(&proof)), Ok(()));
    assert!(head("earlier").verify_consistency(&head("later"), &hashes(&proof)).is_err());
}

#[tokio::test]
async fn what_is_not_in_the_trail_is_said_to_be_so() {
    let audited = Audited::start(0).await;
    for (path, status, kind) in [
        ("events/99999", 404, "no-such-resource"),
        ("events/x", 404, "no-such-resource"),
        ("events/99999/proof", 404, "no-such-resource"),
        ("events/0/proof?size=99999", 422, "invalid-field"),
        ("events/0/proof?size=0", 422, "invalid-field"),
        ("events?from=-1", 400, "bad-request"),
        ("events?limit=1001", 400, "bad-request"),
        ("events?page=2", 400, "bad-request"),
        ("events?cursor=1-99999", 422, "invalid-field"),
        ("events?cursor=1-2&from=1", 422, "invalid-field"),
        ("checkpoints/99999", 404, "no-such-resource"),
        ("checkpoints/1/consistency-proof", 400, "bad-request"),
    ] {
        problem(audited.ask(&format!("/v1/audit/{path}")).await, status, kind).await;
    }
    let none = audited.json("/v1/audit/events?from=99999").await;
    assert_eq!((&none["events"], &none["next"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn what_was_altered_is_not_told() {
    let audited = Audited::start(2).await;
    let page = audited.json("/v1/audit/events").await;
    let mut events = page["events"].as_array().unwrap().iter();
    let event = events.find(|event| event["record"]["action"] == "verification.create").unwrap();
    let sequence = &event["record"]["sequence"];
    let id = event["record"]["subject"].as_str().unwrap().strip_prefix("verification:").unwrap();
    let path = format!("/v1/verifications/{id}");
    let read = || audited.service.get(&audited.client, &path).send();
    assert_eq!(read().await.unwrap().status(), 200);
    let kept =
        audited.service.sql(&format!("SELECT hex(report) FROM verifications WHERE id = '{id}'")).trim().to_owned();
    let update =
        |report: &str| audited.service.sql(&format!("UPDATE verifications SET report = {report} WHERE id = '{id}'"));
    update("CAST(replace(CAST(report AS TEXT), 'accepted', 'rejected') AS BLOB)");
    let refused = problem(read().await.unwrap(), 500, "trail-altered").await;
    assert!(refused["detail"].as_str().unwrap().starts_with("Il rapporto conservato"));
    let verified = audited.service.varco(&["audit", "verify", "--format", "json"]).output().unwrap();
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(verified["faults"].as_array().unwrap().len(), 1, "{verified}");
    let fault = &verified["faults"][0];
    assert_eq!((&fault["code"], fault["verification"].as_str()), (&json!("report.altered"), Some(id)));
    assert_eq!(fault["event"], *sequence);
    update(&format!("x'{kept}'"));
    assert_eq!(read().await.unwrap().status(), 200);
    // Nor is it told when the trail was altered with it.
    audited.service.sql(&format!(
        "UPDATE audit_events SET facts = replace(facts, 'accepted', 'rejected') WHERE sequence = {sequence}"
    ));
    problem(read().await.unwrap(), 500, "trail-altered").await;
    problem(audited.ask(&format!("/v1/audit/events?from={sequence}&limit=2")).await, 500, "trail-altered").await;
}

fn hashes(proof: &Value) -> Vec<TreeHash> {
    let hashes = proof["proof"].as_array().unwrap().iter();
    hashes.map(|hash| TreeHash::from_hex(hash.as_str().unwrap()).unwrap()).collect()
}
