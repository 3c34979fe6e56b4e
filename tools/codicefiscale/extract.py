#!/usr/bin/env python3
"""Makes src/domain/place/belfiore.txt from the data of PyPI python-codicefiscale.

    python3 -m venv /tmp/v && /tmp/v/bin/pip install python-codicefiscale==0.12.1
    /tmp/v/bin/python tools/codicefiscale/extract.py

One line of thirteen bytes for each period in which a code was in use: code, first year,
last year (`9999` while it still is), with nothing between. Names and provinces are left out. Sorted by code,
then by year, so that the program finds a code by halving.
"""

import datetime
import importlib.util
import json
import pathlib
import re

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "src/domain/place/belfiore.txt"
STILL = datetime.date(9999, 12, 31)
ONE_DAY = datetime.timedelta(days=1)
FILES = ("municipalities.json", "countries.json", "deleted-countries.json")


def main():
    periods = {}
    skipped = set()
    for row in rows():
        # Twenty-eight rows of places abolished long ago carry "ND" (unknown) in place of a code.
        if not re.fullmatch(r"[A-Z][0-9]{3}", row["code"]):
            skipped.add(row["code"])
            continue
        start = day(row["date_created"]) or datetime.date(1861, 3, 17)
        end = day(row["date_deleted"]) or STILL
        if start <= end:
            periods.setdefault(row["code"], []).append((start, end))
    lines = []
    for code in sorted(periods):
        for first, last in merged_years(periods[code]):
            lines.append(f"{code}{first}{last}\n")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("".join(lines), encoding="ascii", newline="\n")
    print(f"{len(periods)} codes, {len(lines)} periods, {OUTPUT.stat().st_size} bytes; skipped {sorted(skipped)}")


def rows():
    package = pathlib.Path(importlib.util.find_spec("codicefiscale").origin).parent
    for name in FILES:
        yield from json.loads((package / "data" / name).read_text(encoding="utf-8"))


def day(text):
    # One row has a stray colon before the time; only the date counts.
    return datetime.date.fromisoformat(text[:10]) if text else None


def merged_years(periods):
    """Joins periods that touch, by day first and then by year."""
    joined = []
    for start, end in sorted(periods):
        if joined and (joined[-1][1] == STILL or start <= joined[-1][1] + ONE_DAY):
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    years = []
    for start, end in joined:
        if years and start.year <= years[-1][1]:
            years[-1][1] = max(years[-1][1], end.year)
        else:
            years.append([start.year, end.year])
    return years


if __name__ == "__main__":
    main()
