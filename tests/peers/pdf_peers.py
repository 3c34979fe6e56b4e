#!/usr/bin/env python3
"""pdf_peers.py [--time N] FILE...: what pyHanko and poppler's pdfsig say of PDF signatures, a JSON line each.

pyHanko runs with its difference analysis, without trust anchors and without network: `intact` (digest) and `valid`
(signature value) are what it is asked for, not trust. It reads strictly first; where that fails (hybrid and damaged
files) it reads again with strict=False and `strict` is false. `--time` adds the median of N runs of pyHanko.
Needs what tests/peers/setup.sh installs.
"""

import argparse
import hashlib
import json
import logging
import re
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.validation import read_certification_data, validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

UNSIGNED = "The signature form field is not signed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--time", type=int, default=0, metavar="N")
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for path in arguments.files:
        line = {"tool": "pyhanko", "path": path, **pyhanko(path)}
        if arguments.time:
            line |= median(path, arguments.time)
        print(json.dumps(line))
        print(json.dumps({"tool": "pdfsig", "path": path, **pdfsig(path)}), flush=True)


def pyhanko(path: str) -> dict:
    """The answer of a strict reader, or of a lenient one where the strict one fails anywhere."""
    answer = {}
    for strict in (True, False):
        try:
            answer = {"strict": strict, **read(path, strict)}
        except Exception as error:  # pyHanko raises many kinds; each is an answer
            answer = {"strict": strict, "error": describe(error)}
        if "error" not in answer and not any("error" in signature for signature in answer["signatures"]):
            break
    return answer


def read(path: str, strict: bool) -> dict:
    with Path(path).open("rb") as stream:
        reader = PdfFileReader(stream, strict=strict)
        signatures = [judge(signature) for signature in reader.embedded_signatures]
        return {"signatures": signatures, "doc_mdp": certification(reader)}


def certification(reader) -> str | None:
    try:
        found = read_certification_data(reader)
    except Exception as error:
        return describe(error)
    return found.permission.name if found else None


def judge(signature) -> dict:
    certificate = signature.signer_cert
    entry = {
        "type": str(signature.sig_object_type).lstrip("/"),
        "sub_filter": str(signature.sig_object.get("/SubFilter", None)).lstrip("/"),
        "range": [int(n) for n in signature.byte_range],
        "certificate": hashlib.sha256(certificate.dump()).hexdigest() if certificate else None,
    }
    try:
        status = validate(signature, skip_diff=False)
    except Exception as error:
        return entry | {"error": describe(error)} | integrity(signature)
    difference = status.diff_result
    return entry | {
        "intact": status.intact,
        "valid": status.valid,
        "coverage": status.coverage.name if status.coverage else None,
        "modification": status.modification_level.name if status.modification_level else None,
        "suspicious": str(difference) if isinstance(difference, SuspiciousModification) else None,
        "docmdp_ok": status.docmdp_ok,
        "seed_value_ok": getattr(status, "seed_value_ok", None),
    }


def validate(signature, skip_diff: bool):
    offline = ValidationContext(trust_roots=[], allow_fetching=False)
    if signature.sig_object_type == "/DocTimeStamp":
        return validate_pdf_timestamp(signature, offline, skip_diff=skip_diff)
    return validate_pdf_signature(signature, offline, skip_diff=skip_diff)


def integrity(signature) -> dict:
    """What it says without the difference analysis, where that is what failed."""
    try:
        status = validate(signature, skip_diff=True)
    except Exception:
        return {}
    return {"intact": status.intact, "valid": status.valid, "coverage": status.coverage.name}


def describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def median(path: str, runs: int) -> dict:
    """Medians in milliseconds, by the clock and of CPU time."""
    clock, cpu = [], []
    for _ in range(runs):
        before = time.perf_counter(), time.process_time()
        pyhanko(path)
        clock.append(time.perf_counter() - before[0])
        cpu.append(time.process_time() - before[1])
    return {"ms": statistics.median(clock) * 1000, "cpu_ms": statistics.median(cpu) * 1000}


def pdfsig(path: str) -> dict:
    """Without certificates (-nocert); the names that pdfsig prints are left out."""
    try:
        run = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"error": describe(error)}
    text = run.stdout.decode("utf-8", "replace")
    blocks = re.split(r"^Signature #\d+:$", text, flags=re.MULTILINE)[1:]
    signatures = [pdfsig_signature(block) for block in blocks if UNSIGNED not in block]
    answer = {"status": run.returncode, "signatures": signatures, "unsigned": len(blocks) - len(signatures)}
    if run.returncode != 0 and not blocks:
        said = (run.stderr.decode("utf-8", "replace") + text).strip().splitlines()
        answer["error"] = said[-1].replace(path, "FILE") if said else f"exit {run.returncode}"
    return answer


def pdfsig_signature(block: str) -> dict:
    facts = dict(re.findall(r"^ +- ([^:\n]+): (.*)$", block, flags=re.MULTILINE))
    bounds = [int(n) for n in re.findall(r"\d+", facts.get("Signed Ranges", ""))]
    # pdfsig prints where each part begins and ends, /ByteRange how long it is
    length = [bounds[0], bounds[1] - bounds[0], bounds[2], bounds[3] - bounds[2]] if len(bounds) == 4 else None
    return {
        "sub_filter": facts.get("Signature Type"),
        "range": length,
        "verdict": facts.get("Signature Validation", "").rstrip("."),
        "total": "Total document signed" in block and "Not total document signed" not in block,
    }


if __name__ == "__main__":
    sys.exit(main())
