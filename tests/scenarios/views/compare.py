# SPDX-License-Identifier: Apache-2.0
"""Do the views of an audit agree with its JSON? Each is read back, field by field.

usage: compare.py AUDIT.json FORMAT=FILE…    (FORMAT: md, text, junit)

AUDIT.json: of `cutpoint report DIR DIR… --format json`; the files, of the same runs. Prints how much
was compared, a line for each view. Exit code 1: something differs, is missing, or was not understood;
each such thing is a line on stderr. A view that is new is a module with compare(checks, text, audit).
"""

import json
import sys

import junit
import markdown
import text
from shown import Checks

VIEWS = {"md": markdown, "text": text, "junit": junit}


def disagreements(audit):
    """What the audit says of its runs otherwise than they do."""
    wrong = []
    for number, report in enumerate(audit["runs"], 1):
        shown = audit["overview"][number - 1]
        findings = [one for one in audit["findings"] if one["run"] == number]
        own = {"run": number, "scenario": report["scenario"], "name": shown["name"]}
        if sorted(findings, key=str) != sorted(({**one, **own} for one in report["findings"]), key=str):
            wrong.append(f"the findings of run {number}")
        counts = [len(report["invariants"]), len(report["findings"]), report["exit_code"]]
        if counts != [shown["invariants"], shown["findings"], shown["exit_code"]]:
            wrong.append(f"the overview of run {number}")
        for claim in report["claims"]:
            said = {**own, "verdict": claim["verdict"], "measured": claim["measured"]}
            if not any(said in one["runs"] for one in audit["claims"] if one["id"] == claim["id"]):
                wrong.append(f"claim {claim['id']} of run {number}")
    return wrong


def given():
    """The audit, and the text of each view by its format: as the command line names them."""
    with open(sys.argv[1], encoding="utf-8") as file:
        audit = json.load(file)
    views = {}
    for argument in sys.argv[2:]:
        name, path = argument.split("=", 1)
        with open(path, encoding="utf-8") as file:
            views[name] = file.read()
    return audit, views


def main():
    audit, views = given()
    for one in (wrong := disagreements(audit)):
        print(f"the audit disagrees with its runs: {one}", file=sys.stderr)
    mistakes = len(wrong)
    for name, shown in views.items():
        checks = Checks(name)
        VIEWS[name].compare(checks, shown, audit)
        print(f"{name}: {checks.numbers} numbers and {checks.texts} texts compared")
        mistakes += len(checks.mistakes)
        for mistake in checks.mistakes:
            print(mistake, file=sys.stderr)
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    main()
