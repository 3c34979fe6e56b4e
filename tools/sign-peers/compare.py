#!/usr/bin/env python3
"""compare.py FOLDER [TABLE]: what OpenSSL, pyHanko, pdfsig and qpdf say of the files that `cargo run --example sign`
wrote to FOLDER, as a table (fixtures/vectors/sign-peers.tsv). Fails where one of them finds fault with a signature.

Needs what tests/peers/setup.sh installs, and qpdf.
"""

import asyncio
import logging
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from asn1crypto import cms
from pyhanko.sign.validation import generic_cms

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "peers"))
import pdf_peers  # noqa: E402

TABLE = ROOT / "fixtures" / "vectors" / "sign-peers.tsv"
EXPLAINED = {"invisible-brainpool.pdf"}  # see HEADER
AT = "1769850000"  # 2026-01-31T09:00:00Z
HEADER = """\
# What others say of what Varco signs: OpenSSL 3.0, pyHanko 0.38.0, poppler pdfsig 22.12.0, qpdf 11.3.0.
# Made by tools/sign-peers/compare.py; do not edit. One row per file.
# openssl: `cms -verify -cades` with the anchors of the fixtures at the time of signing (chain included)
# pyhanko: of each signature digest/value, coverage and what was changed after it; "lenient": it reads hybrid files only so
# pdfsig: its words, signature by signature (brainpool: NSS, with which it verifies, does not know these curves)
# qpdf: what `--check` complains of
file\topenssl\tpyhanko\tpdfsig\tqpdf
"""


def main() -> int:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    folder = Path(sys.argv[1])
    table = Path(sys.argv[2]) if len(sys.argv) > 2 else TABLE
    rows, bad = [], []
    for path in sorted(folder.glob("*.p??")):
        answers = pdf(path) if path.suffix == ".pdf" else envelope(path, folder / "content")
        rows.append("\t".join([path.name, *answers]))
        fault = any(word in answer for answer in answers for word in ("no/", "/no", "fails", "Invalid", "error"))
        if fault and path.name not in EXPLAINED:
            bad.append(rows[-1])
    table.write_text(HEADER + "\n".join(rows) + "\n")
    print("\n".join(bad))
    return 1 if bad or not rows else 0


def envelope(path: Path, content: Path) -> list[str]:
    detached = path.suffix == ".p7s"
    with tempfile.TemporaryDirectory() as scratch:
        anchors = Path(scratch) / "anchors.pem"
        trust = sorted((ROOT / "fixtures" / "cms" / "pki" / "trust").glob("*.pem"))
        anchors.write_text("".join(anchor.read_text() for anchor in trust))
        command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any", "-attime", AT]
        command += ["-in", str(path), "-CAfile", str(anchors), "-out", f"{scratch}/out"]
        command += ["-content", str(content)] if detached else []
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        openssl = "good" if run.returncode == 0 else "fails: " + run.stderr.strip().splitlines()[-1]
    return [openssl, pyhanko_cms(path, content), "-", "-"]


def pyhanko_cms(path: Path, content: Path) -> str:
    """pyHanko takes messages of one signer only."""
    data = cms.ContentInfo.load(path.read_bytes(), strict=True)["content"]
    if len(data["signer_infos"]) != 1:
        return "-"
    try:
        if path.suffix == ".p7s":
            status = asyncio.run(generic_cms.async_validate_detached_cms(content.read_bytes(), data))
        else:
            status = asyncio.run(generic_cms.async_validate_cms_signature(data))
    except Exception as error:  # pyHanko raises many kinds; each is an answer
        return f"error: {error}"
    return pair(status.intact, status.valid)


def pdf(path: Path) -> list[str]:
    answer = pdf_peers.pyhanko(str(path))
    said = [
        f"{pair(signature.get('intact'), signature.get('valid'))} {signature.get('coverage')} "
        f"{signature.get('modification')}"
        for signature in answer.get("signatures", [])
    ]
    pyhanko = ("" if answer["strict"] else "lenient: ") + (answer.get("error") or "; ".join(said))
    words = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    pdfsig = "; ".join(re.findall(r"Signature Validation: (.*)", words))
    check = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    warnings_ = [line.split(": ", 1)[-1] for line in check.stderr.splitlines() if "WARNING" in line]
    return ["-", pyhanko, pdfsig, "; ".join(warnings_) or "no complaint"]


def pair(intact: object, valid: object) -> str:
    return f"{'yes' if intact else 'no'}/{'yes' if valid else 'no'}"


if __name__ == "__main__":
    sys.exit(main())
