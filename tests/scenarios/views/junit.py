# SPDX-License-Identifier: Apache-2.0
"""Reads `cutpoint report --format junit` back and compares it with the JSON."""

import re
import xml.etree.ElementTree

import text as text_view

CLAIM = "claim."


def cases_of(report):
    """Names of the test cases, with what each of them is."""
    cases = []
    for one in report["invariants"]:
        kind = {"held": None, "violated": "failure", "inconclusive": "error"}[one["outcome"]]
        cases.append((one["name"], kind, one["observed"], one))
    for one in report["why_not_fired"]:
        cases.append((f"fault {one['fault']}", "error", one["why"], None))
    if report["outcome"] == "inconclusive" or report["interrupted"]:
        cases.append(("the run proves something", "error", None, None))
    return cases


def failure(checks, where, text, invariant):
    """severity, expected, observed, evidence: a line each."""
    shown = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    for key in ("severity", "expected", "observed"):
        checks.text(f"{where}/{key}", shown[key], invariant[key])
    evidence = re.sub(r"^timeline.jsonl, n = ", "", shown["evidence"])
    evidence = "–" if evidence == "none" else evidence
    checks.evidence(f"{where}/evidence", evidence, invariant["evidence"])


def suite(checks, element, report, number, name):
    where = f"suites/{number}"
    checks.number(f"{where}/id", element.get("id"), number)
    checks.text(f"{where}/name", element.get("name"), name)
    cases = cases_of(report)
    kinds = [kind for _, kind, _, _ in cases]
    checks.number(f"{where}/tests", element.get("tests"), len(cases))
    checks.number(f"{where}/failures", element.get("failures"), kinds.count("failure"))
    checks.number(f"{where}/errors", element.get("errors"), kinds.count("error"))
    took = (report["host"]["finished_unix_ms"] - report["host"]["started_unix_ms"]) / 1000
    checks.number(f"{where}/time", element.get("time"), took)
    properties = {one.get("name"): one.get("value") for one in element.iter("property")}
    checks.number(f"{where}/exit_code", properties["exit_code"], report["exit_code"])
    checks.number(f"{where}/seed", properties["seed"], report["seed"])
    checks.text(f"{where}/readiness", properties["readiness"], report["readiness"]["verdict"])
    claims = {name[len(CLAIM) :]: one for name, one in properties.items() if name.startswith(CLAIM)}
    checks.size(f"{where}/claims", len(claims), len(report["claims"]))
    for claim in report["claims"]:
        checks.text(f"{where}/claims/{claim['id']}", claims[claim["id"]], claim["verdict"])
    shown = element.findall("testcase")
    checks.size(f"{where}/testcases", len(shown), len(cases))
    for case, (name, kind, message, invariant) in zip(shown, cases):
        place = f"{where}/{name}"
        checks.text(place, re.sub(r" #\d+$", "", case.get("name")), name)
        result = case[0] if len(case) else None
        checks.text(f"{place}/result", result.tag if result is not None else "–", kind)
        if result is not None and message is not None:
            checks.text(f"{place}/message", result.get("message"), message)
        if result is not None and invariant is not None:
            failure(checks, place, result.text, invariant)
    text_view.compare(checks, element.find("system-out").text, {"runs": [report]})


def compare(checks, text, audit):
    suites = xml.etree.ElementTree.fromstring(text).findall("testsuite")
    checks.size("suites", len(suites), len(audit["runs"]))
    scenarios = [report["scenario"] for report in audit["runs"]]
    for number, (element, report) in enumerate(zip(suites, audit["runs"])):
        name = audit["overview"][number]["name"]
        if scenarios.count(report["scenario"]) > 1:
            name += f" (run {number + 1})"
        suite(checks, element, report, number, name)
