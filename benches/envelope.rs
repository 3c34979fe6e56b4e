//! Makes signed documents of any size: OpenSSL signs, and the envelope is put around the content here, because
//! OpenSSL would hold all of it in memory.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use varco::asn1::{Element, Reader, encode, tag};

use crate::pki;

/// How lengths are written.
#[derive(Clone, Copy)]
pub(crate) enum Encoding {
    Der,
    /// Indefinite lengths, and the content in segments.
    BerIndefinite,
}

/// Signs `len` octets of text as `leaf`, whose certificate `ca` issued (CAdES-B, SHA-256), and writes the p7m.
pub(crate) fn write(
    leaf: &str,
    ca: &str,
    len: usize,
    encodings: &mut [(Encoding, &mut dyn Write)],
) -> Result<(), Box<dyn Error>> {
    let detached = sign(leaf, ca, len)?;
    let parts = Parts::of(&detached)?;
    for (encoding, out) in encodings {
        match encoding {
            Encoding::Der => parts.write_der(len, *out)?,
            Encoding::BerIndefinite => parts.write_ber(len, *out)?,
        }
        out.flush()?;
    }
    Ok(())
}

/// The signed text, in blocks.
pub(crate) fn text(len: usize) -> impl Iterator<Item = Vec<u8>> {
    const LINE: &[u8] = b"Accordo di Servizio di prova: nessuna persona, nessun ente, nessun numero e' vero.\r\n";
    let block: Vec<u8> = LINE.iter().copied().cycle().take(BLOCK).collect();
    let starts = (0..len).step_by(BLOCK);
    starts.map(move |start| block.iter().copied().take(len - start).collect())
}

/// The segments of a BER file; what common software writes lies between 1 KiB and 1 MiB.
const BLOCK: usize = 64 * 1024;

/// Signs as of the day before [`AT`](crate::surroundings::AT): OpenSSL takes the clock's time, which the stored PKI
/// has outlived or will.
fn sign(leaf: &str, ca: &str, len: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("varco-bench-{}.p7s", std::process::id()));
    fs::write(&path, sign_now(leaf, ca, len)?)?;
    let status = Command::new("bash")
        .args([pki("../set-signing-time.sh"), path.clone(), "260131120000Z".into()])
        .args([pki(&format!("leaves/{leaf}.pem")), pki(&format!("leaves/{leaf}.key"))])
        .status();
    let signed = fs::read(&path);
    fs::remove_file(&path)?;
    if status?.success() { Ok(signed?) } else { Err("set-signing-time.sh failed".into()) }
}

fn sign_now(leaf: &str, ca: &str, len: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut openssl = Command::new("openssl")
        .args(["cms", "-sign", "-cades", "-binary", "-md", "sha256", "-outform", "DER"])
        .args([std::ffi::OsStr::new("-signer"), pki(&format!("leaves/{leaf}.pem")).as_os_str()])
        .args([std::ffi::OsStr::new("-inkey"), pki(&format!("leaves/{leaf}.key")).as_os_str()])
        .args([std::ffi::OsStr::new("-certfile"), pki(&format!("{ca}/ca.pem")).as_os_str()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = openssl.stdin.take().ok_or("no pipe")?;
    for block in text(len) {
        input.write_all(&block)?;
    }
    drop(input);
    let output = openssl.wait_with_output()?;
    if output.status.success() { Ok(output.stdout) } else { Err("openssl cms -sign failed".into()) }
}

/// The pieces of a detached `SignedData` (RFC 5652 §5.1), as they were encoded.
struct Parts<'a> {
    /// The content type `id-signedData`.
    signed_data: &'a [u8],
    version: &'a [u8],
    digests: &'a [u8],
    /// `eContentType`.
    content_type: &'a [u8],
    /// Certificates and signers.
    tail: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(detached: &'a [u8]) -> Result<Self, Box<dyn Error>> {
        let mut info = Reader::new(detached).sequence()?;
        let signed_data = info.element()?.raw;
        let mut fields = info.element()?.reader()?.sequence()?;
        let (version, digests): (Element<'_>, Element<'_>) = (fields.element()?, fields.element()?);
        let content_type = fields.sequence()?.element()?.raw;
        Ok(Self { signed_data, version: version.raw, digests: digests.raw, content_type, tail: fields.rest() })
    }

    fn write_der(&self, len: usize, out: &mut dyn Write) -> io::Result<()> {
        let before = [self.version, self.digests].concat();
        let mut head = header(tag::OCTET_STRING, len);
        let mut after = len;
        head = around(tag::context_constructed(0), &[], head, after);
        head = around(tag::SEQUENCE, self.content_type, head, after);
        after += self.tail.len();
        head = around(tag::SEQUENCE, &before, head, after);
        head = around(tag::context_constructed(0), &[], head, after);
        head = around(tag::SEQUENCE, self.signed_data, head, after);
        out.write_all(&head)?;
        text(len).try_for_each(|block| out.write_all(&block))?;
        out.write_all(self.tail)
    }

    fn write_ber(&self, len: usize, out: &mut dyn Write) -> io::Result<()> {
        const INDEFINITE: u8 = 0x80;
        const END: [u8; 6] = [0; 6];
        let explicit = [tag::context_constructed(0), INDEFINITE];
        let sequence = [tag::SEQUENCE, INDEFINITE];
        let string = [tag::OCTET_STRING_CONSTRUCTED, INDEFINITE];
        for piece in [&sequence[..], self.signed_data, &explicit, &sequence, self.version, self.digests] {
            out.write_all(piece)?;
        }
        for piece in [&sequence[..], self.content_type, &explicit, &string] {
            out.write_all(piece)?;
        }
        text(len).try_for_each(|block| out.write_all(&encode(tag::OCTET_STRING, &block)))?;
        for piece in [&END[..], self.tail, &END] {
            out.write_all(piece)?;
        }
        Ok(())
    }
}

/// Puts `before` and a header in front of what begins with `head` and goes on for `after` octets.
fn around(tag: u8, before: &[u8], head: Vec<u8>, after: usize) -> Vec<u8> {
    [header(tag, before.len() + head.len() + after), before.to_vec(), head].concat()
}

fn header(tag: u8, len: usize) -> Vec<u8> {
    let octets: Vec<u8> = len.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    match (len, u8::try_from(octets.len())) {
        (0..=0x7f, _) => vec![tag, octets.first().copied().unwrap_or(0)],
        (_, count) => [vec![tag, 0x80 | count.unwrap_or(8)], octets].concat(),
    }
}
