#!/usr/bin/python3
"""Writes down which libraries are part of the program, with the licence and the notices of each, on standard output.

The libraries are those that `cargo metadata` resolves for this machine, without what only builds and tests need.
"""

import json
import pathlib
import subprocess
import sys

NOTICES = ("licen", "copying", "copyright", "notice", "unlicense")


def main():
    target = next(
        line.split()[1] for line in run("rustc", "-vV").splitlines() if line.startswith("host:")
    )
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version=1", f"--filter-platform={target}"))
    packages = {package["id"]: package for package in metadata["packages"]}
    linked = reach(metadata["resolve"])
    linked.discard(metadata["resolve"]["root"])
    texts, crates = {}, []
    for package in sorted((packages[id] for id in linked), key=lambda package: (package["name"], package["version"])):
        numbers = [texts.setdefault(text, len(texts) + 1) for text in notices(package)]
        licence = package["license"] or "see its notices"
        where = ", ".join(f"[{number}]" for number in numbers) or "none of its own"
        crates.append(f"{package['name']} {package['version']}: {licence}. Notices: {where}")
    if not crates:
        sys.exit("third-party: no libraries found")
    print("Libraries that are part of varco, their licences, and where below their notices are.\n")
    print("\n".join(crates))
    for text, number in texts.items():
        print(f"\n{'-' * 78}\n[{number}]\n\n{text}")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def reach(resolve):
    """What the program is linked with; libraries of build scripts are not."""
    nodes = {node["id"]: node for node in resolve["nodes"]}
    found, waiting = set(), [resolve["root"]]
    while waiting:
        id = waiting.pop()
        if id in found:
            continue
        found.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return found


def notices(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name.lower().startswith(NOTICES):
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            if text:
                yield text


main()
