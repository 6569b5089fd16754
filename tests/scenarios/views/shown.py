# SPDX-License-Identifier: Apache-2.0
"""What a view shows, read back: numbers, times with their unit, lists, sentences.

A reader of a view (markdown.py, text.py, junit.py) tells where in the JSON it found what; Checks
compares that with what is there. A view that is new needs a reader of its own and nothing else.
"""

import re

NS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
DURATION = r"-?\d+(?:\.\d+)? (?:ns|us|ms|s|m|h)"


# Numbers that are words: "twice", "no request", "the only worker".
COUNTED = {"no": "0", "none": "0", "never": "0", "only": "1", "once": "1", "twice": "2"}


def collapsed(text):
    return " ".join(str(text).split())


def last_digit(number):
    """The worth of its last digit: 0.01 of "1.04"."""
    return 10 ** -len(number.partition(".")[2])


class Checks:
    """Compares, and remembers what was compared and what was wrong."""

    def __init__(self, name):
        self.name = name
        self.mistakes = []
        self.numbers = 0
        self.texts = 0

    def wrong(self, where, shown, value):
        self.mistakes.append(f"{self.name}: {where}: shows {shown!r}, JSON has {value!r}")

    def text(self, where, shown, value):
        self.texts += 1
        if collapsed(shown) != collapsed("–" if value in (None, "") else value):
            self.wrong(where, shown, value)

    def number(self, where, shown, value):
        """A number as it is, to the digits that are shown."""
        self.numbers += 1
        if value is None:
            if shown != "–":
                self.wrong(where, shown, value)
            return
        if not re.fullmatch(r"[+-]?\d+(\.\d+)?", shown):
            return self.wrong(where, shown, value)
        if abs(float(shown) - value) > last_digit(shown) * 0.5000001 * ("." in shown):
            self.wrong(where, shown, value)

    def time(self, where, shown, value):
        """Milliseconds, shown with a unit."""
        self.numbers += 1
        if value is None:
            if shown != "–":
                self.wrong(where, shown, value)
            return
        if not re.fullmatch(DURATION, shown):
            return self.wrong(where, shown, value)
        number, unit = shown.split(" ")
        # Three digits, without zeros at the end: "30 s" is 30.0 s.
        size = abs(float(number))
        worth = 0.01 if size < 10 else 0.1 if size < 100 else 1
        if abs(float(number) * NS[unit] - value * 1e6) > worth * 0.51 * NS[unit]:
            self.wrong(where, shown, value)

    def truth(self, where, shown, value):
        self.text(where, shown, "yes" if value else "no")

    def numbers_listed(self, where, shown, value):
        """"1, 2 and 3"."""
        found = [int(one) for one in re.findall(r"\d+", shown)]
        self.numbers += len(found)
        if found != value or (not value and shown != "–"):
            self.wrong(where, shown, value)

    def evidence(self, where, shown, value):
        """"1, 2 and 3"; of very many the first: "1, 2, … and 990 more, in report.json"."""
        if match := re.fullmatch(r"(.*) and (\d+) more, in report\.json", shown):
            known = re.findall(r"\d+", match[1])
            self.size(where, len(known) + int(match[2]), len(value))
            shown, value = match[1], value[: len(known)]
        self.numbers_listed(where, shown, value)

    def figure(self, where, shown, figure, key="value"):
        kind = {"ms": self.time}.get(figure["unit"], self.number)
        kind(where, shown.lstrip("+"), figure[key])

    def sentence(self, where, shown, patterns, value_of, absent=None):
        """A sentence of ours with numbers: each named group is a field of the JSON; `__ms` behind its
        name: a time. One of the patterns is all of it. `absent`: what goes without saying."""
        for pattern in patterns:
            if match := re.fullmatch(pattern, collapsed(shown)):
                break
        else:
            self.mistakes.append(f"{self.name}: {where}: not understood: {shown!r}")
            return
        for group, found in match.groupdict().items():
            field, _, kind = group.partition("__")
            if found is None:
                if field in (absent or {}) and value_of(field) != absent[field]:
                    self.wrong(f"{where}/{field}", found, value_of(field))
                continue
            check = {"ms": self.time, "text": self.text, "times": self.times}.get(kind, self.number)
            check(f"{where}/{field}", found, value_of(field))

    def times(self, where, shown, value):
        self.number(where, COUNTED.get(shown, shown.split(" ")[0]), value)

    def size(self, where, found, wanted):
        """As many are shown as there are."""
        self.numbers += 1
        if found != wanted:
            self.wrong(where + " (how many)", found, wanted)
