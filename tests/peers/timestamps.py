"""What pyHanko says of the timestamps in signed files: on signature values, and on PDF documents.

    var/peers/bin/python tests/peers/timestamps.py FOLDER > fixtures/vectors/dss/timestamps.tsv

One row for each: the time in the token, whether the imprint is that of what it must be about, whether the token's own
digest and signature value hold, and the SHA-256 of its certificate. No anchors, no network: nothing about trust.
"""

import asyncio
import hashlib
import io
import logging
import sys
from pathlib import Path

from asn1crypto import cms
from asn1crypto.core import Void
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

HEAD = """\
# What pyHanko 0.38.0 (asn1crypto 1.5) says of the timestamps on signature values and on PDF documents in EU DSS's test
# resources. Made by tests/peers/timestamps.py; do not edit. Offline and without trust anchors.
# imprint: whether it is the digest of the signature value, or of what ByteRange names. value: digest and signature of the
# token itself; "-" where pyHanko cannot compute them. Files or tokens that it cannot read are not here.
path\tkind\ttime\timprint\tvalue\tcertificate"""


def yes(holds):
    return "yes" if holds else "no"


def judge(token, stamped):
    """Time, imprint, value and certificate of one token."""
    data = token["content"]
    info = data["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    imprint_holds = hashlib.new(algorithm.replace("-", "_"), stamped).digest() == imprint["hashed_message"].native
    time = info["gen_time"].native.strftime("%Y-%m-%dT%H:%M:%SZ")
    certificate = "-"
    try:
        certificate = hashlib.sha256(extract_certificate_info(data).signer_cert.dump()).hexdigest()
    except Exception:
        pass
    try:
        context = ValidationContext(trust_roots=[], allow_fetching=False)
        expected = imprint["hashed_message"].native
        status = asyncio.run(validate_tst_signed_data(data, context, lambda _: expected))
        value = yes(status["intact"] and status["valid"])
    except Exception:
        value = "-"
    return time, yes(imprint_holds), value, certificate


def of_signers(path, signers):
    """Rows for the timestamps on signature values, those of countersignatures too."""
    for signer in signers:
        attributes = signer["unsigned_attrs"]
        if isinstance(attributes, Void):
            continue
        for attribute in attributes:
            kind = attribute["type"].native
            if kind == "counter_signature":
                yield from of_signers(path, attribute["values"])
            elif kind == "signature_time_stamp_token":
                for token in attribute["values"]:
                    yield path, "signature", *judge(token, signer["signature"].native)


def of_pdf(path, octets):
    reader = PdfFileReader(io.BytesIO(octets), strict=False)
    for signature in reader.embedded_signatures:
        try:
            data = signature.signed_data
            if str(signature.sig_object.get("/SubFilter")) == "/ETSI.RFC3161":
                first, length, second, rest = (int(number) for number in signature.byte_range)
                covered = octets[first:first + length] + octets[second:second + rest]
                token = {"content": data}
                yield path, "document", *judge(token, covered)
            else:
                yield from of_signers(path, data["signer_infos"])
        except Exception as error:
            print(f"{path}: {error!r}", file=sys.stderr)


def main():
    logging.disable(logging.CRITICAL)
    corpus = Path(sys.argv[1])
    print(HEAD)
    for file in sorted(path for path in corpus.rglob("*") if path.is_file()):
        path, octets = str(file.relative_to(corpus)), file.read_bytes()
        try:
            if octets.startswith(b"\x30"):
                envelope = cms.ContentInfo.load(octets)
                if envelope["content_type"].native != "signed_data":
                    continue
                rows = list(of_signers(path, envelope["content"]["signer_infos"]))
            elif b"%PDF-" in octets[:1024]:
                rows = list(of_pdf(path, octets))
            else:
                continue
        except Exception as error:
            print(f"{path}: {error!r}", file=sys.stderr)
            continue
        for row in rows:
            print("\t".join(row))


main()
