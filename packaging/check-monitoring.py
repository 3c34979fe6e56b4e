#!/usr/bin/python3
"""Checks dashboard and alerts against the numbers that the service really has.

Usage: packaging/check-monitoring.py METRICS   METRICS is what /metrics answered, in a file

A query may name only what /metrics declares, and only labels that it has where samples are there. What promtool knows
besides (`promtool check rules`, `promtool test rules`) is asked where promtool is installed.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).parent
# Names of Prometheus itself.
OTHERS = {"up"}
# What each kind of metric is called in samples (OpenMetrics 1.0).
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    declared, labels = exposed(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    faults = []
    used = set()
    for place, query in queries():
        for name, selected in selectors(query):
            used.add(name)
            if name not in declared | OTHERS:
                faults.append(f"{place}: the service has no {name}")
            known = labels.get(name, set()) | {"instance", "job"}
            if name in labels:
                faults += [f"{place}: {name} has no label {label}" for label in selected - known]
    faults += [f"{name}: neither the dashboard nor an alert uses it" for name in unused(declared, used)]
    if faults:
        sys.exit("\n".join(faults))
    promtool()
    print(f"monitoring: {len(declared)} names in /metrics, all queries know them")


def exposed(text):
    if not text.endswith("# EOF\n"):
        sys.exit("the answer of /metrics is not whole: no # EOF")
    declared, labels = set(), {}
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
        declared |= {name + suffix for suffix in SUFFIXES[kind]}
    for name, inside in re.findall(r"^([a-z_:]+)(?:\{(.*)\})? \S+$", text, re.M):
        labels.setdefault(name, set()).update(re.findall(r'([a-z_]+)="', inside))
    return declared, labels


def queries():
    dashboard = json.loads((HERE / "grafana/varco.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"grafana/varco.json, «{panel['title']}»", target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            name = re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"]["query"])[1]
            yield f"grafana/varco.json, ${variable['name']}", name
    rules = yaml.safe_load((HERE / "prometheus/alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield f"prometheus/alerts.yml, {rule['alert']}", rule["expr"]


def selectors(query):
    """Names of metrics with the labels that are asked of them; functions are followed by a parenthesis."""
    for name, inside in re.findall(r"\b(varco_\w+|up)\b(?:\{([^}]*)\})?", query):
        yield name, set(re.findall(r"(\w+)\s*[=!]", inside))


def unused(declared, used):
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in used}
    return sorted(name for name in declared if re.sub(r"_(bucket|sum|count)$", "", name) not in families)


def promtool():
    if shutil.which("promtool"):
        for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            done = subprocess.run(["promtool", *arguments], cwd=HERE / "prometheus", stdout=subprocess.PIPE, text=True)
            if done.returncode:
                sys.exit(done.stdout)


main()
