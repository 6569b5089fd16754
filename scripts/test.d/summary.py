#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the cases of a JUnit file that ctest wrote; lists what failed and why others skipped.

usage: summary.py FILE [--output]   (exit 1 if a case failed, or none ran)
--output: which expectations of those that failed did not hold, or else what they printed last
"""

import collections
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

# GoogleTest prints "<file>:<line>: Skipped", the reason, an empty line.
SKIP_REASON = re.compile(r"^\S+:\d+: Skipped\n(.*?)(?:\n\n|\n\[|\Z)", re.MULTILINE | re.DOTALL)
# Any other test may print this line instead.
PLAIN_REASON = re.compile(r"^SKIP(?:PED)?: *(.+)$", re.MULTILINE)

# What GoogleTest says of an expectation that did not hold, up to its next line of the run.
FAILURE = re.compile(r"^\S+:\d+: Failure\n.*?(?=^\S+:\d+: Failure|^\[|\Z)", re.MULTILINE | re.DOTALL)

OUTPUT_LINES = 40  # of one expectation, or of one case that tells of none, as they are shown


def skip_reason(case):
    output = case.findtext("system-out") or ""
    for pattern in (SKIP_REASON, PLAIN_REASON):
        found = pattern.search(output)
        if found and found[1].strip():
            return " ".join(found[1].split())
    return "no reason given"


def last_output(case):
    output = case.findtext("system-out") or ""
    failures = ["\n".join(text.splitlines()[:OUTPUT_LINES]) for text in FAILURE.findall(output)]
    shown = failures or output.splitlines()[-OUTPUT_LINES:]
    return f"{case.get('name')}:\n" + "\n".join(shown) + "\n"


def main(path, with_output):
    if not os.path.exists(path):
        print("no test ran: ctest wrote no results", file=sys.stderr)
        print("0 passed, 0 failed, 0 skipped")
        return 1
    passed, failed, skipped = 0, [], collections.defaultdict(list)
    outputs = []
    for case in ElementTree.parse(path).iter("testcase"):
        name, status = case.get("name"), case.get("status")
        absence = case.find("skipped")
        if absence is not None and absence.get("message", "").startswith("SKIP_"):
            skipped[skip_reason(case)].append(name)
        elif absence is not None:  # its executable is missing, or what it depends on failed
            failed.append(f"{name} (did not run: {absence.get('message')})")
        elif status == "run":
            passed += 1
        else:
            failed.append(name)
            outputs.append(last_output(case))

    if with_output:
        print(*outputs, sep="\n")
    if failed:
        print("\nfailed:", *failed, sep="\n  ")
    for reason, names in sorted(skipped.items()):
        print(f"\nskipped, {reason}:", *names, sep="\n  ")
    if passed + len(failed) == 0:
        print("\nno test ran", file=sys.stderr)
    print(f"\n{passed} passed, {len(failed)} failed, {sum(map(len, skipped.values()))} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--output" in sys.argv[2:]))
