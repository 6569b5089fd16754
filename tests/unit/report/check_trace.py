# SPDX-License-Identifier: Apache-2.0
"""Does a file follow the Chrome trace event format (Trace Event Format, JSON object format), and does
it tell what its timelines do?

usage: check_trace.py TRACE TIMELINE…    (exit 1: what is wrong, on stderr)

Prints how many events there are of each phase, and the most that each counter has shown.
"""

import collections
import decimal
import json
import sys

REQUIRED = {
    "M": {"name", "pid", "tid", "args"},
    "B": {"name", "pid", "tid", "ts"},
    "E": {"pid", "tid", "ts"},
    "b": {"name", "cat", "id", "pid", "tid", "ts"},
    "e": {"name", "cat", "id", "pid", "tid", "ts"},
    "i": {"name", "cat", "s", "pid", "tid", "ts", "args"},
    "C": {"name", "pid", "tid", "ts", "args"},
}
OPTIONAL = {"args"}


def need(condition, message):
    if not condition:
        sys.exit(message)


def check_fields(event):
    phase = event.get("ph")
    need(phase in REQUIRED, f"unknown phase: {event}")
    keys = set(event) - {"ph"}
    need(REQUIRED[phase] <= keys <= REQUIRED[phase] | OPTIONAL, f"fields: {event}")
    need(isinstance(event["pid"], int) and isinstance(event["tid"], int), f"numbers: {event}")
    if "ts" in event:
        need(isinstance(event["ts"], (int, decimal.Decimal)) and event["ts"] >= 0, f"ts: {event}")
    if phase == "C":
        need(event["args"] and all(isinstance(value, int) and 0 <= value < 2**53 for value in
                                   event["args"].values()), f"counter: {event}")


def check_names(events):
    processes, threads = set(), set()
    for event in events:
        if event["ph"] != "M":
            continue
        if event["name"] == "process_name":
            need(event["pid"] not in processes and event["args"]["name"], f"named twice: {event}")
            processes.add(event["pid"])
        if event["name"] == "thread_name":
            key = event["pid"], event["tid"]
            need(key not in threads and event["args"]["name"], f"named twice: {event}")
            threads.add(key)
    for event in events:
        need(event["pid"] in processes, f"a process without a name: {event}")
        if event["ph"] in "BEi":
            need((event["pid"], event["tid"]) in threads, f"a thread without a name: {event}")


def check_slices(events):
    stacks = collections.defaultdict(list)
    for event in events:
        stack = stacks[event["pid"], event["tid"]]
        if event["ph"] == "B":
            need(not stack or stack[-1]["ts"] <= event["ts"], f"begins before its outer: {event}")
            stack.append(event)
        elif event["ph"] == "E":
            need(stack, f"ends what has not begun: {event}")
            need(stack.pop()["ts"] <= event["ts"], f"ends before it begins: {event}")
    for stack in stacks.values():
        need(not stack, f"never ends: {stack}")


def check_async(events):
    open_spans, seen = {}, set()
    for event in events:
        if event["ph"] not in "be":
            continue
        key = event["pid"], event["cat"], event["name"], event["id"]
        if event["ph"] == "b":
            need(key[1::2] not in seen, f"an id twice: {event}")
            seen.add(key[1::2])
            open_spans[key] = event
        else:
            need(key in open_spans, f"ends what has not begun: {event}")
            need(open_spans.pop(key)["ts"] <= event["ts"], f"ends before it begins: {event}")
    need(not open_spans, f"never ends: {list(open_spans)}")


def check_timelines(events, files):
    """Every entry once, at its time; as many faults as firings; retransmissions by their name."""
    entries = [json.loads(line) for file in files for line in open(file, encoding="utf-8")]
    wanted = sorted((entry["seq"], decimal.Decimal(entry["ns"]) / 1000) for entry in entries)
    instants = [event for event in events if event["ph"] == "i"]
    shown = sorted((event["args"]["seq"], event["ts"]) for event in instants)
    need(shown == wanted, f"{len(shown)} instants for {len(wanted)} entries, or other times")
    windows = sum(event["ph"] == "b" and event["cat"] == "fault" for event in events)
    fired = sum(entry["what"] == "fired" for entry in entries)
    need(windows == fired, f"{windows} faults shown, {fired} have fired")
    for name in ("retransmit", "retransmit.peer", "rto", "flow.closed"):
        told = sum(entry["what"] == name for entry in entries)
        found = sum(event["name"] == name for event in instants)
        need(told == found, f"{name}: {found}, not {told}")


def main(trace, *timelines):
    with open(trace, encoding="utf-8") as file:
        document = json.load(file, parse_float=decimal.Decimal)
    need(document["displayTimeUnit"] in ("ms", "ns"), "displayTimeUnit")
    events = document["traceEvents"]
    for event in events:
        check_fields(event)
    check_names(events)
    check_slices(events)
    check_async(events)
    check_timelines(events, timelines)
    phases = collections.Counter(event["ph"] for event in events)
    print(" ".join(f"{phase}:{phases[phase]}" for phase in sorted(phases)))
    most = {}
    for event in events:
        if event["ph"] == "C":
            most[event["name"]] = max(most.get(event["name"], 0), event["args"]["value"])
    for name in sorted(most):
        print(f"{name}: {most[name]}")


main(*sys.argv[1:])
