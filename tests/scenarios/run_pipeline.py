# SPDX-License-Identifier: Apache-2.0
"""Runs the steps of a pipeline (GitHub Actions or GitLab CI) in a shell, in their order, as its
runner would, in the current directory.

usage: run_pipeline.py FILE [VARIABLE=VALUE…]    (variables go before those of the file)

Prints "STEP: exit code N", and "artefact PATH" or "missing PATH" for each that the file names. Lines
that install or build (scripts/setup, scripts/build) are left out, as the tree is built: the step is
then "STEP: skipped" where nothing else is in it.
"""

import glob
import os
import re
import subprocess
import sys

import yaml

PREPARES = re.compile(r"\s*(sudo\s+)?scripts/(setup|build)\s*")


def without_preparation(script):
    lines = [line for line in script.splitlines() if not PREPARES.fullmatch(line)]
    return "\n".join(lines).strip()


def run(name, script, environment):
    script = without_preparation(script)
    if not script:
        print(f"{name}: skipped", flush=True)
        return 0
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    code = subprocess.run(shell, env=environment, stdout=sys.stderr, check=False).returncode
    print(f"{name}: exit code {code}", flush=True)
    return code


def tell_artefacts(patterns):
    for pattern in patterns:
        print(f"{'artefact' if glob.glob(pattern) else 'missing'} {pattern}", flush=True)


def run_github(document, given):
    """A step without `if: always()` is left out once one has failed."""
    (job,) = document["jobs"].values()
    summary = os.path.abspath("step-summary.md")
    environment = os.environ | job["env"] | given | {"GITHUB_STEP_SUMMARY": summary}
    failed = False
    for step in job["steps"]:
        always = step.get("if") == "always()"
        if "run" in step and (always or not failed):
            failed = run(step["name"], step["run"], environment) != 0 or failed
        if step.get("uses", "").startswith("actions/upload-artifact"):
            tell_artefacts(step["with"]["path"].split())


def run_gitlab(document, given):
    """One shell for before_script and script, another one for after_script, whatever became of it."""
    (job,) = (value for value in document.values() if "script" in value)
    environment = os.environ | job["variables"] | given
    run("script", "\n".join(job["before_script"] + job["script"]), environment)
    run("after_script", "\n".join(job["after_script"]), environment)
    tell_artefacts([job["artifacts"]["reports"]["junit"], *job["artifacts"]["paths"]])


def main(file, *variables):
    with open(file, encoding="utf-8") as text:
        document = yaml.safe_load(text)
    given = dict(variable.split("=", 1) for variable in variables)
    (run_github if "jobs" in document else run_gitlab)(document, given)


main(*sys.argv[1:])
