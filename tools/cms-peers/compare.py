#!/usr/bin/env python3
"""Asks OpenSSL and pyHanko about every case of fixtures/cms and writes their answers to its case.toml.

Needs the `openssl` command and pyHanko (pip install pyhanko). Prints the cases where a peer and the expected
verdict differ; their reasons stand in `differences.toml` beside this file, and a difference without one fails.
"""

import asyncio
import base64
import binascii
import logging
import multiprocessing
import re
import subprocess
import sys
import tempfile
import tomllib
import warnings
from pathlib import Path

from asn1crypto import cms
from pyhanko.sign.validation import generic_cms

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = ROOT / "fixtures" / "cms"
FORK = multiprocessing.get_context("fork")


def main() -> int:
    reasons = tomllib.loads((HERE / "differences.toml").read_text())
    unexplained = []
    for path in sorted(CASES.glob("*/case.toml")):
        answers = ask(path)
        folder, text = path.parent, path.read_text()
        case = tomllib.loads(text)
        lines = [f"{peer} = {toml_string(answer)}" for peer, answer in answers.items()]
        differing = [peer for peer, answer in answers.items() if differs(case, answer)]
        reason = reasons.get(case["class"], {}) | reasons.get(folder.name, {})
        for peer in differing:
            if peer not in reason:
                unexplained.append(f"{folder.name}: {peer}: {answers[peer]}")
            else:
                lines.append(f"{peer}_differs = {toml_string(reason[peer])}")
        path.write_text(text.split("\n[peers]")[0] + "\n[peers]\n" + "\n".join(lines) + "\n")
    print("\n".join(unexplained))
    return 1 if unexplained else 0


def ask(path: Path) -> dict[str, str]:
    folder, case = path.parent, tomllib.loads(path.read_text())
    # Text envelopes are opened first: the peers are asked about the CMS inside.
    message = unwrap((folder / "input.p7m").read_bytes())
    detached = folder / case["options"]["detached"] if "detached" in case["options"] else None
    return {
        "openssl": openssl(message, detached, []),
        "openssl_cades": openssl(message, detached, ["-cades"]),
        "pyhanko": pyhanko(message, detached),
    }


def differs(case: dict, answer: str) -> bool:
    """Whether a peer takes what must not be accepted, or refuses what must be."""
    expected = case["expected"]
    intact = [signature.get("intact") for signature in expected.get("signatures", [])]
    accepts = answer == "verifies"
    if expected["verdict"] == ["accepted"]:
        return not accepts
    # A peer that knows no policy may take what is intact and only weak, or by somebody else.
    return accepts and not (intact and set(intact) == {"true"}) and "accepted" not in expected["verdict"]


def unwrap(octets: bytes) -> bytes:
    for _ in range(2):
        text = octets.removeprefix(b"\xef\xbb\xbf").strip()
        if text.startswith(b"-----BEGIN"):
            text = b"".join(text.splitlines()[1:-1])
        if text[:1] == b"0" or not re.fullmatch(rb"[A-Za-z0-9+/=\s]+", text):
            return octets
        try:
            octets = base64.b64decode(text)
        except binascii.Error:
            return octets
    return octets


def openssl(message: bytes, detached: Path | None, options: list[str]) -> str:
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        pki = CASES / "pki"
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", file.name, "-out", "/dev/null"]
        command += ["-purpose", "any", "-attime", "1769904000", "-CAfile", anchors(pki), *options]
        if detached:
            command += ["-content", str(detached)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20)
        except subprocess.TimeoutExpired:
            return "no answer in 20 s"
    if run.returncode == 0:
        return "verifies"
    errors = re.findall(r"error:[0-9A-F]+:[^:]*:[^:]*:([^:\n]+)", run.stderr)
    return "refuses: " + (errors[0] if errors else "no reason given")


_ANCHORS: list[str] = []


def anchors(pki: Path) -> str:
    if not _ANCHORS:
        with tempfile.NamedTemporaryFile(delete=False, suffix=".pem") as file:
            file.write(b"".join(pem.read_bytes() for pem in sorted((pki / "trust").glob("*.pem"))))
            _ANCHORS.append(file.name)
    return _ANCHORS[0]


def pyhanko(message: bytes, detached: Path | None) -> str:
    """In a process of its own: the case of K20 keeps pyHanko busy for ever."""
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=lambda: theirs.send(judge(message, detached)))
    process.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(20) else "no answer in 20 s"
    except EOFError:
        return "refuses: crashed"
    finally:
        process.kill()
        process.join()


def judge(message: bytes, detached: Path | None) -> str:
    """Integrity only: signed attributes, digest, binding to the certificate, value. Takes one signer."""
    try:
        info = cms.ContentInfo.load(message, strict=True)
        if info["content_type"].native != "signed_data":
            return "refuses: not signed data"
        signed_data = info["content"]
        if detached:
            check = generic_cms.async_validate_detached_cms(detached.read_bytes(), signed_data)
        else:
            check = generic_cms.async_validate_cms_signature(signed_data)
        status = asyncio.run(asyncio.wait_for(check, 20))
    except Exception as error:  # whatever it says is its answer
        return f"refuses: {type(error).__name__}: {str(error)[:70]}".replace("\n", " ")
    if status.intact and status.valid:
        return "verifies"
    return f"refuses: intact {status.intact}, valid {status.valid}"


def toml_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', "'") + '"'


if __name__ == "__main__":
    logging.disable()
    warnings.simplefilter("ignore")
    sys.exit(main())
