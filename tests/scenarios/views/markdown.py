# SPDX-License-Identifier: Apache-2.0
"""Reads `cutpoint report --format md` back and compares it with the JSON, cell by cell."""

import html
import re

from sentences import DURATION, fault_line, traffic_line
from shown import collapsed


def plain(text):
    """Without its escapes, code marks and links."""
    text = re.sub(r"^`(.*)`$", r"\1", text.strip())
    text = re.sub(r"<(https://[^>]*)>", r"\1", text)
    return html.unescape(re.sub(r"\\([\\`*\[\]|~_#+=>.()-])", r"\1", text))


def cells(line):
    return [plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


class Section:
    """What stands between a heading and the next: tables (header and rows), list items, the rest."""

    def __init__(self, depth, title):
        self.depth, self.title = depth, title
        self.tables, self.items, self.lines = [], [], []

    def add(self, line, is_in_table):
        if line.startswith("|---"):
            return
        if line.startswith("|"):
            if not is_in_table:
                self.tables.append([])
            self.tables[-1].append(cells(line))
        elif match := re.match(r"(?:- |\d+\. )(.*)", line):
            self.items.append(match[1])
        elif line.strip():
            self.lines.append(line)


def sections_of(text):
    sections, before = [], ""
    for line in text.splitlines():
        if match := re.match(r"(#+) (.*)", line):
            sections.append(Section(len(match[1]), match[2]))
        elif sections:
            sections[-1].add(line, before.startswith("|"))
        before = line
    return sections


class Reader:
    def __init__(self, checks, audit):
        self.checks, self.audit = checks, audit

    def rows(self, section, table=0):
        """The rows of a table as dictionaries by its header."""
        if len(section.tables) <= table:
            return []
        head, *rows = section.tables[table]
        return [dict(zip(head, row)) for row in rows]

    def row(self, where, shown, value, columns):
        """`columns`: of the table, with how it is compared and the key in the JSON."""
        for column, (kind, key) in columns.items():
            getattr(self.checks, kind)(f"{where}/{key}", shown[column], value[key])

    def table(self, where, section, values, columns):
        rows = self.rows(section)
        self.checks.size(where, len(rows), len(values))
        for number, (shown, value) in enumerate(zip(rows, values)):
            self.row(f"{where}/{number}", shown, value, columns)

    def read(self, text):
        run, fault = -1, 0
        for section in sections_of(text):
            title = section.title
            if match := re.match(r"Run (\d+): (.*)", title):
                run += 1
                self.checks.number("runs/number", match[1], run + 1)
                self.checks.text("runs/name", plain(match[2]), self.audit["overview"][run]["name"])
            elif section.depth == 1:
                self.title(section)
            elif match := re.match(r"(\d+)\. \[(\w+)\] (.*)", title):
                self.finding(section, match, int(match[1]) - 1)
            elif run < 0 and title in AUDIT:
                getattr(self, AUDIT[title])(section)
            elif title in RUN:
                report = self.audit["runs"][max(run, 0)]
                getattr(self, RUN[title])(section, f"runs/{max(run, 0)}", report)
            else:
                self.checks.mistakes.append(f"{self.checks.name}: what is section {title!r}?")

    def title(self, section):
        runs = len(self.audit["runs"])
        values = {**self.audit, "runs": runs, "outcome": self.audit["outcome"].upper()}
        self.checks.sentence(
            "title",
            section.title,
            [
                r"[✗✓?] Audit of (?P<runs>\d+) runs: (?P<outcome__text>\w+) \(exit (?P<exit_code>\d+)\)",
                r"[✗✓?] \S+: (?P<outcome__text>\w+) \(exit (?P<exit_code>\d+)\)",
            ],
            values.get,
        )
        self.sentences("readiness/because", section, self.audit["readiness"]["because"])

    def overview(self, section):
        numbers = ("run", "exit code", "invariants", "violated", "inconclusive", "findings")
        columns = {name: ("number", name.replace(" ", "_")) for name in numbers}
        columns.update(scenario=("text", "name"), readiness=("text", "readiness"))
        columns.update(files=("text", "out"))
        self.table("overview", section, self.audit["overview"], columns)

    def findings(self, section):
        pass  # each is a section of its own, below

    def finding(self, section, head, place):
        finding = self.audit["findings"][place]
        where = f"findings/{place}"
        self.checks.text(f"{where}/severity", head[2], finding["severity"])
        self.checks.text(f"{where}/title", plain(head[3]), finding["title"])
        items = dict(item.split(": ", 1) for item in section.items)
        number, name = items.pop("run").split(", ", 1)
        self.checks.number(f"{where}/run", number, finding["run"])
        self.checks.text(f"{where}/name", plain(name), finding["name"])
        evidence = items.pop("evidence")
        self.checks.evidence(f"{where}/evidence", evidence, finding["evidence"])
        for key, shown in items.items():
            self.checks.text(f"{where}/{key}", plain(shown), finding[key])

    def impact(self, section):
        columns = {key: ("text", key) for key in ("severity", "component", "impact")}
        columns["findings"] = ("numbers_listed", "findings")
        self.table("impact", section, self.audit["impact"], columns)

    def actions(self, section):
        actions = self.audit["actions"]
        self.checks.size("actions", len(section.items), len(actions))
        for number, (shown, action) in enumerate(zip(section.items, actions)):
            pattern = r"\[(\w+)\] (.*) \(for (.*); finding ([\d, and]+)(?:; .*)?\)"
            match = re.fullmatch(pattern, shown)
            if not match:
                self.checks.mistakes.append(f"{self.checks.name}: action not understood: {shown!r}")
                continue
            where = f"actions/{number}"
            self.checks.text(f"{where}/severity", match[1], action["severity"])
            self.checks.text(f"{where}/remedy", plain(match[2]), action["remedy"])
            self.checks.numbers_listed(f"{where}/findings", match[4], action["findings"])

    def claims_of_runs(self, section):
        rows = [{**claim, **run} for claim in self.audit["claims"] for run in claim["runs"]]
        for row in rows:
            row["verdict"] = row["verdict"].replace("_", " ")
        columns = {key: ("text", key) for key in ("id", "claim", "source", "measured")}
        columns["scenario"] = ("text", "name")
        columns.update(run=("number", "run"), verdict=("text", "verdict"))
        self.table("claims", section, rows, columns)

    def claims(self, section, where, report):
        rows = [{**one, "verdict": one["verdict"].replace("_", " ")} for one in report["claims"]]
        columns = {key: ("text", key) for key in ("id", "claim", "source", "given", "measured")}
        columns.update({"true if": ("text", "true_if"), "verdict": ("text", "verdict")})
        columns["evidence"] = ("evidence", "evidence")
        self.table(f"{where}/claims", section, rows, columns)

    def figures(self, section, where, report):
        rows = self.rows(section)
        self.checks.size(f"{where}/figures", len(rows), len(report["figures"]))
        for shown, figure in zip(rows, report["figures"]):
            place = f"{where}/figures/{figure['name']}"
            self.checks.text(place, shown["figure"], figure["name"])
            self.checks.text(f"{place}/of", shown["of"], figure["of"])
            self.checks.text(f"{place}/why", shown["not known because"], figure["why"])
            self.checks.evidence(f"{place}/evidence", shown["evidence"], figure["evidence"])
            self.checks.figure(place, shown["value"], figure)

    def invariants(self, section, where, report):
        columns = {key: ("text", key) for key in ("severity", "expected", "observed")}
        columns["invariant"] = ("text", "name")
        columns["evidence"] = ("evidence", "evidence")
        self.table(f"{where}/invariants", section, report["invariants"], columns)

    def faults(self, section, where, report):
        self.checks.size(f"{where}/faults", len(section.tables), len(report["faults"]))
        for table, fault in zip(section.tables, report["faults"]):
            place = f"{where}/faults/{fault['name']}"
            self.checks.text(place, table[0][1], fault["name"])
            for label, text in table[1:]:
                self.fault_row(place, label, text, fault, report)

    def fault_row(self, place, label, text, fault, report):
        if label == "armed":
            self.checks.time(f"{place}/armed", text, fault["armed"])
        elif label == "direction":
            self.checks.text(f"{place}/direction", text, fault["cut"]["direction"])
        elif label == "evidence":
            self.checks.number(f"{place}/evidence", text, fault["cut"]["evidence"])
        elif label == "counted":
            shown = dict(re.findall(r"(\w+) (\d+)", text))
            for key, number in shown.items():
                self.checks.number(f"{place}/{key}", number, fault[key])
            counted = {key for key, value in fault.items() if type(value) is int and value != 0}
            self.checks.text(f"{place}/counted", sorted(shown), sorted(counted))
        else:
            fault_line(self.checks, place, label, text, fault, report)

    def sentences(self, where, section, values):
        """A list, an item for each."""
        self.checks.size(where, len(section.items), len(values))
        for shown, value in zip(section.items, values):
            self.checks.text(where, plain(shown), value)

    def summary(self, section, where, report):
        self.sentences(f"{where}/summary", section, report["summary"])

    def problems(self, section, where, report):
        self.sentences(f"{where}/problems", section, report["problems"])

    def inconclusive(self, section, where, report):
        self.sentences(f"{where}/inconclusive_because", section, report["inconclusive_because"])

    def belief(self, section, where, report):
        names = {
            "committed, told": "committed_acked",
            "committed, not told": "committed_unacked",
            "aborted, not told": "aborted_unacked",
            "aborted, told": "aborted_acked",
        }
        names.update({key: key for key in ("ghost", "resolved", "duplicate", "unknown")})
        columns = {column: ("number", key) for column, key in names.items()}
        self.table(f"{where}/belief_vs_truth", section, [report["belief_vs_truth"]], columns)
        self.checks.sentence(
            f"{where}/commit_latency",
            " ".join(section.lines),
            [
                r"From COMMIT to its answer, of (?P<count>\d+) acknowledged: median"
                rf" (?P<p50_ms__ms>{DURATION}|–), longest (?P<max_ms__ms>{DURATION}|–)\."
            ],
            report["commit_latency"].get,
        )

    def attempts(self, section, where, report):
        columns = {"attempt": ("text", "label"), "backend": ("number", "pid")}
        columns.update({key: ("text", key) for key in ("xid", "flow", "belief", "truth")})
        columns.update({key: ("truth", key) for key in ("ghost", "refused", "resolved")})
        times = ("requested", "delivered", "acked", "client gone", "released")
        columns.update({key: ("time", key.replace(" ", "_")) for key in times})
        columns["evidence"] = ("evidence", "evidence")
        self.table(f"{where}/attempts", section, report["attempts"], columns)

    def traffic(self, section, where, report):
        for item in section.items:
            name, text = re.fullmatch(r"`([^`]*)`:? (.*)", item).groups()
            pattern = rf"was on from (?P<from__ms>{DURATION}) to (?P<until__ms>{DURATION})"
            if re.fullmatch(pattern, text):
                windows = [one for one in report["series"]["faults"] if one["fault"] == name]
                self.checks.sentence(f"{where}/series/{name}", text, [pattern], windows[0].get)
            elif not traffic_line(self.checks, f"{where}/series", name, plain(text), report):
                self.checks.mistakes.append(f"{self.checks.name}: {where}: who is {name!r}?")

    def exchanges(self, section, where, report):
        columns = {key: ("text", key) for key in ("flow", "service")}
        columns.update({key: ("number", key) for key in ("requests", "answered")})
        columns["answers begun"] = ("number", "begun")
        self.table(f"{where}/exchanges", section, report["exchanges"], columns)

    def circumstances(self, section, where, report):
        shown = dict(section.tables[0][1:])
        self.checks.number(f"{where}/seed", shown["seed"], report["seed"])
        code = shown["exit code"].split(",")[0]
        self.checks.number(f"{where}/exit_code", code, report["exit_code"])
        self.checks.text(f"{where}/kernel", shown["kernel"], report["host"]["kernel"])
        events, counters = report["events"], report["events"]["counters"]
        head, *rest = shown["events"].split("; ")
        pattern = (
            r"(?P<seen>\d+) events? seen, (?P<lost>\d+) lost, (?P<desynchronised>\d+) flows? desynchronised"
        )
        self.checks.sentence(f"{where}/events", head, [pattern], events.get)
        for one in rest:
            name, number = plain(one.rsplit(" ", 1)[0]), one.rsplit(" ", 1)[1]
            self.checks.number(f"{where}/events/counters/{name}", number, counters[name])
        self.checks.size(f"{where}/counters", len(rest), sum(one != 0 for one in counters.values()))
        packets = (
            r".*: (?P<segments>\d+) segments?, (headers alone|with payloads);"
            r" (?P<lost>\d+) more were lost, (?P<beyond_bound>\d+) beyond what is kept"
        )
        self.checks.sentence(f"{where}/evidence", shown["packets"], [packets], report["evidence"].get)
        armed = re.fullmatch(rf".*, ({DURATION}) until armed", shown["time"])[1]
        self.checks.time(f"{where}/start_to_armed", armed, report["host"]["start_to_armed_ms"])
        target = report["target"]
        numbers = [int(one) for one in re.findall(r"(?<![\w.])\d+", collapsed(shown["target"]))]
        wanted = [target["exit_code"], target["signal"], target["history_malformed"]]
        wanted += [target["open_before"]["flows"], target["open_before"]["synchronised"]]
        wanted = [one for one in wanted if one is not None]
        self.checks.text(f"{where}/target", str(numbers), str(wanted))


AUDIT = {
    "Runs": "overview",
    "Findings": "findings",
    "Impact": "impact",
    "Actions": "actions",
    "Claims": "claims_of_runs",
}
RUN = {
    "Inconclusive because": "inconclusive",
    "Expected and observed": "invariants",
    "Claims": "claims",
    "Faults": "faults",
    "What happened": "summary",
    "Belief and truth": "belief",
    "Attempts that did not go as usual": "attempts",
    "Traffic": "traffic",
    "Requests and answers": "exchanges",
    "Figures": "figures",
    "Problems": "problems",
    "Circumstances": "circumstances",
}


def compare(checks, text, audit):
    Reader(checks, audit).read(text)
