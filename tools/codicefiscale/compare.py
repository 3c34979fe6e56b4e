#!/usr/bin/env python3
"""Compares our verdicts on 100,000 fiscal codes with those of two Python libraries.

    python3 tools/codicefiscale/compare.py [--count N] [--seed N] [--venv DIR]

Makes a virtual environment, installs python-codicefiscale (and python-stdnum, which knows the
eleven-digit codes), generates codes of every sort, and asks `examples/fiscal_code.rs` and the
libraries about each. Every difference must belong to a class explained in README.md: the table is
printed, and the exit status is 1 if one does not.
"""

import argparse
import collections
import pathlib
import random
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["python-codicefiscale==0.12.1", "python-stdnum==2.2"]

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MONTHS = "ABCDEHLMPRST"
OMOCODIA = "LMNPQRSTUV"
DIGIT_POSITIONS = [6, 7, 9, 10, 12, 13, 14]


def main():
    arguments = parsed_arguments()
    if arguments.inside:
        return compare(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(arguments.venv or folder)
        python = home / "bin" / "python"
        if not python.exists():
            venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        return subprocess.run([python, __file__, "--inside", *sys.argv[1:]], check=False).returncode


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1976)
    parser.add_argument("--venv", help="keep the virtual environment here and use it again")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(arguments):
    generator = Generator(random.Random(arguments.seed))
    cases = [generator.case() for _ in range(arguments.count)]
    ours = our_verdicts([text for _, text in cases])
    # What remains when only letters and digits are kept: see the class "other characters dropped".
    bare = our_verdicts([slug(text) for _, text in cases])
    table = collections.Counter()
    sorts = collections.Counter()
    unexplained = []
    for (sort, text), mine, mine_bare in zip(cases, ours, bare):
        sorts[sort, "accepted" if mine.accepted else "refused"] += 1
        for library, theirs, explain in (
            ("python-codicefiscale", verdict_of_codicefiscale(text), explain_codicefiscale),
            ("python-stdnum", verdict_of_stdnum(text), explain_stdnum),
        ):
            if theirs.agrees(mine):
                table[library, "same verdict"] += 1
                continue
            reason = explain(text, mine, mine_bare, theirs)
            table[library, reason or "UNEXPLAINED"] += 1
            if reason is None:
                unexplained.append((library, sort, text, mine, theirs))
    report(sorts, table, unexplained)
    return 1 if unexplained else 0


class Verdict:
    """Accepted or not; canonical form, omocodia and findings where they are known."""

    def __init__(self, accepted, canonical=None, omocodia=None, findings=(), reason=None):
        self.accepted = accepted
        self.canonical = canonical
        self.omocodia = omocodia
        self.findings = findings
        self.reason = reason

    def agrees(self, ours):
        if self.accepted != ours.accepted:
            return False
        return not self.accepted or self.canonical is None or (
            (self.canonical, self.omocodia) == (ours.canonical, ours.omocodia)
        )

    def __repr__(self):
        return f"{'ok' if self.accepted else 'no'} {self.canonical} {self.omocodia} {self.findings} {self.reason}"


def our_verdicts(texts):
    command = ["cargo", "run", "--quiet", "--example", "fiscal_code"]
    lines = "".join(text + "\n" for text in texts).encode("utf-8")
    output = subprocess.run(command, cwd=ROOT, input=lines, capture_output=True, check=True).stdout
    verdicts = []
    for line in output.decode("utf-8").splitlines():
        kind, *fields = line.split("\t")
        if kind == "no":
            verdicts.append(Verdict(False, reason=fields[0]))
        else:
            _, canonical, form, _, findings = fields
            verdicts.append(Verdict(True, canonical, form == "omocodia", findings))
    assert len(verdicts) == len(texts)
    return verdicts


def verdict_of_codicefiscale(text):
    from codicefiscale import codicefiscale

    try:
        data = codicefiscale.decode(text)
    except ValueError as error:
        return Verdict(False, reason=str(error))
    root, *variants = data["omocodes"]
    return Verdict(True, root, data["code"] in variants)


def verdict_of_stdnum(text):
    from stdnum.exceptions import ValidationError
    from stdnum.it import codicefiscale

    try:
        codicefiscale.validate(text)
    except ValidationError as error:
        return Verdict(False, reason=type(error).__name__)
    except Exception as error:  # a crash is a refusal that has to be explained
        return Verdict(False, reason=f"crash {type(error).__name__}")
    return Verdict(True)


def explain_codicefiscale(text, ours, ours_bare, theirs):
    """The class of a difference with python-codicefiscale, or None."""
    if ours.accepted and not theirs.accepted:
        if len(ours.canonical) == 11:
            return "eleven digits: theirs knows sixteen characters only"
        if "[codicefiscale] wrong birthplace code" in theirs.reason:
            if "place_unknown" in ours.findings:
                return "place not in the table: ours accepts with a finding"
            if "place_outside_life_span" in ours.findings:
                return "place did not exist at birth: ours accepts with a finding"
    if theirs.accepted and not ours.accepted:
        if ours.reason in ("fiscal_code.character", "fiscal_code.length") and ours_bare.accepted:
            return "other characters dropped or transliterated: ours refuses"
    return None


def explain_stdnum(text, ours, ours_bare, theirs):
    """The class of a difference with python-stdnum, or None."""
    from stdnum.it import codicefiscale

    number = codicefiscale.compact(text)
    if ours.accepted and not theirs.accepted:
        if len(ours.canonical) == 11 and theirs.reason == "InvalidComponent":
            return "eleven digits of an office that gives provisional codes: theirs knows VAT offices only"
        if any(character in text for character in ["\t", "\r", *INVISIBLE]):
            return "tabs, line ends, unusual spaces and zero-width characters: ours drops them"
    if theirs.accepted and not ours.accepted:
        if ours.reason == "fiscal_code.day" and decoded_day(number) > 71:
            return "day over 71: theirs takes it modulo 40"
        if ours.reason in ("fiscal_code.character", "fiscal_code.length") and ours_bare.accepted:
            return "separators - and : dropped: ours refuses"
    return None


def decoded_day(number):
    return int(number[9:11].translate(str.maketrans(OMOCODIA, DIGITS)))


def slug(text):
    """Letters and digits as python-codicefiscale sees them, which drops or transliterates the rest."""
    from slugify import slugify

    return slugify(text).replace("-", "").upper()


_places = {}


def places():
    """Code to periods, each a pair of (year, month, day), from the library's own data."""
    if not _places:
        from codicefiscale.data import get_countries_data, get_municipalities_data

        for row in get_municipalities_data() + get_countries_data():
            period = (
                date(row["date_created"]) or (1, 1, 1),
                date(row["date_deleted"]) or (9999, 12, 31),
            )
            _places.setdefault(row["code"], []).append(period)
    return _places


def date(text):
    return tuple(map(int, text[:10].split("-"))) if text else None


INVISIBLE = ["\u200b", "\u2060", "\ufeff", "\u00a0", "\u202f", "\u3000"]
ODD = dict(zip(DIGITS, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]))
ODD |= dict(zip(LETTERS, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]))
EVEN = dict(zip(DIGITS, range(10))) | dict(zip(LETTERS, range(26)))


def closed(head):
    """Fifteen characters with their check character, computed here and not by ours."""
    total = sum((ODD if index % 2 == 0 else EVEN)[character] for index, character in enumerate(head))
    return head + LETTERS[total % 26]


class Generator:
    """Codes of every sort, the same for the same seed."""

    def __init__(self, chance):
        self.chance = chance
        self.codes = sorted(code for code in places() if len(code) == 4)
        self.sorts = [
            (20, "well-formed", self.well_formed),
            (18, "omocodia", lambda: self.omocodia(self.head_at(self.birth_in_period()))),
            (7, "any place, any year", self.any_place),
            (5, "place not assigned", self.unassigned_place),
            (7, "other check character", self.other_check),
            (8, "one character replaced", self.replaced),
            (4, "two characters swapped", self.swapped),
            (4, "one character more or less", self.resized),
            (8, "any day and month", self.any_day),
            (3, "29 February", self.leap_day),
            (2, "any month letter", self.any_month),
            (5, "as people type it", self.typed),
            (3, "other characters", self.decorated),
            (4, "eleven digits", self.eleven),
            (2, "anything", self.anything),
        ]

    def case(self):
        weights = [weight for weight, _, _ in self.sorts]
        _, sort, make = self.chance.choices(self.sorts, weights)[0]
        return sort, make()

    def well_formed(self):
        return closed(self.head_at(self.birth_in_period()))

    def name(self):
        return "".join(self.chance.choices(LETTERS, k=6))

    def birth_in_period(self):
        """A place, and a day on which it existed since 1930."""
        while True:
            code = self.chance.choice(self.codes)
            start, end = self.chance.choice(places()[code])
            first, last = max(start[0], 1930), min(end[0], 2025)
            if first > last:
                continue
            year = self.chance.randint(first, last)
            month, day = self.chance.randint(1, 12), self.chance.randint(1, 28)
            if start <= (year, month, day) <= end:
                return code, year, month, day

    def head_at(self, birth):
        code, year, month, day = birth
        day += self.chance.choice([0, 40])
        return f"{self.name()}{year % 100:02}{MONTHS[month - 1]}{day:02}{code}"

    def omocodia(self, head):
        characters = list(head)
        for position in self.chance.sample(DIGIT_POSITIONS, self.chance.randint(1, 7)):
            characters[position] = OMOCODIA[int(characters[position])]
        return closed("".join(characters))

    def any_place(self):
        day = self.chance.randint(1, 28)
        birth = (self.chance.choice(self.codes), self.chance.randint(1930, 2025), self.chance.randint(1, 12), day)
        return self.maybe_omocodia(self.head_at(birth))

    def unassigned_place(self):
        while True:
            code = f"{self.chance.choice(LETTERS)}{self.chance.randint(0, 999):03}"
            if code not in places():
                return self.maybe_omocodia(self.head_at((code, 1985, 3, 4)))

    def maybe_omocodia(self, head):
        return self.omocodia(head) if self.chance.random() < 0.3 else closed(head)

    def some_code(self):
        return self.maybe_omocodia(self.head_at(self.birth_in_period()))

    def other_check(self):
        code = self.some_code()
        return code[:15] + self.chance.choice([c for c in LETTERS + DIGITS if c != code[15]])

    def replaced(self):
        code = self.some_code()
        position = self.chance.randrange(16)
        other = code[:position] + self.chance.choice(LETTERS + DIGITS) + code[position + 1 :]
        # Half of them with the check character that belongs to the change.
        return closed(other[:15]) if self.chance.random() < 0.5 else other

    def swapped(self):
        code = list(self.some_code())
        position = self.chance.randrange(15)
        code[position], code[position + 1] = code[position + 1], code[position]
        return "".join(code)

    def resized(self):
        code = self.some_code()
        position = self.chance.randrange(16)
        if self.chance.random() < 0.5:
            return code[:position] + code[position + 1 :]
        return code[:position] + self.chance.choice(LETTERS + DIGITS) + code[position:]

    def any_day(self):
        head = self.head_at(self.birth_in_period())
        head = head[:8] + self.chance.choice(MONTHS) + f"{self.chance.randint(0, 99):02}" + head[11:]
        return self.maybe_omocodia(head)

    def leap_day(self):
        day = self.chance.choice([29, 69, 30, 70])
        return self.maybe_omocodia(f"{self.name()}{self.chance.randint(0, 99):02}B{day}H501")

    def any_month(self):
        head = self.head_at(self.birth_in_period())
        return closed(head[:8] + self.chance.choice(LETTERS) + head[9:])

    def typed(self):
        code = self.chance.choice([self.some_code, self.other_check])()
        characters = [character.lower() if self.chance.random() < 0.4 else character for character in code]
        for _ in range(self.chance.randint(1, 4)):
            space = self.chance.choice([" ", "\t", "  ", " \r", *INVISIBLE])
            characters.insert(self.chance.randint(0, len(characters)), space)
        return "".join(characters)

    def decorated(self):
        code = self.some_code()
        position = self.chance.randrange(17)
        mark = self.chance.choice(["-", ".", "/", "'", "_", ":", "\u00e0", "\u00df", "\u0660", "\u212a", "\U0001f600", "\u0130", "\x00", "\u202e"])
        if self.chance.random() < 0.5:
            return code[:position] + mark + code[position:]
        return code[:position] + mark + code[position + 1 :]

    def eleven(self):
        office = self.chance.choice(["000", "058", "120", "160", "310", "925", "888", "110"])
        number = f"{self.chance.randint(0, 9_999_999):07}{office}"
        doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[1::2])
        check = -(sum(map(int, number[0::2])) + doubled) % 10
        number += str(check)
        if self.chance.random() < 0.3:
            position = self.chance.randrange(11)
            number = number[:position] + self.chance.choice(DIGITS + "OIL") + number[position + 1 :]
        return number

    def anything(self):
        alphabet = LETTERS + DIGITS + LETTERS.lower() + " -/\u00e9\u00df\u20ac\u4e2d\U0001d538"
        return "".join(self.chance.choices(alphabet, k=self.chance.randint(0, 24)))


def report(sorts, table, unexplained):
    print("| sort of text | accepted by ours | refused by ours |\n| --- | ---: | ---: |")
    for sort in dict.fromkeys(sort for sort, _ in sorts):
        print(f"| {sort} | {sorts[sort, 'accepted']} | {sorts[sort, 'refused']} |")
    print("\n| library | difference | texts |\n| --- | --- | ---: |")
    for (library, reason), count in sorted(table.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"| {library} | {reason} | {count} |")
    for library, sort, text, ours, theirs in unexplained[:40]:
        print(f"UNEXPLAINED {library} [{sort}] {text!r}: ours {ours!r}; theirs {theirs!r}")


if __name__ == "__main__":
    sys.exit(main())
