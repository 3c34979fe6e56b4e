"""Validates the files named on standard input with pyHanko; prints the processor time of each in nanoseconds.

Usage: pyhanko_peer.py ANCHOR.pem CRL.der TIME
A line of input is a word and a path. `integrity`: no trust roots, the least that pyHanko does. `anew`: to the anchor,
with the CRL, at TIME. `remembered`: the same with one context for all, which remembers the paths that it validated.
`pdf`: every signature of a PDF, to the anchor, with the CRL, and with the default comparison of revisions.
Anchor and CRL are parsed once, and the file is read before the clock starts.
"""

import asyncio
import io
import logging
import sys
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from asn1crypto import cms, crl, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.generic_cms import async_validate_cms_signature
from pyhanko_certvalidator import ValidationContext


async def main(anchor: str, crl_path: str, at: str) -> None:
    logging.disable(logging.CRITICAL)
    _, _, der = pem.unarmor(Path(anchor).read_bytes())
    roots = [x509.Certificate.load(der)]
    crls = [crl.CertificateList.load(Path(crl_path).read_bytes())]
    moment = datetime.fromisoformat(at)

    def context() -> ValidationContext:
        return ValidationContext(trust_roots=roots, crls=crls, revocation_mode="hard-fail", moment=moment)

    # Without `trust_roots`, pyHanko would read those of the system for every signature.
    kept = {"integrity": ValidationContext(trust_roots=[]), "remembered": context()}
    print(f"pyHanko {version('pyhanko')}", flush=True)
    for line in sys.stdin:
        asked, path = line.rstrip("\n").split(" ", 1)
        octets = Path(path).read_bytes()
        start = time.process_time_ns()
        if asked == "pdf":
            await validate_pdf(octets, context())
            print(time.process_time_ns() - start, flush=True)
            continue
        signed_data = cms.ContentInfo.load(octets)["content"]
        status = await async_validate_cms_signature(signed_data, validation_context=kept.get(asked) or context())
        used = time.process_time_ns() - start
        assert status.intact and status.valid and status.trusted == (asked != "integrity"), status
        print(used, flush=True)


async def validate_pdf(octets: bytes, context: ValidationContext) -> None:
    signatures = PdfFileReader(io.BytesIO(octets)).embedded_signatures
    assert signatures
    for signature in signatures:
        status = await async_validate_pdf_signature(signature, context)
        assert status.intact and status.valid and status.trusted and status.modification_level is not None, status


asyncio.run(main(*sys.argv[1:]))
