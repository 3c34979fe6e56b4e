"""A small reader of PDF bytes, for looking at files only: objects, cross-reference chain, revisions.

It shares no code with any of the peers, so that it can say which of them is right. It is not strict and has no limits:
use it on known files only. Values: dict, list, int, float, bool, None, str (names, with "/"), bytes (strings),
Ref (indirect references) and Stream.
"""

import re
import zlib
from collections import namedtuple

Ref = namedtuple("Ref", "number generation")
Stream = namedtuple("Stream", "dict data")
# `kind` is "table" or "stream"; `offset` that of the section; `entries` maps an object number to
# ("at", offset) or ("in", object stream, index) or ("free",).
Section = namedtuple("Section", "offset kind entries trailer hybrid")

WHITE = b"\0\t\n\x0c\r "
DELIMITERS = b"()<>[]{}/%"
TOKEN = re.compile(rb"[^\0\t\n\x0c\r ()<>\[\]{}/%]+")


class Damaged(Exception):
    """The bytes at this place are not what ISO 32000-2 asks for."""


class Parser:
    """Reads one value at a time from `data`, beginning at `at`."""

    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def skip(self):
        while self.at < len(self.data):
            octet = self.data[self.at]
            if octet in WHITE:
                self.at += 1
            elif octet == 0x25:  # a comment reaches to the end of its line
                ends = [e for e in (self.data.find(b"\r", self.at), self.data.find(b"\n", self.at)) if e >= 0]
                self.at = min(ends, default=len(self.data))
            else:
                return

    def value(self):
        self.skip()
        start = self.data[self.at : self.at + 2]
        if start == b"<<":
            return self.dictionary()
        if start[:1] == b"<":
            return self.hexadecimal()
        if start[:1] == b"(":
            return self.literal()
        if start[:1] == b"[":
            return self.array()
        if start[:1] == b"/":
            return self.name()
        return self.word()

    def dictionary(self):
        self.at += 2
        result = {}
        while True:
            self.skip()
            if self.data[self.at : self.at + 2] == b">>":
                self.at += 2
                return result
            key = self.value()
            if not isinstance(key, str):
                raise Damaged(f"key {key!r} at {self.at}")
            value = self.value()
            if key in result:
                result.setdefault("twice", []).append(key)
            result[key] = value

    def array(self):
        self.at += 1
        result = []
        while True:
            self.skip()
            if self.data[self.at : self.at + 1] == b"]":
                self.at += 1
                return result
            result.append(self.value())

    def name(self):
        match = TOKEN.match(self.data, self.at + 1)
        text = match.group() if match else b""
        self.at += 1 + len(text)
        text = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text)
        return "/" + text.decode("latin-1")

    def hexadecimal(self):
        end = self.data.index(b">", self.at)
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", self.data[self.at + 1 : end])
        self.at = end + 1
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())

    def literal(self):
        start = self.at + 1
        depth = 0
        while True:
            octet = self.data[self.at]
            if octet == 0x5C:
                self.at += 1
            elif octet == 0x28:
                depth += 1
            elif octet == 0x29:
                depth -= 1
            self.at += 1
            if depth == 0:
                return bytes(self.data[start : self.at - 1])  # escapes are left as they are

    def word(self):
        match = TOKEN.match(self.data, self.at)
        if not match:
            raise Damaged(f"no value at {self.at}")
        text = match.group()
        self.at = match.end()
        if text in (b"true", b"false"):
            return text == b"true"
        if text == b"null":
            return None
        if re.fullmatch(rb"\d+", text):
            reference = re.compile(rb"[\0\t\n\x0c\r ]+(\d+)[\0\t\n\x0c\r ]+R(?![A-Za-z0-9])").match(self.data, self.at)
            if reference:
                self.at = reference.end()
                return Ref(int(text), int(reference.group(1)))
        try:
            return float(text) if b"." in text else int(text)
        except ValueError:
            raise Damaged(f"{text[:20]!r} at {match.start()}") from None


class Document:
    """The state of a file after the cross-reference section at `startxref` (by default the last one)."""

    def __init__(self, data, startxref=None):
        self.data = data
        self.header = max(data[:1024].find(b"%PDF-"), 0)
        self.startxref = last_startxref(data) if startxref is None else startxref
        self.broken = ""  # why the chain of sections ends early
        self.sections = list(self.chain(self.startxref))
        self.trailer = self.sections[0].trailer
        self.streams = {}

    def chain(self, offset):
        """The sections, newest first, as /Prev and /XRefStm lead to them."""
        seen = set()
        while offset is not None and offset not in seen:
            seen.add(offset)
            try:
                section = read_section(self, offset)
            except Damaged as error:
                if len(seen) == 1:
                    raise
                self.broken = f"/Prev {offset}: {error}"
                return
            yield section
            offset = section.trailer.get("/Prev")

    def entry(self, number):
        for section in self.sections:
            if number in section.entries:
                return section.entries[number]
        return ("free",)

    def get(self, value):
        """The value behind a reference; any other value as it is."""
        depth = 0
        while isinstance(value, Ref) and depth < 32:
            value, depth = self.object(value.number), depth + 1
        return value

    def object(self, number):
        entry = self.entry(number)
        if entry[0] == "at":
            return read_object(self, entry[1], number)
        if entry[0] == "in":
            return self.packed(entry[1]).get(number)
        return None

    def packed(self, number):
        """The objects of an object stream (7.5.7)."""
        if number not in self.streams:
            stream = self.object(number)
            data, first = decode(self, stream), self.get(stream.dict["/First"])
            numbers = [int(n) for n in data[:first].split()][: 2 * self.get(stream.dict["/N"])]
            self.streams[number] = {
                n: Parser(data, first + at).value() for n, at in zip(numbers[::2], numbers[1::2])
            }
        return self.streams[number]

    def numbers(self):
        return sorted({n for section in self.sections for n in section.entries})


def last_startxref(data):
    found = re.findall(rb"startxref\s+(\d+)", data)
    if not found:
        raise Damaged("no startxref")
    return int(found[-1])


def read_section(document, offset):
    data = document.data
    at = offset + document.header
    while data[at : at + 1] and data[at] in WHITE:
        at += 1
    if data[at : at + 4] != b"xref":
        stream = read_object(document, offset, None)
        if not isinstance(stream, Stream):
            raise Damaged(f"no cross-references at {offset}")
        return Section(offset, "stream", stream_entries(document, stream), stream.dict, False)
    entries, at = table_entries(data, at + 4)
    trailer = Parser(data, at).value()
    hybrid = "/XRefStm" in trailer
    if hybrid:  # 7.5.8.4: what the table calls free may be in the stream
        extra = read_section(document, trailer["/XRefStm"]).entries
        entries = {**extra, **{n: e for n, e in entries.items() if e[0] != "free" or n not in extra}}
    return Section(offset, "table", entries, trailer, hybrid)


def table_entries(data, at):
    entries = {}
    head = re.compile(rb"\s*(\d+)\s+(\d+)\s*")
    line = re.compile(rb"\s*(\d{1,10})\s+(\d{1,5})\s+([nf])")
    while not re.compile(rb"\s*trailer").match(data, at):
        match = head.match(data, at)
        if not match:
            raise Damaged(f"cross-reference table at {at}")
        at = match.end()
        for number in range(int(match.group(1)), int(match.group(1)) + int(match.group(2))):
            match = line.match(data, at)
            if not match:
                raise Damaged(f"cross-reference entry at {at}")
            at = match.end()
            entries[number] = ("at", int(match.group(1))) if match.group(3) == b"n" else ("free",)
    return entries, re.compile(rb"\s*trailer").match(data, at).end()


def stream_entries(document, stream):
    data = decode(document, stream)
    widths = stream.dict["/W"]
    index = stream.dict.get("/Index", [0, stream.dict["/Size"]])
    entries, at = {}, 0
    for start, count in zip(index[::2], index[1::2]):
        for number in range(start, start + count):
            fields = []
            for width in widths:
                fields.append(int.from_bytes(data[at : at + width], "big") if width else None)
                at += width
            kind = 1 if fields[0] is None else fields[0]
            entries[number] = {0: ("free",), 1: ("at", fields[1]), 2: ("in", fields[1], fields[2])}.get(kind, ("free",))
    return entries


def read_object(document, offset, number):
    """The object at `offset`; `number` None takes whatever object is there."""
    data = document.data
    match = re.compile(rb"[\0\t\n\x0c\r ]*(\d+)[\0\t\n\x0c\r ]+(\d+)[\0\t\n\x0c\r ]+obj").match(data, offset + document.header)
    if not match or (number is not None and int(match.group(1)) != number):
        raise Damaged(f"object {number} is not at {offset}")
    parser = Parser(data, match.end())
    value = parser.value()
    parser.skip()
    if not isinstance(value, dict) or data[parser.at : parser.at + 6] != b"stream":
        return value
    start = parser.at + 6
    start += 2 if data[start : start + 2] == b"\r\n" else 1
    length = value.get("/Length")
    if isinstance(length, Ref):
        length = document.get(length)
    if not isinstance(length, int) or b"endstream" not in data[start + length : start + length + 20]:
        length = data.index(b"endstream", start) - start
    return Stream(value, data[start : start + length])


def decode(document, stream):
    """The data of a stream behind /FlateDecode; other filters leave it as it is."""
    data = stream.data
    filters = document.get(stream.dict.get("/Filter", []))
    filters = filters if isinstance(filters, list) else [filters]
    parameters = document.get(stream.dict.get("/DecodeParms"))
    parameters = parameters if isinstance(parameters, list) else [parameters] * len(filters)
    for name, parameter in zip(filters, parameters):
        if name != "/FlateDecode":
            return data
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(data) + inflate.flush()
        except zlib.error:
            return data
        parameter = document.get(parameter) or {}
        if parameter.get("/Predictor", 1) >= 10:
            data = unpredict(data, parameter.get("/Columns", 1) * parameter.get("/Colors", 1))
    return data


def unpredict(data, width):
    """The PNG predictors with one octet per sample (7.4.4.4)."""
    previous, result = bytearray(width), bytearray()
    for at in range(0, len(data), width + 1):
        kind, row = data[at], bytearray(data[at + 1 : at + 1 + width])
        for i, octet in enumerate(row):
            left = row[i - 1] if i else 0
            up, corner = previous[i], previous[i - 1] if i else 0
            if kind == 4:
                guess = left + up - corner
                add = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            else:
                add = (0, left, up, (left + up) // 2)[kind]
            row[i] = (octet + add) & 0xFF
        result += row
        previous = row
    return bytes(result)
