# SPDX-License-Identifier: Apache-2.0
"""Reads `cutpoint report --format text` back and compares it with the JSON, line by line."""

import re

from sentences import DURATION, fault_line, headline, traffic_line
from shown import collapsed

BELIEF = {
    "not known": "unknown",
    "executed after the client had gone": "ghost",
    "found out afterwards": "resolved",
    "ids committed more than once": "duplicate",
}
PARTS = ("scenario", "impact", "component", "remedy", "reference")


def indent_of(line):
    return len(line) - len(line.lstrip(" "))


def blocks_of(text):
    """(heading, lines) of each block; a blank line ends one."""
    blocks = []
    for part in re.split(r"\n\s*\n", text.strip("\n")):
        head, *lines = part.split("\n")
        blocks.append((head, lines))
    return blocks


def items_of(lines, starts):
    """Lines joined to items: each begins with a line that `starts` says yes to."""
    items = []
    for line in lines:
        if starts(line) or not items:
            items.append(line.rstrip())
        else:
            items[-1] += " " + line.strip()
    return items


class Reader:
    def __init__(self, checks, audit):
        self.checks, self.audit = checks, audit
        self.report, self.where = None, ""

    def read(self, text):
        run = -1
        if len(self.audit["runs"]) == 1:
            run, self.report, self.where = 0, self.audit["runs"][0], "runs/0"
        for head, lines in blocks_of(text):
            if match := re.fullmatch(r"Run (\d+)(?:: (.*))?", head):
                run += 1
                self.checks.number("runs/number", match[1], run + 1)
                self.report, self.where = self.audit["runs"][run], f"runs/{run}"
                if match[2]:
                    self.checks.text("runs/name", match[2], self.audit["overview"][run]["name"])
                head, *lines = lines
            if match := re.fullmatch(r"All (\d+) runs", head):
                self.checks.number("runs", match[1], len(self.audit["runs"]))
                self.report, self.where = None, "all"
                if not lines:
                    continue
                head, *lines = lines
            self.block(head, lines)

    def block(self, head, lines):
        if head.startswith(("✓", "✗", "?")):
            self.headline(head, lines)
        elif head.startswith("Fault "):
            self.fault(head[len("Fault ") :], lines)
        elif head.startswith("files in "):
            self.checks.text(f"{self.where}/out", head[len("files in ") :], self.report["out"])
        elif head in SECTIONS:
            getattr(self, SECTIONS[head])(lines)
        else:
            self.checks.mistakes.append(f"{self.checks.name}: what is block {head!r}?")

    def headline(self, head, lines):
        headline(self.checks, f"{self.where}/headline", head, self.report)
        self.checks.text(f"{self.where}/title", " ".join(lines), self.report["title"])

    def listed(self, key, lines):
        items = items_of(lines, lambda line: line.startswith("  - "))
        self.checks.size(f"{self.where}/{key}", len(items), len(self.report[key]))
        for shown, value in zip(items, self.report[key]):
            self.checks.text(f"{self.where}/{key}", shown.strip()[2:], value)

    def inconclusive(self, lines):
        self.listed("inconclusive_because", lines)

    def problems(self, lines):
        self.listed("problems", lines)

    def fault(self, name, lines):
        fault = [one for one in self.report["faults"] if one["name"] == name][0]
        for item in items_of(lines, lambda line: indent_of(line) == 2):
            label, text = item[2:12].strip(), item[13:]
            if item[2:].startswith("not fired"):
                label, text = "not fired", item[len("  not fired") :]
            where = f"{self.where}/faults/{name}"
            fault_line(self.checks, where, label, text.strip(), fault, self.report)

    def summary_of_run(self, lines):
        """Paragraphs: all of them together are the sentences of `summary`."""
        self.checks.text(f"{self.where}/summary", " ".join(lines), " ".join(self.report["summary"]))

    def belief(self, lines):
        counts, where = self.report["belief_vs_truth"], f"{self.where}/belief_vs_truth"
        latency = self.report["commit_latency"]
        for line in items_of(lines, lambda line: not line.startswith("   ")):
            text = line.strip()
            if text.startswith("the client was"):
                continue
            if match := re.fullmatch(r"(told|not told)\s+(\d+)\s+(\d+)", text):
                told = "acked" if match[1] == "told" else "unacked"
                self.checks.number(f"{where}/committed", match[2], counts[f"committed_{told}"])
                self.checks.number(f"{where}/aborted", match[3], counts[f"aborted_{told}"])
            elif text.startswith("from COMMIT"):
                pattern = (
                    rf"from COMMIT to its answer: median (?P<p50_ms__ms>{DURATION}),"
                    rf" longest (?P<max_ms__ms>{DURATION})"
                )
                self.checks.sentence(f"{self.where}/latency", text, [pattern], latency.get)
            else:
                for part in text.split("; "):
                    words, number = part.rsplit(": ", 1)
                    self.checks.number(f"{where}/{words}", number, counts[BELIEF[words]])

    def traffic(self, lines):
        names = [one["service"] for one in self.report["series"]["services"]]
        names += [one["observer"] for one in self.report["series"]["observers"]]
        for item in items_of(lines, lambda line: indent_of(line) == 2):
            name, text = item.strip().split(" ", 1)
            if name not in names or not traffic_line(
                self.checks, f"{self.where}/series", name, text.strip(), self.report
            ):
                self.checks.mistakes.append(f"{self.checks.name}: {self.where}: who is {name!r}?")

    def invariants(self, lines):
        items = items_of(lines, lambda line: re.match(r"  [✓✗?] ", line) is not None)
        values = self.report["invariants"]
        self.checks.size(f"{self.where}/invariants", len(items), len(values))
        for item, value in zip(items, values):
            _, name, text = item.strip().split(None, 2)
            where = f"{self.where}/invariants/{value['name']}"
            self.checks.text(f"{where}/name", name, value["name"])
            wanted = value["observed"]
            if value["outcome"] != "held":
                wanted += f" expected: {value['expected']} ({value['severity']})"
            self.checks.text(f"{where}/observed", text, wanted)

    def claims(self, lines):
        if self.report is None:
            rows = [(one, one["runs"]) for one in self.audit["claims"]]
        else:
            rows = [(one, [one]) for one in self.report["claims"]]
        width = max(len(one["id"]) for one, _ in rows) + 1
        starts = lambda line: indent_of(line) == 2 or re.match(
            rf" {{{3 + width}}}(confirmed|refuted|not tested)", line
        )
        items = items_of(lines, starts)
        self.checks.size(
            f"{self.where}/claims", len(items), len(rows) + sum(len(runs) for _, runs in rows)
        )
        shown = iter(items)
        for claim, runs in rows:
            where = f"{self.where}/claims/{claim['id']}"
            source = f" ({claim['source']})" if claim["source"] else ""
            head = f"{claim['id']} {claim['claim']}{source}"
            self.checks.text(where, next(shown, ""), head)
            for run in runs:
                self.claim_of_run(where, collapsed(next(shown, "")), run)

    def claim_of_run(self, where, shown, run):
        verdict = re.match(r"confirmed|refuted|not tested", shown)
        words = verdict[0] if verdict else ""
        self.checks.text(f"{where}/verdict", words, run["verdict"].replace("_", " "))
        text = shown[len(words) :].strip()
        if "run" in run:
            match = re.match(r"(.+?) \(run (\d+)\): (.*)", text)
            self.checks.text(f"{where}/name", match[1], run["name"])
            self.checks.number(f"{where}/run", match[2], run["run"])
            text = match[3]
        self.checks.text(f"{where}/measured", text, run["measured"])

    def findings(self, lines):
        source = self.audit if self.report is None else self.report
        starts = lambda line: re.match(r"  \d+\. +\[|     (%s) " % "|".join(PARTS), line)
        items = items_of(lines, starts)
        place = -1
        for item in items:
            text = item.strip()
            if match := re.match(r"(\d+)\. +\[(\w+)\] (.*)", text):
                place += 1
                finding = source["findings"][place]
                where = f"{self.where}/findings/{place}"
                self.checks.number(f"{where}/number", match[1], place + 1)
                self.checks.text(f"{where}/severity", match[2], finding["severity"])
                self.checks.text(f"{where}/title", match[3], finding["title"])
                continue
            key, value = text.split(None, 1)
            if key == "scenario":
                match = re.fullmatch(r"(.+) \(run (\d+)\)", value)
                self.checks.text(f"{where}/name", match[1], finding["name"])
                self.checks.number(f"{where}/run", match[2], finding["run"])
            else:
                self.checks.text(f"{where}/{key}", value, finding[key])
        self.checks.size(f"{self.where}/findings", place + 1, len(source["findings"]))

    def rows(self, key, values, lines, starts, pattern):
        items = items_of(lines, starts)
        self.checks.size(key, len(items), len(values))
        for number, (item, value) in enumerate(zip(items, values)):
            match = re.fullmatch(pattern, collapsed(item))
            if not match:
                self.checks.mistakes.append(f"{self.checks.name}: {key} not understood: {item!r}")
                continue
            for field, shown in match.groupdict().items():
                check = self.checks.numbers_listed if field == "findings" else self.checks.text
                check(f"{key}/{number}/{field}", shown, value[field])

    def impact(self, lines):
        # What an impact is, is a sentence of its own, perhaps with a colon in it.
        pattern = r"\[(?P<severity>\w+)\] (?P<both>.*) \(findings? (?P<findings>[\d, and]+)\)"
        values = [
            {**row, "both": f"{row['component']}: {row['impact']}"} for row in self.audit["impact"]
        ]
        self.rows("impact", values, lines, lambda line: line.startswith("  ["), pattern)

    def actions(self, lines):
        pattern = (
            r"\d+\. \[(?P<severity>\w+)\] (?P<remedy>.*) \(findings? (?P<findings>[\d, and]+)\)"
        )
        starts = lambda line: re.match(r"  \d+\. +\[", line)
        self.rows("actions", self.audit["actions"], lines, starts, pattern)

    def summary(self, lines):
        """What a person reads first. It may be clipped: what is there must be so."""
        for item in items_of(lines, lambda line: True):
            text = item.strip()
            if text.startswith(("✓", "✗", "?")):
                self.summary_head(text)
            elif match := re.match(r"exit (\d+): ", text):
                of = self.audit if len(self.audit["runs"]) > 1 else self.report
                self.checks.number("summary/exit_code", match[1], of["exit_code"])

    def summary_head(self, text):
        if match := re.match(r"\S+ audit of (\d+) runs? [A-Z]+ \(exit (\d+)\)", text):
            self.checks.number("summary/runs", match[1], len(self.audit["runs"]))
            self.checks.number("summary/exit_code", match[2], self.audit["exit_code"])
            counts = dict(
                (words, number)
                for number, words in re.findall(r"(\d+) (not ready|not proven|ready)", text)
            )
            for words, number in counts.items():
                same = [one for one in self.audit["overview"] if one["readiness"] == words]
                self.checks.number(f"summary/{words}", number, len(same))
        elif match := re.match(r"\S+ (.+?) \(run (\d+)\): ([a-z ]+), (\d+) findings?", text):
            run = self.audit["overview"][int(match[2]) - 1]
            self.checks.text("summary/name", match[1], run["name"])
            self.checks.text("summary/readiness", match[3], run["readiness"])
            self.checks.number("summary/findings", match[4], run["findings"])
        elif self.report is not None:
            headline(self.checks, "summary/headline", text, self.report)
        else:
            self.checks.mistakes.append(f"{self.checks.name}: not understood: {text!r}")


SECTIONS = {
    "Inconclusive because": "inconclusive",
    "What happened": "summary_of_run",
    "Belief × truth": "belief",
    "Traffic": "traffic",
    "Invariants": "invariants",
    "Claims": "claims",
    "Findings": "findings",
    "Problems": "problems",
    "Impact": "impact",
    "Actions": "actions",
    "Summary": "summary",
}


def compare(checks, text, audit):
    Reader(checks, audit).read(text)
