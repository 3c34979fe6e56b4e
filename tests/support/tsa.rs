//! A timestamp authority over HTTP: `openssl ts` behind a listener, and every way in which such an authority fails.

#![expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

/// How the authority answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// As RFC 3161 has it.
    Right,
    /// With a token for the same octets that somebody else asked for.
    OtherNonce,
    /// With a token about other octets, and the right nonce.
    OtherImprint,
    /// With a refusal.
    Refusal,
    /// With something that is no token.
    Garbage,
    /// With more octets than anybody needs.
    Flood,
    /// Not within any patience.
    Slowly,
    /// With an error of HTTP.
    Failure,
    /// With the right octets under another type.
    OtherType,
    /// With the address of somebody else.
    Redirect,
    /// With fewer octets than it announced.
    CutShort,
}

/// Starts an authority with the certificate and key of a folder, and returns its address. It lives as long as the process.
pub(crate) fn start(leaves: &Path, answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let leaves = leaves.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever asks may have given up meanwhile.
            let _gone = serve(stream.unwrap(), &leaves, answer);
        }
    });
    format!("http://{address}/tsa")
}

const TYPE: &str = "Content-Type: application/timestamp-reply\r\n";

fn serve(mut stream: TcpStream, leaves: &Path, answer: Answer) -> std::io::Result<()> {
    let (_, query) = read_request(&mut stream)?;
    let body = match answer {
        Answer::Right | Answer::OtherType | Answer::CutShort => stamp(leaves, &query),
        Answer::OtherNonce => stamp(leaves, &changed(&query, Part::Nonce)),
        Answer::OtherImprint => stamp(leaves, &changed(&query, Part::Imprint)),
        // rejection (2), badAlg.
        Answer::Refusal => vec![0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02, 0x03, 0x02, 0x07, 0x80],
        Answer::Garbage => b"<html>manutenzione in corso</html>".to_vec(),
        Answer::Flood => vec![0x30; 2 * 1024 * 1024],
        Answer::Slowly => {
            // Until whoever asked gives up.
            return stream.read(&mut [0]).map(drop);
        }
        Answer::Failure | Answer::Redirect => Vec::new(),
    };
    let (status, head, len) = match answer {
        Answer::Failure => ("503 Service Unavailable", TYPE, 0),
        Answer::Redirect => ("307 Temporary Redirect", "Location: http://127.0.0.2:9/\r\n", 0),
        Answer::OtherType => ("200 OK", "Content-Type: text/html\r\n", body.len()),
        Answer::CutShort => ("200 OK", TYPE, 100),
        _ => ("200 OK", TYPE, body.len()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{head}\r\n", body.len())?;
    stream.write_all(&body[..len])
}

/// The address that is asked for, and what is sent.
pub(crate) fn read_request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut len = 0;
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let address = first.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            len = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body)?;
    Ok((address, body))
}

/// What of a request is changed before it is answered.
#[derive(Clone, Copy)]
enum Part {
    Nonce,
    Imprint,
}

/// The request with another last octet of its nonce, or of its imprint; it ends with the nonce and `certReq`.
fn changed(query: &[u8], part: Part) -> Vec<u8> {
    let mut query = query.to_vec();
    let nonce_end = query.len() - 3;
    let at = match part {
        Part::Nonce => nonce_end - 1,
        // SHA-256: an OCTET STRING of 32 octets.
        Part::Imprint => query.windows(2).position(|pair| pair == [0x04, 0x20]).unwrap() + 2,
    };
    query[at] ^= 0x01;
    query
}

/// What `openssl ts` answers, now.
pub(crate) fn stamp(leaves: &Path, query: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let settings = format!(
        "[tsa]\ndefault_tsa=one\n[one]\nserial={}\ncrypto_device=builtin\nsigner_digest=sha256\n\
         default_policy=1.3.6.1.4.1.99999.3161\ndigests=sha256,sha384,sha512\naccuracy=secs:1\n\
         ess_cert_id_alg=sha256\n",
        path("serial").display()
    );
    fs::write(path("settings"), settings).unwrap();
    fs::write(path("query"), query).unwrap();
    let mut command = Command::new("openssl");
    command.args(["ts", "-reply", "-config"]).arg(path("settings")).arg("-queryfile").arg(path("query"));
    command.arg("-signer").arg(leaves.join("tsa.pem")).arg("-inkey").arg(leaves.join("tsa.key"));
    let output = command.arg("-out").arg(path("reply")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(path("reply")).unwrap()
}
