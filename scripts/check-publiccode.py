#!/usr/bin/python3
"""Checks publiccode.yml against the rules of publiccode.yml 0.5 that its official validator enforces.

The validator itself (publiccode-parser-go) comes from no registry that every machine reaches, so
the rules that concern our keys are here. Whether `url` answers is not checked.
"""

import re
import sys

import yaml

VERSIONS = {"0", "0.4", "0.4.0", "0.5", "0.5.0"}
STATUSES = {"concept", "development", "beta", "stable", "obsolete"}
TYPES = {"addon", "library", "configurationFiles"} | {
    f"standalone/{kind}" for kind in ("mobile", "iot", "desktop", "web", "backend", "other")
}
# The words of the controlled vocabularies that concern us; extend with the standard open beside you.
CATEGORIES = {
    "compliance-management", "document-management", "e-signature", "hr", "identity-management",
    "it-security", "workflow-management",
}
SCOPES = {"employment", "local-authorities", "security", "society", "welfare"}
MANDATORY = {
    "publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType",
    "description", "legal", "maintenance", "localisation",
}
OPTIONAL = {
    "applicationSuite", "landingURL", "isBasedOn", "softwareVersion", "releaseDate", "logo",
    "organisation", "fundedBy", "categories", "usedBy", "roadmap", "intendedAudience", "dependsOn",
}
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")


def faults(document):
    """Yields one sentence for each rule that the document breaks."""
    for key in sorted(MANDATORY - document.keys()):
        yield f"{key}: missing"
    for key in sorted(document.keys() - MANDATORY - OPTIONAL):
        yield f"{key}: unknown or deprecated"
    yield from outside("publiccodeYmlVersion", [document.get("publiccodeYmlVersion")], VERSIONS)
    yield from outside("developmentStatus", [document.get("developmentStatus")], STATUSES)
    yield from outside("softwareType", [document.get("softwareType")], TYPES)
    yield from outside("categories", document.get("categories", []), CATEGORIES)
    audience = document.get("intendedAudience", {})
    yield from outside("intendedAudience.scope", audience.get("scope", []), SCOPES)
    for country in audience.get("countries", []):
        if not re.fullmatch("[A-Z]{2}", str(country)):
            yield f"intendedAudience.countries: {country!r} is not an upper-case ISO 3166-1 code"
    if not re.fullmatch(r"https?://\S+", str(document.get("url"))):
        yield "url: not a URL"
    if not document.get("platforms"):
        yield "platforms: empty"
    yield from faults_of_descriptions(document.get("description") or {})
    yield from faults_of_people(document)


def faults_of_descriptions(descriptions):
    if not descriptions:
        yield "description: no language"
    for language, texts in descriptions.items():
        if not LANGUAGE.fullmatch(str(language)):
            yield f"description.{language}: not a BCP 47 tag"
        if not 1 <= len(texts.get("shortDescription", "")) <= 150:
            yield f"description.{language}.shortDescription: 1 to 150 characters"
        if not 150 <= len(texts.get("longDescription", "")) <= 10_000:
            yield f"description.{language}.longDescription: 150 to 10,000 characters"
        if not texts.get("features"):
            yield f"description.{language}.features: empty"


def faults_of_people(document):
    if document.get("legal", {}).get("license") != "EUPL-1.2":
        yield "legal.license: must be the licence of LICENSE and Cargo.toml, EUPL-1.2"
    maintenance = document.get("maintenance", {})
    wanted = {"community": "contacts", "internal": "contacts", "contract": "contractors", "none": None}
    if maintenance.get("type") not in wanted:
        yield "maintenance.type: one of " + ", ".join(wanted)
    else:
        key = wanted[maintenance["type"]]
        if key and not all(entry.get("name") for entry in maintenance.get(key) or [{}]):
            yield f"maintenance.{key}: a name is missing"
    localisation = document.get("localisation", {})
    if not isinstance(localisation.get("localisationReady"), bool):
        yield "localisation.localisationReady: true or false"
    languages = localisation.get("availableLanguages") or [""]
    if not all(LANGUAGE.fullmatch(str(language)) for language in languages):
        yield "localisation.availableLanguages: BCP 47 tags"


def outside(key, values, allowed):
    for value in values:
        if value not in allowed:
            yield f"{key}: {value!r} is not allowed"


def main():
    with open("publiccode.yml", encoding="utf-8") as file:
        found = list(faults(yaml.safe_load(file)))
    for fault in found:
        print(f"publiccode.yml: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
