# SPDX-License-Identifier: Apache-2.0
"""The sentences with numbers that every view has in common, as patterns of shown.Checks.sentence."""

from shown import DURATION, collapsed

TIMES = r"once|twice|\d+ times"

# What is not said where it is so.
ABSENT = {
    **{key: 0 for key in ("connections_without_request", "failed", "retried", "open", "copies")},
    **{key: 0 for key in ("segments_swallowed", "segments_truncated")},
    **{key: 0 for key in ("resets_unconfirmed", "resets_failed", "resets")},
    **{key: 0 for key in ("longest_rto_ms", "cut_late_by")},
    **{key: 1 for key in ("at_every", "at_probability")},
}


def fault_line(checks, where, label, text, fault, report):
    """One line about a fault: label and text as fault_text.cpp makes them."""
    values = {**fault, **{f"at_{key}": value for key, value in fault["at"].items()}}
    values.update({f"do_{key}": value for key, value in fault["do"].items()})
    values.update({f"cut_{key}": value for key, value in (fault["cut"] or {}).items()})
    values["took"] = fault["healed"] - fault["fired"] if fault["healed"] is not None else None
    if label == "not fired":
        why = [one["why"] for one in report["why_not_fired"] if one["fault"] == fault["name"]]
        return checks.text(f"{where}/why", text, " ".join(why))
    if label not in FAULT_LINES:
        return checks.mistakes.append(f"{checks.name}: {where}: what is `{label}`? {text!r}")
    return checks.sentence(f"{where}/{label}", text, FAULT_LINES[label], values.get, ABSENT)


TRIGGER = (
    r"(?:(?:before|after|at|byte:\d+) )(?P<at_moment__text>\S+), from the (?P<at_nth>\d+)(?:st|nd|rd|th)"
    r" on (?P<at_service__text>[^,]+)(?:, every (?P<at_every>\d+)\w\w)?"
    r"(?:, with probability (?P<at_probability>[\d.]+))?(?:, once per flow)?"
)

FAULT_LINES = {
    "what": [
        r"(?P<do_kind__text>\S+) (?P<do_value__text>[^,]+)(?:, scope (?P<do_scope__text>\w+))?"
        rf"(?:, for (?P<do_for_ms__ms>{DURATION}))?(?:, acks pass)?(?:, heal (?P<do_heal__text>\w+))?"
    ],
    "trigger": [TRIGGER],
    "where": [
        r"(?:before|after|at|byte:\d+) (?P<cut_moment__text>\S+) on (?P<cut_flow__text>\S+ -> [^,;]+?)"
        r"(?:, sequence number (?P<cut_seq>\d+): (?P<cut_offset_in_message>\d+) of the message's"
        r" (?P<cut_message_bytes>\d+) bytes (?:had passed|lie before it))?"
        r"(?:, (?P<cut_late_by>\d+) bytes? later than wanted, for they had left before)?"
        r"(?:; its segment carried other messages as well)?",
        TRIGGER,
    ],
    "when": [
        rf"fired at (?P<fired__ms>{DURATION})(?: \(of at most (?P<at_times>\d+) times\))?"
        rf"(?:, healed at (?P<healed__ms>{DURATION}), (?P<took__ms>{DURATION}) later|, never healed)",
        rf"fired (?P<fired_count__times>{TIMES}), first at (?P<fired__ms>{DURATION})"
        rf"(?: \(of at most (?P<at_times>\d+) times\))?"
        rf"(?:, last healed at (?P<healed__ms>{DURATION})|, never healed)",
        rf"it would have fired (?P<would_fire__times>{TIMES})",
    ],
    "held": [r"(?P<segments_held>\d+) segments?(?:; swallowed (?P<copies>\d+) cop(?:y|ies))?"],
    "swallowed": [
        r"(?:(?P<segments_swallowed>\d+) segments?)?(?: and )?"
        r"(?:what (?P<segments_truncated>\d+) segments? had behind the cut)?"
        r", (?P<bytes_swallowed>\d+) bytes? of payload"
    ],
    "done": [
        r"(?P<segments_altered>\d+) segments? changed on its way",
        r"(?P<segments_duplicated>\d+) segments? sent twice; of (?P<dsacks>\d+) its receiver says so"
        r" \(DSACK\)",
        r"(?P<refused>\d+) SYNs? answered by an RST",
        rf"cgroup .*frozen (?P<frozen__times>{TIMES})",
        r"(?P<signalled>\d+) process(?:es)? signalled, in (?:its|their) own system call",
    ],
    "reset": [
        r"(?P<resets_sent>\d+) connections?(?:; not confirmed by the service:"
        r" (?P<resets_unconfirmed>\d+), which one on another host never does)?"
        r"(?:; not reset: (?P<resets_failed>\d+))?"
    ],
    "TCP": [
        r"(?P<retransmits>\d+) retransmissions? while it was on \(target (?P<retransmits_target>\d+),"
        r" service (?P<retransmits_peer>\d+)\)"
        rf"(?:, timer backed off to (?P<longest_rto_ms__ms>{DURATION}))?(?:; (?P<resets>\d+) resets?)?"
    ],
}

DEPTH = r"(?:at most )?(?P<deepest_queue__times>\d+|never)(?: a)? messages? in the queue"
WORKERS = (
    r"(?P<succeeded__times>\d+|no) tasks? succeeded(?:, (?P<failed>\d+) failed)?(?:, (?P<retried>\d+) retried)?"
    r"(?:, (?P<open>\d+) still ran)?"
    rf"(?:; {DEPTH})?"
)
LOST = r"(?:; then nothing more was seen: (?P<lost__text>.*))?"

TRAFFIC = {
    "service": [
        r"(?P<requests__times>\d+|no) requests?(?: and (?P<connections_without_request>\d+) connections?"
        r" without one)?(?:, (?P<answered__times>\d+|none) answered, at most (?P<most_in_flight>\d+) at once, the longest wait"
        rf" (?P<longest_wait_ms__ms>{DURATION}))?"
        r"(?:; per second(?: (?P<before>[\d.]+) before)?(?:,? ?(?:and )?(?P<during>[\d.]+) during)?"
        r"(?:,? ?(?:and )?(?P<after>[\d.]+) after)? the fault)?"
    ],
    "workers": [
        WORKERS + rf"; (?:all|the) (?P<workers__times>\d+|only) workers? blocked for (?P<longest_all_blocked_ms__ms>{DURATION})"
        rf" at a stretch, (?P<all_blocked_ms__ms>{DURATION}) in all" + LOST,
        WORKERS + r"; never all (?P<workers>\d+) workers? blocked" + LOST,
        WORKERS + r"; the (?P<workers__times>only) worker never blocked" + LOST,
    ],
    "queue": [
        DEPTH + r"; (?P<dead_letters__times>\d+|no) dead letters?"
        r"(?:; the broker was lost for a while: (?P<lost__text>.*))?"
    ],
}


def traffic_line(checks, where, label, text, report):
    """One line about a service or an observer. False: it is none of them."""
    series = report["series"] or {"services": [], "observers": []}
    for one in series["services"]:
        if one["service"] == label:
            numbers = {**one["numbers"], **one["numbers"]["requests_per_s"]}
            gaps = "".join(f"; not known: {gap}" for gap in numbers["not_known"])
            numbers["not_known"] = None if not gaps else numbers["not_known"]
            if gaps and not collapsed(text).endswith(collapsed(gaps)):
                checks.wrong(f"{where}/{label}/not_known", text, gaps)
            plain = text[: text.find("; not known: ")] if gaps else text
            checks.sentence(f"{where}/{label}", plain, TRAFFIC["service"], numbers.get, ABSENT)
            return True
    for one in series["observers"]:
        if one["observer"] == label:
            kind = "queue" if "dead_letters" in one["numbers"] else "workers"
            checks.sentence(f"{where}/{label}", text, TRAFFIC[kind], one["numbers"].get, ABSENT)
            return True
    return False


def headline(checks, where, text, report):
    """"✗ split-brain VIOLATED (exit 1): 2 of 6 invariants violated"."""
    violated = sum(one["outcome"] == "violated" for one in report["invariants"])
    values = {
        "scenario": report["scenario"],
        "outcome": report["outcome"].upper(),
        "exit_code": report["exit_code"],
        "violated": violated,
        "invariants": len(report["invariants"]),
    }
    checks.sentence(
        where,
        text,
        [
            r"[✗✓?] (?P<scenario__text>\S+) (?P<outcome__text>[A-Z]+) \(exit (?P<exit_code>\d+)\)"
            r"(?:: (?P<violated>\d+) of (?P<invariants>\d+) invariants? violated)?"
        ],
        values.get,
    )
