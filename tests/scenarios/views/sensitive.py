# SPDX-License-Identifier: Apache-2.0
"""Would compare.py notice? Numbers of the JSON are changed, one at a time, and each kind has to be
missed in a view: not in every run, for some show what others have not got.

usage: sensitive.py AUDIT.json FORMAT=FILE…    (as compare.py)

Prints a line for each kind of number: how many were changed, and which views noticed. Exit code 1: a
kind that went unnoticed is not among those that views leave out.
"""

import copy
import fnmatch
import sys

from compare import VIEWS, disagreements, given
from shown import Checks

MOST = 2  # of one kind

# For programs: curves, or what another number says already.
LEFT_OUT = [
    "/runs/*/schema_version",
    "/schema_version",
    "/runs/*/series/begin",
    "/runs/*/series/step_ms",
    "/runs/*/series/services/*/in_flight/*",
    "/runs/*/series/services/*/requests_per_s/[0-9*]*",
    "/runs/*/series/services/*/answers_per_s/*",
    "/runs/*/series/observers/*/queue_depth/*",
    "/runs/*/series/observers/*/workers_busy/*",
    "/runs/*/attempts/*/attempt",
    "/runs/*/faults/*/at/times",  # shown where it fired less often
    "/runs/*/faults/*/do/offset",  # in the words of `value`
    "/runs/*/faults/*/do/changed_bytes",
    "/runs/*/host/started_unix_ms",  # a date
    "/runs/*/host/finished_unix_ms",
]


def leaves(value, path, pattern, found):
    if isinstance(value, dict):
        for key, part in value.items():
            leaves(part, path + [key], f"{pattern}/{key}", found)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            leaves(part, path + [place], f"{pattern}/*", found)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found.setdefault(pattern, []).append(path)


def changed(audit, path):
    other = copy.deepcopy(audit)
    part = other
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = part[path[-1]] * 2 + 7
    return other


def notices(name, text, audit):
    checks = Checks(name)
    try:
        VIEWS[name].compare(checks, text, audit)
    except (LookupError, TypeError, AttributeError):
        return True  # what is shown cannot be found in what was changed
    return bool(checks.mistakes)


def main():
    audit, views = given()
    found = {}
    leaves(audit, [], "", found)
    unnoticed = []
    for pattern, paths in found.items():
        some = paths[:: max(1, len(paths) // MOST)][:MOST]
        by = [
            name
            for name, text in views.items()
            if any(notices(name, text, changed(audit, path)) for path in some)
        ]
        if any(disagreements(changed(audit, path)) for path in some):
            by.append("the audit itself")
        print(f"{pattern}: {len(some)} of {len(paths)}, noticed by {', '.join(by) or 'nobody'}")
        if not by and not any(fnmatch.fnmatchcase(pattern, one) for one in LEFT_OUT):
            unnoticed.append(pattern)
    for pattern in unnoticed:
        print(f"nobody notices {pattern}", file=sys.stderr)
    sys.exit(1 if unnoticed else 0)


if __name__ == "__main__":
    main()
