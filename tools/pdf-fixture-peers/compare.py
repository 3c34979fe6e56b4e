#!/usr/bin/env python3
"""Asks pyHanko, pdfsig and qpdf about every case of fixtures/pdf and writes their answers to its case.toml.

Needs `pdfsig` (poppler-utils), `qpdf` and pyHanko (pip install pyhanko). Prints the cases where a peer takes what must
not be accepted, or refuses what must be; their reasons stand in `differences.toml`, and one without a reason fails.
"""

import asyncio
import datetime
import logging
import multiprocessing
import re
import resource
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = ROOT / "fixtures" / "pdf"
PKI = ROOT / "fixtures" / "cms" / "pki"
SECONDS = 20
MEMORY = 4 << 30
AT = datetime.datetime(2026, 2, 1, tzinfo=datetime.timezone.utc)


def main() -> int:
    reasons = tomllib.loads((HERE / "differences.toml").read_text())
    wanted = set(sys.argv[1:])
    unexplained = []
    for path in sorted(CASES.glob("*/case.toml")):
        folder, text = path.parent, path.read_text()
        pdf = folder / "input.pdf"
        if wanted and folder.name not in wanted:
            continue
        case = tomllib.loads(text)
        password = case["options"].get("password", "")
        peers = {"pyhanko": pyhanko, "pdfsig": pdfsig, "qpdf": qpdf}
        answers = {peer: ask(pdf, password) for peer, ask in peers.items()} if pdf.exists() else {}
        lines = [f"{peer} = {toml_string(answer)}" for peer, answer in answers.items()]
        reason = reasons.get(case["class"], {}) | reasons.get(folder.name, {})
        for peer in ["pyhanko", "pdfsig"]:
            if peer in answers and differs(case, answers[peer]):
                if peer in reason:
                    lines.append(f"{peer}_differs = {toml_string(reason[peer])}")
                else:
                    unexplained.append(f"{folder.name}: {peer}: {answers[peer]}")
        path.write_text(text.split("\n[peers]")[0] + "\n[peers]\n" + "\n".join(lines) + "\n")
    print("\n".join(unexplained))
    return 1 if unexplained else 0


def differs(case: dict, answer: str) -> bool:
    """Whether a peer takes what must not be accepted, or refuses what must be."""
    accepts = bool(answer) and all(part.startswith("passes") for part in answer.split("; "))
    verdict = case["expected"]["verdict"]
    if verdict == ["accepted"]:
        return not accepts
    intact = [signature.get("indication") for signature in case["expected"].get("signatures", [])]
    # The signatures are good, and what fails is a question that the peers are not asked.
    if intact and set(intact) == {"TOTAL_PASSED"}:
        return not accepts
    return accepts and "accepted" not in verdict


def pyhanko(pdf: Path, password: str) -> str:
    """In a process of its own, with a limit of time and memory."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: theirs.send(judge(pdf, password)))
    process.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(SECONDS) else f"no answer in {SECONDS} s"
    except EOFError:
        return "crashed"
    finally:
        process.kill()
        process.join()


def judge(pdf: Path, password: str) -> str:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        with pdf.open("rb") as file:
            reader = PdfFileReader(file, strict=False)
            if reader.encrypted:
                reader.decrypt(password)
            answers = [answer(signature) for signature in reader.embedded_signatures]
    except Exception as error:  # whatever it says is its answer
        return f"refuses: {brief(error)}"
    return "; ".join(answers) or "no signature"


def answer(signature) -> str:
    try:
        return asyncio.run(asyncio.wait_for(validate(signature), SECONDS))
    except Exception as error:
        return f"refuses: {brief(error)}"


async def validate(signature) -> str:
    context = ValidationContext(
        trust_roots=[load_cert_from_pemder(str(pem)) for pem in sorted((PKI / "trust").glob("*.pem"))],
        moment=AT, allow_fetching=False, revocation_mode="soft-fail",
    )
    if signature.sig_object.get("/Type") == "/DocTimeStamp":
        status = await async_validate_pdf_timestamp(signature, context)
        good = status.intact and status.valid
        return f"{'passes' if good else 'refuses'}: time-stamp, {status.coverage.name}"
    status = await async_validate_pdf_signature(signature, context, key_usage_settings=usage())
    level = status.modification_level.name if status.modification_level else "not analysed"
    words = f"intact {status.intact}, valid {status.valid}, {status.coverage.name}, {level}"
    if status.docmdp_ok is not None:
        words += f", permitted {status.docmdp_ok}"
    good = status.intact and status.valid and status.docmdp_ok is not False and level not in ("OTHER", "not analysed")
    good = good and status.coverage.name != "UNCLEAR"
    if status.has_seed_values:
        words += f", seed values kept {status.seed_value_ok}"
        good = good and status.seed_value_ok
    return ("passes: " if good else "refuses: ") + words


def usage():
    from pyhanko.sign.validation.settings import KeyUsageConstraints

    return KeyUsageConstraints(key_usage=set())


def pdfsig(pdf: Path, password: str) -> str:
    """Whether values hold, and whether the last octets are covered; it does not analyse changes."""
    try:
        # Either password may be the one, and a wrong one of the two is an error.
        for given in [[], ["-upw", password], ["-opw", password]]:
            run = subprocess.run(["pdfsig", "-nocert", *given, str(pdf)], capture_output=True, text=True,
                                 errors="replace", timeout=SECONDS)
            if "Incorrect password" not in run.stderr + run.stdout:
                break
        else:
            return "refuses: incorrect password"
    except subprocess.TimeoutExpired:
        return f"no answer in {SECONDS} s"
    parts = re.split(r"Signature #\d+:", run.stdout)[1:]
    return "; ".join(map(one_of_pdfsig, parts)) or "no signature"


def one_of_pdfsig(part: str) -> str:
    found = re.search(r"Signature Validation: (.*?)\.?\n", part)
    verdict = found.group(1) if found else "nothing said"
    whole = "  - Total document signed" in part
    return ("passes: " if verdict == "Signature is Valid" else "refuses: ") + verdict.lower() + (
        ", whole file" if whole else ", part of the file")


def qpdf(pdf: Path, password: str) -> str:
    try:
        run = subprocess.run(["qpdf", f"--password={password}", "--check", str(pdf)], capture_output=True, text=True, errors="replace",
                             timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"no answer in {SECONDS} s"
    if run.returncode == 0:
        return "no complaint"
    complaint = (run.stderr.splitlines() or ["no reason given"])[0]
    return re.sub(r"^(WARNING|ERROR|qpdf): ", "", complaint.replace(str(pdf), "")).lstrip(" :")[:100]


def brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:90]}".replace("\n", " ")


def toml_string(text: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return '"' + printable.replace("\\", "\\\\").replace('"', "'") + '"'


if __name__ == "__main__":
    logging.disable()
    warnings.simplefilter("ignore")
    sys.exit(main())
