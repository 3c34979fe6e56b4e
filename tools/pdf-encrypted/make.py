#!/usr/bin/env python3
"""Writes the encrypted cases of fixtures/pdf: encrypted by qpdf (or pyHanko), signed and changed by pyHanko.

    var/peers/bin/python tools/pdf-encrypted/make.py [CASE…]

Needs `qpdf` 11 and pyHanko 0.38 (tests/peers/setup.sh). Keys and initialisation vectors are random, so the octets differ
each time: a case that is there is left alone unless it is named. What is expected is written down here, from ISO 32000-2
§7.6 and §12.8; `tools/pdf-fixture-peers/compare.py` writes what the peers say.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from pyhanko.pdf_utils.crypt import (
    CryptFilterConfiguration, StandardAESCryptFilter, StandardSecurityHandler, StandardSecuritySettingsRevision,
)
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "fixtures" / "pdf"
PKI = ROOT / "fixtures" / "cms" / "pki" / "leaves"
BASE = CASES / "good-as-generated" / "expected.pdf"
PASSWORD = "solo per le prove"
OWNER = "chi possiede"


def main() -> None:
    wanted = set(sys.argv[1:])
    for name, title, clause, make, options in cases():
        folder = CASES / name
        if (folder / "input.pdf").exists() and name not in wanted:
            continue
        folder.mkdir(exist_ok=True)
        (folder / "input.pdf").write_bytes(make())
        (folder / "case.toml").write_text(toml(name, title, clause, **options))


def cases():
    rc4_40, rc4_128 = ["40"], ["128", "--use-aes=n"]
    aes_128, aes_256, aes_256_r5 = ["128", "--use-aes=y"], ["256"], ["256", "--force-R5"]
    methods = [
        ("rc4-40", "RC4, 40 bits (revision 2)", rc4_40), ("rc4-128", "RC4, 128 bits (revision 3)", rc4_128),
        ("aes-128", "AES-128 (revision 4)", aes_128), ("aes-256-r5", "AES-256 (revision 5)", aes_256_r5),
        ("aes-256", "AES-256 (revision 6)", aes_256),
    ]
    section = "ISO 32000-2 §7.6.4; the signature covers the file as it is"
    for name, words, how in methods:
        yield (f"good-encrypted-{name}", f"{words}, opens without a password", section,
               lambda how=how: revision_5(sealed(how, "")) if "--force-R5" in how else sealed(how, "")(), {})
        yield (f"good-encrypted-{name}-password", f"{words}, under a password", section,
               lambda how=how: revision_5(sealed(how, PASSWORD)) if "--force-R5" in how else sealed(how, PASSWORD)(),
               {"password": PASSWORD})
    yield ("good-encrypted-owner", "AES-256, opened by the owner's password", "ISO 32000-2 §7.6.4.4.10",
           lambda: sign(qpdf(aes_256, PASSWORD), PASSWORD), {"password": OWNER})
    yield ("good-encrypted-owner-rc4", "RC4, opened by the owner's password", "ISO 32000-2 §7.6.4.4.7",
           lambda: sign(qpdf(rc4_128, PASSWORD), PASSWORD), {"password": OWNER})
    clear = ["--cleartext-metadata"]
    yield ("good-encrypted-clear-metadata", "AES-128, metadata in clear", "ISO 32000-2 table 21: EncryptMetadata",
           lambda: sign(qpdf(aes_128 + clear, ""), ""), {})
    yield ("good-encrypted-clear-metadata-256", "AES-256, metadata in clear", "ISO 32000-2 table 21: EncryptMetadata",
           lambda: sign(qpdf(aes_256 + clear, PASSWORD), PASSWORD), {"password": PASSWORD})
    for name, how in [("rc4", rc4_128), ("aes", aes_256)]:
        yield (f"good-encrypted-object-streams-{name}", "Strings inside object streams", "ISO 32000-2 §7.5.7, §7.6.2",
               lambda how=how: sign(qpdf(how, "", ["--object-streams=generate"]), ""), {})
    yield ("good-encrypted-strings-clear", "StrF is Identity, streams are AES-128", "ISO 32000-2 §7.6.6",
           lambda: sign(filtered(strings=False, streams=True), ""), {})
    yield ("good-encrypted-streams-clear", "StmF is Identity, strings are AES-128", "ISO 32000-2 §7.6.6",
           lambda: sign(filtered(strings=True, streams=False), ""), {})
    yield ("good-encrypted-crypt-filter", "One stream names the filter Identity", "ISO 32000-2 §7.4.10",
           lambda: sign(filtered(strings=True, streams=True, own="identity"), ""), {})
    yield ("good-encrypted-crypt-filter-own", "Streams are in clear, one names StdCF", "ISO 32000-2 §7.4.10",
           lambda: sign(filtered(strings=True, streams=False, own="named"), ""), {})
    yield ("good-encrypted-twice-signed", "Signed twice", section,
           lambda: sign(sign(qpdf(aes_256, ""), ""), "", "Firma2"), {"signatures": [["allowed", "notable"], ["none"]]})
    for name, how in [("rc4", rc4_128), ("aes", aes_256)]:
        twin = {"rc4": "good-encrypted-rc4-128", "aes": "good-encrypted-aes-256"}[name]
        yield (f"encrypted-text-changed-{name}", "The text is changed after signing", "ISO 32000-2 §12.8.2.2",
               lambda how=how: change_text(sign(qpdf(how, ""), "")), {"twin": twin, "signatures": [["forbidden"]]})
    for name, given in [("none", None), ("other", "un'altra")]:
        yield (f"encrypted-password-{name}", "The password is missing" if given is None else "The password is another",
               "ISO 32000-2 §7.6.4.3", lambda: sign(qpdf(aes_256, PASSWORD), PASSWORD),
               {"twin": "good-encrypted-aes-256-password", "password": given, "problem": "password"})


def sealed(how: list[str], password: str):
    return lambda: sign(qpdf(how, password), password)


def qpdf(how: list[str], user: str, more: list[str] = []) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.pdf"
        subprocess.run(["qpdf", "--allow-weak-crypto", *more, "--encrypt", user, OWNER, *how, "--", BASE, out], check=True)
        return out.read_bytes()


def filtered(strings: bool, streams: bool, own: str | None = None) -> bytes:
    """AES-128 for strings, for streams or for both, without a password; `own`: the first text has a filter of its own."""
    reader = PdfFileReader(io.BytesIO(BASE.read_bytes()))
    writer = copy_into_new_writer(reader)
    identity, aes = pdf_name("/Identity"), pdf_name("/StdCF")
    configuration = CryptFilterConfiguration(
        {aes: StandardAESCryptFilter(keylen=16)},
        default_string_filter=aes if strings else identity, default_stream_filter=aes if streams else identity,
    )
    handler = StandardSecurityHandler.build_from_pw_legacy(
        StandardSecuritySettingsRevision.RC4_OR_AES128, writer._document_id[0].original_bytes, OWNER, "",
        crypt_filter_config=configuration,
    )
    writer._assign_security_handler(handler)
    if own:
        content = writer.root["/Pages"]["/Kids"][0]["/Contents"]
        content.add_crypt_filter(name=identity if own == "identity" else aes, handler=handler)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sign(pdf: bytes, password: str, field: str = "Firma1") -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.encrypt(password)
    leaf = "cns-good" if field == "Firma1" else "qualified-good"
    signer = signers.SimpleSigner.load(str(PKI / f"{leaf}.key"), str(PKI / f"{leaf}.pem"))
    meta = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    # pyHanko expects metadata in clear to say so by a filter of its own, which qpdf does not write.
    writer._update_meta = lambda: None
    out = signers.PdfSigner(meta, signer=signer).sign_pdf(writer)
    return out.getvalue()


def revision_5(make):
    """pyHanko does not know the forerunner of revision 6, whose key is derived in one step (Adobe Supplement, level 3)."""
    from pyhanko.pdf_utils.crypt import standard

    revision, hash_of = standard.StandardSecuritySettingsRevision, standard._r6_hash_algo
    from_number = revision.from_number
    revision.from_number = classmethod(lambda _, value: revision.AES256 if value == 5 else from_number(value))
    standard._r6_hash_algo = lambda *parts: hashlib.sha256(b"".join(part or b"" for part in parts)).digest()
    try:
        return make()
    finally:
        revision.from_number, standard._r6_hash_algo = from_number, hash_of


def change_text(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.encrypt("")
    content = writer.root["/Pages"]["/Kids"][0]["/Contents"]
    writer._update_meta = lambda: None
    content._data = content.data.replace(b"1.000", b"9.000")
    content._encoded_data = None
    writer.mark_update(writer.root["/Pages"]["/Kids"][0].raw_get("/Contents"))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def toml(name, title, clause, twin=None, password=None, problem=None, signatures=(("none",),)) -> str:
    negative = [other for other, _, _, _, options in cases() if options.get("twin") == name]
    lines = [
        f'title = "{title}"', 'class = "K28"', f'twin = "{"negative" if twin else "positive"}"',
        f"twins = [{', '.join(repr_(name) for name in ([twin] if twin else negative))}]",
        'origin = "tools/pdf-encrypted"', f'clause = "{clause}"', "", "[options]",
        'trust = ["fixtures/cms/pki/trust"]', 'crl = ["fixtures/cms/pki/crl"]', 'at = "2026-02-01T00:00:00Z"',
    ]
    lines += [f'password = "{password}"'] if password else []
    lines += ["", "[expected]"]
    if problem:
        lines += ['verdict = ["not_examined"]', f'problem = "{problem}"']
        return "\n".join(lines) + "\n"
    forbidden = signatures[0][0] == "forbidden"
    lines += [f'verdict = ["{"rejected" if forbidden else "accepted"}"]']
    for modifications in signatures:
        lines += ["", "[[expected.signatures]]", "layer = 0", 'intact = "true"',
                  f'indication = "{"TOTAL_FAILED" if forbidden else "TOTAL_PASSED"}"', 'format = "PAdES"',
                  f"modifications = [{', '.join(map(repr_, modifications))}]"]
        lines += ['sub_indication = ["FORMAT_FAILURE"]'] if forbidden else []
    return "\n".join(lines) + "\n"


def repr_(text: str) -> str:
    return f'"{text}"'


if __name__ == "__main__":
    main()
