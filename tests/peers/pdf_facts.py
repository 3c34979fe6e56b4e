#!/usr/bin/env python3
"""pdf_facts.py FOLDER: what a reader must cope with in each PDF below FOLDER, one row per file.

Found with pdf_bytes.py alone; the peers are not asked. The columns are explained in HEADER.
"""

import re
import sys
from pathlib import Path

import pdf_bytes
from pdf_bytes import Document, Parser, Ref, Stream

HEADER = """\
# What a reader of PDF must cope with in the PDFs of EU DSS's test resources (path below the corpus).
# Made by tests/peers/compare.sh (tests/peers/pdf_facts.py); do not edit.
# header: version in the header, and in the catalogue if it says another; @N: octets before %PDF-
# xref: sections as /Prev leads to them, oldest first: t table, h table with /XRefStm (hybrid), s stream;
#   L before the two sections that make one revision of a linearised file
# revisions: of that chain. chain: ok, or why it ends early; then the startxref that it does not lead to
# linearised: yes, no, or was (updated since: /L is not the size). objstm: yes if objects are in object streams
# before_xref: sections whose startxref or /Prev leads to white space before them
# after_eof: octets after the last %%EOF, hexadecimal. xref_faults: objects in use that are not at their offset
# fields: signature fields with a value / without. values: signature dictionaries in the order of their ranges, each
#   SubFilter (or !Type), ends: the revision whose end the range reaches, "file" if the last octet of the file,
#   "+N" octets beyond the %%EOF of it; "gap not exact": the hole is not /Contents with its angle brackets;
#   "gap not in this dictionary": what the hole holds belongs to another object
# lengths: streams whose /Length does not lead to endstream, object number: said/found
# unlinked: /ByteRange in the octets that no signature field leads to, by file offset
# docmdp, fieldmdp, lock (SigFieldLock), seed (SV), ur (usage rights), dss, vri (number): in the newest revision
"""
COLUMNS = (
    "path octets header xref revisions chain before_xref linearised objstm encrypted after_eof xref_faults lengths fields values unlinked "
    "docmdp fieldmdp lock seed ur dss vri"
).split()


def main():
    folder = Path(sys.argv[1])
    print(HEADER + "\t".join(COLUMNS))
    for path in sorted(folder.rglob("*.[pP][dD][fF]")):
        row = {"path": path.relative_to(folder), **facts(path.read_bytes())}
        print("\t".join(str(row[column]) for column in COLUMNS))


def facts(data):
    document = Document(data)
    catalog = document.get(document.trailer["/Root"])
    form = document.get(catalog.get("/AcroForm")) or {}
    fields = list(signature_fields(document, form.get("/Fields"), {}))
    values = sorted(filter(None, (signature(document, field) for field in fields)), key=lambda v: v["range"][1:2])
    dss = document.get(catalog.get("/DSS"))
    return {
        "octets": len(data),
        "header": header(document, catalog),
        **cross_references(document),
        "encrypted": encryption(document),
        "after_eof": data[data.rfind(b"%%EOF") + 5 :].hex() or "-",
        "fields": f"{len(values)}/{len(fields) - len(values)}",
        "values": "; ".join(value["text"] for value in values) or "-",
        "unlinked": unlinked(data, values),
        **permissions(document, catalog, fields),
        "dss": "yes" if dss else "-",
        "vri": len(document.get(dss.get("/VRI")) or {}) if dss else "-",
    }


def header(document, catalog):
    version = re.match(rb"%PDF-(\d\.\d)", document.data[document.header :])
    text = version.group(1).decode() if version else "none"
    if "/Version" in catalog:
        text += " catalogue " + str(document.get(catalog["/Version"])).lstrip("/")
    return text + (f" @{document.header}" if document.header else "")


def cross_references(document):
    data = document.data
    first = re.search(rb"<<[^>]*/Linearized[^>]*>>", data[:1024])
    linear = Parser(data, first.start()).value() if first else None
    kinds = ["h" if s.hybrid else s.kind[0] for s in reversed(document.sections)]
    known = {s.offset for s in document.sections}
    lost = [m for m in map(int, re.findall(rb"startxref\s+(\d+)", data)) if m not in known and m]
    chain = document.broken or "ok"
    entries = [document.entry(number) for number in document.numbers()]
    return {
        "xref": ("L" if linear else "") + "".join(kinds),
        "revisions": len(kinds) - (1 if linear else 0),
        "chain": chain + (f"; not reached: {' '.join(map(str, lost))}" if lost else ""),
        "before_xref": " ".join(str(s.offset) for s in document.sections if spaced(document, s)) or "-",
        "linearised": "no" if not linear else "yes" if linear.get("/L") == len(data) else "was",
        "objstm": "yes" if any(entry[0] == "in" for entry in entries) else "no",
        "xref_faults": " ".join(faults(document)) or "-",
        "lengths": " ".join(lengths(document)) or "-",
    }


def spaced(document, section):
    return document.data[document.header + section.offset] in pdf_bytes.WHITE


def lengths(document):
    """Streams of every revision, for a wrong one may be replaced later."""
    for section in reversed(document.sections):
        for number, entry in sorted(section.entries.items()):
            if entry[0] != "at":
                continue
            try:
                stream = pdf_bytes.read_object(document, entry[1], number)
            except (pdf_bytes.Damaged, ValueError, IndexError):
                continue
            if isinstance(stream, Stream) and document.get(stream.dict.get("/Length")) != len(stream.data):
                yield f"{number}: {document.get(stream.dict.get('/Length'))}/{len(stream.data)}"


def faults(document):
    for number in document.numbers():
        try:
            document.object(number)
        except (pdf_bytes.Damaged, ValueError, KeyError, IndexError):
            yield str(number)


def encryption(document):
    if "/Encrypt" not in document.trailer:
        return "no"
    handler = document.get(document.trailer["/Encrypt"])
    if handler is None:
        return "no (/Encrypt null)"
    return f"{handler['/Filter']} V{handler.get('/V')} R{handler.get('/R')}"


def signature_fields(document, references, inherited, depth=0):
    """Every signature field below `references`; /FT and /V may come from the parent (12.7.4.1)."""
    for reference in document.get(references) or []:
        field = document.get(reference)
        if not isinstance(field, dict) or depth > 32:
            continue
        merged = {**{k: v for k, v in inherited.items() if k in ("/FT", "/V", "/Ff")}, **field}
        kids = [kid for kid in document.get(field.get("/Kids")) or [] if "/T" in (document.get(kid) or {})]
        if kids:
            yield from signature_fields(document, kids, merged, depth + 1)
        elif merged.get("/FT") == "/Sig":
            yield merged


def signature(document, field):
    value = document.get(field.get("/V"))
    if not isinstance(value, dict):
        return None
    ranges = document.get(value.get("/ByteRange")) or []
    name = str(value.get("/SubFilter")).lstrip("/")
    if value.get("/Type") not in ("/Sig", None) and name != "ETSI.RFC3161":
        name += "!" + value["/Type"].lstrip("/")
    return {"range": ranges, "text": f"{name} {coverage(document, field['/V'], value)}"}


def coverage(document, reference, value):
    ranges = document.get(value.get("/ByteRange")) or []
    if len(ranges) != 4:
        return f"ByteRange {ranges}"
    data, end = document.data, ranges[2] + ranges[3]
    hole = data[ranges[1] : ranges[2]]
    exact = hole[:1] == b"<" and hole[-1:] == b">" and Parser(hole).value() == value.get("/Contents")
    first, last = span(document, reference)
    own = first < ranges[1] and ranges[2] <= last
    where = "file" if end == len(data) else revision_at(document, end)
    words = ["" if exact else " gap not exact", "" if own else " gap not in this dictionary"]
    return f"{ranges} ends {where}{''.join(words)}{' first not 0' if ranges[0] else ''}"


def span(document, reference):
    """Where the object behind `reference` begins and ends in the file; nothing for one in an object stream."""
    entry = document.entry(reference.number) if isinstance(reference, Ref) else ("free",)
    if entry[0] != "at":
        return 0, 0
    parser = Parser(document.data, entry[1] + document.header)
    for _ in ("number", "generation", "obj"):
        parser.skip()
        parser.at = pdf_bytes.TOKEN.match(document.data, parser.at).end()
    parser.value()
    return entry[1], parser.at


def revision_at(document, end):
    """The revision that ends at `end`, counted from 1, with the octets that follow its %%EOF inside the range."""
    data = document.data
    marks = [m.end() for m in re.finditer(rb"startxref\s+\d+\s+%%EOF", data)]
    for number, mark in enumerate(marks, 1):
        if mark <= end <= mark + 2 and not data[mark:end].strip(b"\r\n"):
            return f"%%EOF {number} of {len(marks)} +{end - mark}"
    return f"at {end}, no %%EOF"


def unlinked(data, values):
    """Ranges in the octets of the file that are of no signature in `values`."""
    known = [value["range"] for value in values]
    found = [(m.start(), list(map(int, m.group(1).split()))) for m in re.finditer(rb"/ByteRange\s*\[([\d\s]+)\]", data)]
    return "; ".join(f"{ranges} at {at}" for at, ranges in found if ranges not in known) or "-"


def permissions(document, catalog, fields):
    perms = document.get(catalog.get("/Perms")) or {}
    methods, locks = {"/DocMDP": [], "/FieldMDP": []}, []
    for field in fields:
        value = document.get(field.get("/V"))
        for reference in (document.get(value.get("/Reference")) if isinstance(value, dict) else None) or []:
            reference = document.get(reference)
            parameters = document.get(reference.get("/TransformParams")) or {}
            method = reference.get("/TransformMethod")
            if method in methods:
                methods[method].append(str(parameters.get("/P", parameters.get("/Action"))).lstrip("/"))
        if "/Lock" in field:
            lock = document.get(field["/Lock"])
            locks.append(str(lock.get("/Action")).lstrip("/") + (f" P{lock['/P']}" if "/P" in lock else ""))
    return {
        "docmdp": " ".join(methods["/DocMDP"] + ["in Perms"] * ("/DocMDP" in perms)) or "-",
        "fieldmdp": " ".join(methods["/FieldMDP"]) or "-",
        "lock": " ".join(locks) or "-",
        "seed": sum("/SV" in field for field in fields) or "-",
        "ur": " ".join(key.lstrip("/") for key in perms if key.startswith("/UR")) or "-",
    }


if __name__ == "__main__":
    main()
