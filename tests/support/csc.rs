//! A provider of remote signatures over HTTP on loopback (CSC API v1.0.4 and v2): as strict as the API wants it, and every way
//! in which such a provider fails.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::md::Md;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::RsaPssSaltlen;
use serde_json::{Value, json};
use varco::asn1::Reader;

use crate::support::forge::der::{oid, seq, tlv};
use crate::support::forge::identity::Identity;
use crate::support::tsa;

/// What lets its people in.
pub(crate) const CLIENT: (&str, &str) = ("varco", "molto-segreto");
/// What opens its credentials.
pub(crate) const PIN: &str = "24680";

/// How the provider is set up.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    /// The edition of the API: 1 or 2.
    pub(crate) version: u8,
    /// The leaf of the stored PKI that has the key.
    pub(crate) leaf: &'static str,
    /// Identifiers of its algorithms.
    pub(crate) algorithms: &'static [&'static str],
    /// What opens the credential, in the words of v2.
    pub(crate) factors: &'static [&'static str],
    pub(crate) multisign: usize,
    /// What it says of how long a SAD lives, and how long that is.
    pub(crate) sad_seconds: u64,
    pub(crate) fault: Fault,
}

/// The PKI's qualified RSA key behind a PIN and a one-time password that is sent.
pub(crate) const USUAL: Setup = Setup {
    version: 1,
    leaf: "qualified-good",
    algorithms: &["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"],
    factors: &["Password", "ChallengeResponse"],
    multisign: 3,
    sad_seconds: 300,
    fault: Fault::None,
};

/// What goes wrong, in the method that it goes wrong in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    None,
    /// More octets than anybody needs.
    Giant(&'static str),
    /// No JSON.
    Garbage(&'static str),
    /// JSON that means nothing.
    OtherJson(&'static str),
    /// Somewhere else.
    Redirect(&'static str),
    /// Never.
    Silence(&'static str),
    /// An error that repeats all that was sent.
    Echo(&'static str),
    /// An error without words.
    Wordless(&'static str),
    /// One signature is missing.
    OneLess,
    /// One signature is there twice.
    OneMore,
    /// The signatures are in another order.
    Swapped,
    /// The last signature is about something else.
    OtherHash,
    /// Nobody's signature.
    NoSignature,
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Request {
    /// `POST /csc/v1/info HTTP/1.1`.
    pub(crate) line: String,
    pub(crate) bearer: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What the provider knows.
#[derive(Default)]
struct State {
    count: u64,
    tokens: Vec<String>,
    otp: Option<String>,
    sads: BTreeMap<String, Grant>,
    handles: BTreeMap<String, (Grant, u32)>,
    requests: Vec<Request>,
}

/// Which hashes a SAD is for, each once.
#[derive(Clone)]
struct Grant {
    bearer: String,
    hashes: Vec<String>,
    until: Instant,
}

/// A provider, as long as the process lives.
pub(crate) struct Provider {
    /// The address that methods follow.
    pub(crate) url: String,
    /// The address that `/token` follows.
    pub(crate) oauth2_url: String,
    state: Arc<Mutex<State>>,
}

impl Provider {
    /// Starts one.
    pub(crate) fn start(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.unwrap(), Arc::clone(&shared));
                // Whoever asks may have given up meanwhile.
                thread::spawn(move || drop(serve(stream, setup, &state)));
            }
        });
        let url = format!("http://{address}/csc/v{}", setup.version);
        Self { url, oauth2_url: format!("http://{address}/oauth2"), state }
    }

    /// What the person's telephone shows.
    pub(crate) fn telephone(&self) -> String {
        self.state().otp.clone().expect("a one-time password was sent")
    }

    /// What was asked, so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// How often a method was asked for.
    pub(crate) fn count(&self, method: &str) -> usize {
        let asked = |request: &&Request| request.line.contains(&format!("/{method} "));
        self.state().requests.iter().filter(asked).count()
    }

    /// Forgets who was let in.
    pub(crate) fn revoke_tokens(&self) {
        self.state().tokens.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// An answer: status and JSON.
type Answer = (u16, Value);

fn refuse(error: &str, description: &str) -> Answer {
    (400, json!({ "error": error, "error_description": description }))
}

fn serve(mut stream: TcpStream, setup: Setup, state: &Mutex<State>) -> std::io::Result<()> {
    let request = read_request(&mut stream)?;
    let path = request.line.split(' ').nth(1).unwrap().to_owned();
    let method = path.trim_start_matches(&format!("/csc/v{}/", setup.version)).to_owned();
    let (status, body) = match setup.fault {
        Fault::Giant(at) if at == method => (200, vec![b' '; 5 * 1024 * 1024]),
        Fault::Garbage(at) if at == method => (200, b"<html>manutenzione in corso</html>".to_vec()),
        Fault::OtherJson(at) if at == method => (200, b"{\"SAD\":[7],\"signatures\":\"x\",\"key\":null}".to_vec()),
        Fault::Redirect(at) if at == method => (307, Vec::new()),
        Fault::Wordless(at) if at == method => (503, Vec::new()),
        Fault::Echo(at) if at == method => {
            let sent = format!("{} {}", String::from_utf8_lossy(&request.body), request.bearer.as_deref().unwrap());
            (400, json!({ "error": "invalid_request", "error_description": sent }).to_string().into_bytes())
        }
        // Until whoever asked gives up.
        Fault::Silence(at) if at == method => return stream.read(&mut [0]).map(drop),
        _ => {
            let (status, body) = answer(&method, &request, setup, &mut state.lock().unwrap());
            (status, body.to_string().into_bytes())
        }
    };
    state.lock().unwrap().requests.push(request);
    let elsewhere = if status == 307 { "Location: http://127.0.0.2:9/\r\n" } else { "" };
    write!(
        stream,
        "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{elsewhere}\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut len, mut bearer) = (String::new(), 0, None);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => len = value.trim().parse().unwrap(),
            "authorization" => bearer = value.trim().strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body)?;
    Ok(Request { line: first.trim_end().to_owned(), bearer, body })
}

fn answer(method: &str, request: &Request, setup: Setup, state: &mut State) -> Answer {
    if method == "/oauth2/token" {
        return token(&request.body, state);
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    if method == "info" {
        let specs = if setup.version == 1 { "1.0.4.0" } else { "2.0.0.2" };
        return (
            200,
            json!({ "specs": specs, "name": "Fornitore di prova", "methods": ["info", "signatures/signHash"] }),
        );
    }
    let Some(bearer) = request.bearer.clone().filter(|bearer| state.tokens.contains(bearer)) else {
        return (401, json!({ "error": "invalid_token", "error_description": "The access token is not valid" }));
    };
    if method == "credentials/list" {
        return (200, json!({ "credentialIDs": ["firma/1"] }));
    }
    if method == "signatures/timestamp" {
        return timestamp(&body);
    }
    if method == "credentials/authorizeCheck" && setup.version == 2 {
        return authorize_check(&body, setup, state);
    }
    if body["credentialID"] != "firma/1" {
        return refuse("invalid_request", "Invalid parameter credentialID");
    }
    match (method, setup.version) {
        ("credentials/info", _) => (200, credential(setup)),
        ("credentials/sendOTP", 1) => {
            state.otp = Some(format!("{:06}", 900_000 + state.requests.len()));
            (200, json!({}))
        }
        ("credentials/getChallenge", 2) if body["authObjectID"] == "OTP" => {
            state.otp = Some(format!("{:06}", 900_000 + state.requests.len()));
            (204, json!({}))
        }
        ("credentials/authorize", _) => authorize(&body, bearer, setup, state),
        ("signatures/signHash", _) => sign_hash(&body, &bearer, setup, state),
        _ => (501, json!({ "error": "invalid_request", "error_description": "Not implemented" })),
    }
}

fn token(form: &[u8], state: &mut State) -> Answer {
    let form = String::from_utf8(form.to_vec()).unwrap();
    let has = |field: String| form.split('&').any(|found| found == field);
    let percent = |text: &str| text.replace('-', "%2D");
    if !has("grant_type=client%5Fcredentials".to_owned())
        || !has(format!("client_id={}", CLIENT.0))
        || !has(format!("client_secret={}", percent(CLIENT.1)))
    {
        return (401, json!({ "error": "invalid_client", "error_description": "Invalid parameter client_secret" }));
    }
    let token = fresh("token", state);
    state.tokens.push(token.clone());
    (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 600 }))
}

fn fresh(what: &str, state: &mut State) -> String {
    state.count += 1;
    format!("{what}/{:x}_{}=", 0x00c0_ffee_u64.wrapping_mul(state.count), state.count)
}

fn credential(setup: Setup) -> Value {
    let certificate = STANDARD.encode(Identity::leaf(setup.leaf).certificate);
    let mut info = json!({
        "key": { "status": "enabled", "algo": setup.algorithms, "len": 2048 },
        "cert": { "certificates": [certificate] },
        "SCAL": "2",
        "multisign": setup.multisign,
    });
    let id = |kind: &str| if kind == "Password" { "PIN" } else { "OTP" };
    if setup.version == 2 {
        let object = |kind: &&str| json!({ "type": kind, "id": id(kind), "label": format!("{} di firma", id(kind)) });
        let objects: Vec<Value> = setup.factors.iter().map(object).collect();
        info["auth"] = json!({ "mode": "explicit", "objects": objects });
    } else {
        info["authMode"] = json!("explicit");
        let has = |kind| setup.factors.contains(&kind).to_string();
        info["PIN"] = json!({ "presence": has("Password"), "format": "N", "label": "PIN di firma" });
        info["OTP"] = json!({ "presence": has("ChallengeResponse"), "type": "online", "label": "OTP di firma" });
    }
    info
}

fn authorize(body: &Value, bearer: String, setup: Setup, state: &mut State) -> Answer {
    let (hashes, entered) = if setup.version == 1 {
        let entered = |id: &str| body[id].as_str().map(str::to_owned);
        (&body["hash"], [entered("PIN"), entered("OTP")])
    } else {
        if body["hashAlgorithmOID"] != "2.16.840.1.101.3.4.2.1" {
            return refuse("invalid_request", "Invalid parameter hashAlgorithmOID");
        }
        let data = body["authData"].as_array().unwrap();
        let entered =
            |id: &str| data.iter().find(|one| one["id"] == id).and_then(|one| Some(one["value"].as_str()?.to_owned()));
        (&body["hashes"], [entered("PIN"), entered("OTP")])
    };
    let Some(hashes) = hashes.as_array() else {
        return refuse("invalid_request", "Missing (or invalid type) array parameter hash");
    };
    if body["numSignatures"] != hashes.len() {
        return refuse("invalid_request", "Invalid value for parameter numSignatures");
    }
    if hashes.len() > setup.multisign {
        return refuse("invalid_request", "Numbers of signatures is too high");
    }
    if setup.factors.contains(&"Password") && entered[0].as_deref() != Some(PIN) {
        return refuse(
            if setup.version == 1 { "invalid_pin" } else { "invalid_authentication_data" },
            "The PIN is invalid",
        );
    }
    // A one-time password is for one time, right or wrong.
    let sent = state.otp.take();
    if setup.factors.contains(&"ChallengeResponse") && (sent.is_none() || entered[1] != sent) {
        return refuse("invalid_otp", "The OTP is invalid");
    }
    let hashes = hashes.iter().map(|hash| hash.as_str().unwrap().to_owned()).collect();
    let until = Instant::now() + Duration::from_secs(setup.sad_seconds);
    let grant = Grant { bearer, hashes, until };
    if setup.factors.contains(&"PasswordOOB") {
        let handle = fresh("handle", state);
        state.handles.insert(handle.clone(), (grant, 1));
        return (202, json!({ "handle": handle }));
    }
    give(grant, setup, state)
}

fn give(grant: Grant, setup: Setup, state: &mut State) -> Answer {
    let sad = fresh("sad", state);
    state.sads.insert(sad.clone(), grant);
    (200, json!({ "SAD": sad, "expiresIn": setup.sad_seconds }))
}

fn authorize_check(body: &Value, setup: Setup, state: &mut State) -> Answer {
    let Some((grant, left)) = body["handle"].as_str().and_then(|handle| state.handles.remove(handle)) else {
        return refuse("invalid_request", "Invalid parameter handle");
    };
    if left == 0 {
        return give(grant, setup, state);
    }
    let handle = fresh("handle", state);
    state.handles.insert(handle.clone(), (grant, left - 1));
    (202, json!({ "handle": handle }))
}

/// A SAD is taken out before it is looked at: it is spent by asking.
fn sign_hash(body: &Value, bearer: &str, setup: Setup, state: &mut State) -> Answer {
    let Some(mut grant) = body["SAD"].as_str().and_then(|sad| state.sads.remove(sad)) else {
        return refuse("invalid_request", "Invalid parameter SAD");
    };
    if grant.bearer != bearer {
        return refuse("invalid_request", "Invalid parameter SAD");
    }
    if Instant::now() >= grant.until {
        return refuse("invalid_request", "SAD expired");
    }
    let (hashes, digest) = if setup.version == 1 { ("hash", "hashAlgo") } else { ("hashes", "hashAlgorithmOID") };
    if body[digest] != "2.16.840.1.101.3.4.2.1" || !setup.algorithms.iter().any(|oid| body["signAlgo"] == *oid) {
        return refuse("invalid_request", "Invalid parameter signAlgo");
    }
    let mut signatures = Vec::new();
    for hash in body[hashes].as_array().unwrap() {
        let Some(place) = grant.hashes.iter().position(|granted| hash == granted.as_str()) else {
            return refuse("invalid_request", "Hash is not authorized by the SAD");
        };
        let hash = STANDARD.decode(grant.hashes.swap_remove(place)).unwrap();
        signatures.push(sign(&hash, body, setup));
    }
    match setup.fault {
        Fault::OneLess => drop(signatures.pop()),
        Fault::OneMore => signatures.push(signatures[0].clone()),
        Fault::Swapped => signatures.reverse(),
        Fault::OtherHash => *signatures.last_mut().unwrap() = sign(&[7; 32], body, setup),
        Fault::NoSignature => *signatures.last_mut().unwrap() = vec![7; 256],
        _ => {}
    }
    let signatures: Vec<String> = signatures.iter().map(|value| STANDARD.encode(value)).collect();
    (200, json!({ "signatures": signatures }))
}

fn sign(hash: &[u8], body: &Value, setup: Setup) -> Vec<u8> {
    let identity = Identity::leaf(setup.leaf);
    let mut context = PkeyCtx::new(&identity.key).unwrap();
    context.sign_init().unwrap();
    if identity.is_rsa() {
        let pss = body["signAlgo"] == "1.2.840.113549.1.1.10";
        assert_eq!(body["signAlgoParams"].is_string(), pss, "parameters are those of PSS");
        context.set_rsa_padding(if pss { Padding::PKCS1_PSS } else { Padding::PKCS1 }).unwrap();
        if pss {
            context.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).unwrap();
        }
    }
    context.set_signature_md(Md::sha256()).unwrap();
    let mut value = Vec::new();
    context.sign_to_vec(hash, &mut value).unwrap();
    value
}

/// The token of `openssl ts`, without the response around it.
fn timestamp(body: &Value) -> Answer {
    assert_eq!(body["hashAlgo"], "2.16.840.1.101.3.4.2.1");
    let hash = STANDARD.decode(body["hash"].as_str().unwrap()).unwrap();
    let nonce = body["nonce"].as_str().unwrap();
    let nonce: Vec<u8> =
        nonce.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let digest = seq([oid("2.16.840.1.101.3.4.2.1")]);
    let imprint = seq([digest, tlv(0x04, &hash)]);
    let query = seq([tlv(0x02, &[1]), imprint, tlv(0x02, &nonce), tlv(0x01, &[0xff])]);
    let leaves = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pdf/pki/leaves");
    let response = tsa::stamp(&leaves, &query);
    let mut fields = Reader::new(&response).sequence().unwrap();
    fields.sequence().unwrap();
    (200, json!({ "timestamp": STANDARD.encode(fields.element().unwrap().raw) }))
}
