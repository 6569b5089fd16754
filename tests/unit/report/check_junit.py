# SPDX-License-Identifier: Apache-2.0
"""Is a file JUnit XML that everybody reads? The rules of both schemas that are in use: junit-10.xsd
of Jenkins' xUnit plugin (https://github.com/jenkinsci/xunit-plugin), and JUnit.xsd of Windy Road for
Ant's JUnitReport (https://github.com/windyroad/JUnit-Schema), which is the stricter one.

usage: check_junit.py FILE    (exit 1: what is wrong, on stderr)

Prints a line per test case: "SUITE/NAME passed", or "SUITE/NAME failure|error: MESSAGE".
"""

import re
import sys
import xml.etree.ElementTree

SUITE = {
    "id": r"\d+",
    "name": r"\S(.*\S)?",
    "package": r"\S+",
    "hostname": r"\S+",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "time": r"\d+(\.\d{1,3})?",
    "tests": r"\d+",
    "failures": r"\d+",
    "errors": r"\d+",
}
CASE = {"classname": r"\S(.*\S)?", "name": r".+", "time": r"\d+(\.\d{1,3})?"}
# Of a suite, in this order, one of each but test cases.
PARTS = ("properties", "testcase", "system-out", "system-err")


def need(condition, message):
    if not condition:
        sys.exit(message)


def check_attributes(element, patterns):
    need(element.keys() and set(element.keys()) == set(patterns), f"{element.tag}: {element.attrib}")
    for name, pattern in patterns.items():
        need(re.fullmatch(pattern, element.get(name), re.DOTALL), f"{name}={element.get(name)!r}")


def check_case(case):
    check_attributes(case, CASE)
    need(len(case) <= 1, f"{case.get('name')}: more than one result")
    for result in case:
        need(result.tag in ("failure", "error"), f"unknown result {result.tag}")
        check_attributes(result, {"type": r".+", "message": r".*"})
        need(len(result) == 0 and result.text, "a result is text")


def check_suite(suite):
    check_attributes(suite, SUITE)
    tags = [part.tag for part in suite]
    need(tags == sorted(tags, key=PARTS.index), f"order: {tags}")
    for tag in PARTS:
        need(tag == "testcase" or tags.count(tag) == 1, f"{tags.count(tag)} of {tag}")
    for entry in suite.find("properties"):
        need(entry.tag == "property", entry.tag)
        check_attributes(entry, {"name": r"\S+", "value": r".*"})
    cases = suite.findall("testcase")
    names = [case.get("name") for case in cases]
    need(len(set(names)) == len(names), f"twice the same name: {names}")
    for case in cases:
        check_case(case)
    for tag, attribute in (("failure", "failures"), ("error", "errors")):
        found = sum(case.find(tag) is not None for case in cases)
        need(int(suite.get(attribute)) == found, f"{attribute}: {suite.get(attribute)}, not {found}")
    need(int(suite.get("tests")) == len(cases), "tests")


def main(file):
    suites = xml.etree.ElementTree.parse(file).getroot()
    need(suites.tag == "testsuites" and not suites.attrib, "the root is testsuites")
    for number, suite in enumerate(suites):
        need(suite.tag == "testsuite", suite.tag)
        check_suite(suite)
        need(suite.get("id") == str(number), "suites are numbered from 0")
    names = [suite.get("name") for suite in suites]
    need(len(set(names)) == len(names), f"two suites of one name: {names}")
    for suite in suites:
        for case in suite.findall("testcase"):
            result = next(iter(case), None)
            told = "passed" if result is None else f"{result.tag}: {result.get('message')}"
            print(f"{suite.get('name')}/{case.get('name')} {told}")


main(*sys.argv[1:])
