#!/usr/bin/env python3
"""compare.py CORPUS ANSWERS...: writes the tables of fixtures/vectors/dss from the peers' JSON lines.

ANSWERS are files of lines from dss/run.sh and pdf_peers.py. Called by compare.sh.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

TABLES = Path(__file__).resolve().parents[2] / "fixtures" / "vectors" / "dss"
PDF_HEADER = """\
# What the peers say of the PDFs of EU DSS's test resources: EU DSS 6.4, pyHanko 0.38.0, poppler pdfsig 22.12.0.
# Made by tests/peers/compare.sh; do not edit. Offline and without trust anchors: "intact", not "trusted".
# A row "file" per file: for each tool the number of signatures + document timestamps, or its error; for DSS also the
# other timestamps (type hash/value). Then a row per signature dictionary, in the order of the ranges; "-" in the
# column of a tool that does not see it.
# certificate: SHA-256 of the signing certificate. dss, pyhanko: digest/signature value, "yes" or "no"
# dss_modifications: annotation overlap, visual and missing pages (pages), then the changed objects by DSS's classes
#   (extension, fill = signature or form fill, annotation, undefined: their number)
# pyhanko_modification: level; docmdp and seed value if not satisfied; the reason if suspicious;
#   "lenient" in the row of the file if it needed strict=False
# pdfsig: its words; "unsigned" in the row of the file: fields that it calls not signed
# pdfsig_total: "total" if it says that the whole document is signed. Long reasons end in an ellipsis.
"""
PDF_COLUMNS = (
    "path signature sub_filter range certificate dss dss_level dss_verdict dss_modifications pyhanko pyhanko_coverage "
    "pyhanko_modification pdfsig pdfsig_total"
).split()
CADES_HEADER = """\
# What EU DSS 6.4 says of the CAdES files of its own test resources, offline and without trust anchors.
# Made by tests/peers/compare.sh; do not edit. One row per signature (counter: it is a countersignature), one per
# timestamp, and one with the error where the file is not read.
# intact: digest/signature value, "yes" or "no". content: detached content given, below the corpus.
"""
CADES_COLUMNS = "path content token level_or_type intact verdict certificate".split()


def main() -> None:
    corpus = Path(sys.argv[1])
    answers = [json.loads(line) for name in sys.argv[2:] for line in Path(name).read_text().splitlines()]
    files = defaultdict(dict)
    for answer in answers:
        files[str(Path(answer["path"]).relative_to(corpus))].setdefault(answer["tool"], []).append(answer)
    contents = detached(corpus)
    pdf, cades = [], []
    for path, tools in sorted(files.items()):
        if path.endswith(".pdf"):
            pdf += pdf_rows(path, {tool: lines[0] for tool, lines in tools.items()})
        else:
            for line, content in zip(tools["dss"], [None, *contents.get(path, [])]):
                cades += cades_rows(path, content, line)
    write("pdf-peers.tsv", PDF_HEADER, PDF_COLUMNS, pdf)
    write("pdf-peers-cades.tsv", CADES_HEADER, CADES_COLUMNS, cades)


def detached(corpus: Path) -> dict[str, list[str]]:
    """The detached contents that the notes of expected.tsv name, by path."""
    result = defaultdict(list)
    for row in (corpus / "expected.tsv").read_text().splitlines():
        path, *_, notes = row.split("\t")
        content = notes.removeprefix("detached=")
        if content != notes and content not in result[path]:
            result[path].append(content)
    return result


def pdf_rows(path: str, tools: dict) -> list[dict]:
    """The row of the file and those of its signatures, matched between the tools by their ranges."""
    signatures = defaultdict(dict)
    for tool, answer in tools.items():
        for signature in answer.get("signatures", []) + revisions(answer.get("timestamps", [])):
            signatures[tuple(signature["range"] or [])][tool] = signature
    rows = [file_row(path, tools)]
    for number, (span, seen) in enumerate(sorted(signatures.items(), key=lambda item: item[0][1:]), 1):
        rows.append({"path": path, "signature": number, "range": " ".join(map(str, span)), **signature_row(seen)})
    return rows


def revisions(timestamps: list[dict]) -> list[dict]:
    """The document timestamps: those that have a range."""
    return [timestamp for timestamp in timestamps if "range" in timestamp]


def file_row(path: str, tools: dict) -> dict:
    row = {"path": path, "signature": "file", **{tool: file_answer(answer) for tool, answer in tools.items()}}
    if tools["pyhanko"].get("strict") is False:
        row["pyhanko_modification"] = "lenient"
    return row


def file_answer(answer: dict) -> str:
    if "error" in answer:
        return "error: " + brief(answer["error"])
    stamps = revisions(answer.get("timestamps", []))
    stamped = sum(signature.get("type") == "DocTimeStamp" for signature in answer["signatures"])
    text = f"{len(answer['signatures']) - stamped}+{len(stamps) + stamped}"
    if answer["tool"] == "pdfsig":
        text = str(len(answer["signatures"]))  # it does not tell the two apart
        text += f", {answer['unsigned']} unsigned" if answer["unsigned"] else ""
    others = [t for t in answer.get("timestamps", []) if "range" not in t]
    return ", ".join([text, *(f"{other['type']} {both(other, 'hash', 'value')}" for other in others)])


def signature_row(seen: dict) -> dict:
    row = {}
    for tool in ("dss", "pyhanko", "pdfsig"):
        signature = seen.get(tool, {})
        row |= {key: signature[key] for key in ("certificate", "sub_filter") if signature.get(key) and key not in row}
    if "dss" in seen:
        row |= dss_columns(seen["dss"])
    if "pyhanko" in seen:
        row |= pyhanko_columns(seen["pyhanko"])
    if "pdfsig" in seen:
        row |= {"pdfsig": seen["pdfsig"]["verdict"], "pdfsig_total": "total" if seen["pdfsig"]["total"] else "part"}
    return row


def dss_columns(signature: dict) -> dict:
    pages = {"overlap": "overlap_pages", "visual": "visual_pages", "pages": "missing_pages"}
    objects = {
        "extension": "extension",
        "fill": "signature_or_form_fill",
        "annotation": "annotation",
        "undefined": "undefined",
    }
    words = [f"{word} {','.join(map(str, signature[key]))}" for word, key in pages.items() if signature[key]]
    words += [f"{word} {len(signature[key])}" for word, key in objects.items() if signature[key]]
    words += [key for key in ("range_valid", "dictionary_consistent") if not signature[key]]
    return {
        "dss": both(signature, "hash", "value"),
        "dss_level": signature.get("level", signature.get("type")),
        "dss_verdict": verdict(signature),
        "dss_modifications": "; ".join(words).replace("range_valid", "range not valid").replace(
            "dictionary_consistent", "dictionary not consistent"
        ),
    }


def pyhanko_columns(signature: dict) -> dict:
    words = [signature.get("modification"), brief(signature.get("suspicious")), brief(signature.get("error"))]
    words.append("docmdp not satisfied" if signature.get("docmdp_ok") is False else None)
    words.append("seed value not satisfied" if signature.get("seed_value_ok") is False else None)
    return {
        "pyhanko": both(signature, "intact", "valid") if "intact" in signature else "error",
        "pyhanko_coverage": signature.get("coverage"),
        "pyhanko_modification": "; ".join(word for word in words if word),
    }


def cades_rows(path: str, content: str | None, answer: dict) -> list[dict]:
    row = {"path": path, "content": content}
    if "error" in answer:
        return [row | {"token": "file", "level_or_type": "error: " + answer["error"]}]
    rows = []
    for signature in answer["signatures"]:
        token = "counter" if signature["counter"] else "signature"
        rows.append(row | {"token": token, "level_or_type": signature["level"], **cades_columns(signature)})
    for timestamp in answer["timestamps"]:
        rows.append(row | {"token": "timestamp", "level_or_type": timestamp["type"], **cades_columns(timestamp)})
    return rows


def cades_columns(token: dict) -> dict:
    return {"intact": both(token, "hash", "value"), "verdict": verdict(token), "certificate": token["certificate"]}


def verdict(token: dict) -> str:
    return token["indication"] + ("/" + token["sub_indication"] if token["sub_indication"] != "null" else "")


def both(entry: dict, first: str, second: str) -> str:
    return "/".join("yes" if entry[key] else "no" for key in (first, second))


def write(name: str, header: str, columns: list[str], rows: list[dict]) -> None:
    lines = ["\t".join(cell(row.get(column)) for column in columns) for row in rows]
    (TABLES / name).write_text(header + "\t".join(columns) + "\n" + "\n".join(lines) + "\n")


def brief(text: str | None) -> str | None:
    return text if text is None or len(text) <= 160 else text[:160] + "…"


def cell(value) -> str:
    return " ".join(str(value).split()) if value not in (None, "") else "-"


if __name__ == "__main__":
    main()
