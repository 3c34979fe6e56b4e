"""signed.py FOLDER: what EU DSS (dss.jsonl in FOLDER) and pyHanko say of files that varco signed, as a table.

The name of a file says which level was meant. Exit status 1 where a peer says that one is not valid, or of another level.
Needs what tests/peers/setup.sh installs.
"""

import asyncio
import json
import logging
import sys
import warnings
from pathlib import Path

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_detached_cms, validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

LEVELS = {
    "two.p7m": "LT", "under.p7m": "B", "crl.p7m": "LT", "seen.pdf": "LT", "d.p7s": "LTA",
    "renewed.p7m": "LTA", "renewed.pdf": "LTA",
}


def main() -> int:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    folder = Path(sys.argv[1])
    _, _, der = pem.unarmor((folder / "trust/qualified.pem").read_bytes())
    anchor = x509.Certificate.load(der)
    wrong = 0
    for line in (folder / "dss.jsonl").read_text().splitlines():
        answer = json.loads(line)
        file = Path(answer["path"])
        level = LEVELS.get(file.name, file.stem.rsplit("-", 1)[-1].upper())
        faults = dss(answer, level) + pyhanko(file, folder, level, anchor)
        wrong += bool(faults)
        print(f"{file.name}\t{level}\t{'; '.join(faults) or 'valid'}")
    return 1 if wrong else 0


def dss(answer: dict, level: str) -> list[str]:
    """What DSS holds against a file."""
    if "error" in answer:
        return ["DSS: " + answer["error"]]
    faults = []
    for signature in answer["signatures"]:
        if signature["counter"]:
            continue
        if not signature["level"].endswith("-" + level):
            faults.append(f"DSS: {signature['level']}")
        passed = (signature["indication"], signature["sub_indication"])
        if passed != ("TOTAL_PASSED", "null") or not signature["hash"] or not signature["value"]:
            faults.append(f"DSS: {passed}")
    for stamp in answer["timestamps"]:
        if not stamp["hash"] or stamp["indication"] != "PASSED":
            faults.append(f"DSS: {stamp['type']} {stamp['indication']} {stamp['sub_indication']}")
    return faults


def pyhanko(file: Path, folder: Path, level: str, anchor: x509.Certificate) -> list[str]:
    try:
        return pyhanko_pdf(file, level, anchor) if file.suffix == ".pdf" else pyhanko_cms(file, folder, anchor)
    except Exception as error:  # pyHanko raises many kinds; each is an answer
        return [f"pyHanko: {type(error).__name__}: {error}"]


def pyhanko_pdf(file: Path, level: str, anchor: x509.Certificate) -> list[str]:
    """By the AdES process of EN 319 102-1 §5.6 for LT and LTA, with nothing fetched; else signature and chain.

    That process is for LTA: it wants a timestamp on the signature (not on the document alone), and one on the validation
    data. Where either is missing, what counts is that pyHanko trusts signature and chain by the data in the file.
    """
    faults = []
    with file.open("rb") as stream:
        for signature in PdfFileReader(stream).embedded_regular_signatures:
            if level in ("LT", "LTA"):
                result = asyncio.run(ades_lta_validation(signature, offline(anchor)))
                trusted = result.api_status is not None and result.api_status.bottom_line
                whole = level == "LTA" and result.signature_timestamp_status is not None
                if str(result.ades_subindic) != "AdESPassed.OK" and (whole or not trusted):
                    faults.append(f"pyHanko: {result.ades_subindic} {result.failure_msg or ''}")
            else:
                context = ValidationContext(trust_roots=[anchor], allow_fetching=False)
                status = validate_pdf_signature(signature, context)
                if not status.bottom_line:
                    faults.append("pyHanko: " + status.summary())
    return faults


def offline(anchor: x509.Certificate) -> PdfSignatureValidationSpec:
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[anchor]),
        revinfo_policy=CertRevTrustPolicy(revocation_checking_policy=REQUIRE_REVINFO),
    )
    local = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=policy, revinfo_gathering_policy=local)
    )


def pyhanko_cms(file: Path, folder: Path, anchor: x509.Certificate) -> list[str]:
    """Signature, timestamp and chain: pyHanko does not look for validation data in CMS."""
    envelope = cms.ContentInfo.load(file.read_bytes())["content"]
    content = envelope["encap_content_info"]["content"].native
    if content is None:
        content = (folder / "accordo.txt").read_bytes()
    faults = []
    for signer in envelope["signer_infos"]:
        one = envelope.copy()
        one["signer_infos"] = [signer]
        kind = cms.ContentInfo if envelope["version"].native == "v1" else cms.EncapsulatedContentInfo
        one["encap_content_info"] = kind({"content_type": "data"})
        context = ValidationContext(trust_roots=[anchor], allow_fetching=False)
        status = asyncio.run(async_validate_detached_cms(content, one, context, context))
        if not (status.intact and status.valid and status.trusted):
            faults.append("pyHanko: " + status.summary())
    return faults


if __name__ == "__main__":
    sys.exit(main())
