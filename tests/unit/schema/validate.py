# SPDX-License-Identifier: Apache-2.0
"""Lets a JSON Schema judge YAML files, and JSON files (*.json).

usage: validate.py SCHEMA FILE…

Prints a line per file: "ok FILE", or "refused FILE: PLACE: MESSAGE" for its first mistake.
"""

import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Without dates, and words such as `off`, which YAML 1.2 and editors take for texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def main(schema_file, *files):
    with open(schema_file, encoding="utf-8") as text:
        schema = json.load(text)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for file in files:
        with open(file, encoding="utf-8") as text:
            document = json.load(text) if file.endswith(".json") else yaml.load(text, Loader)
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        if error is None:
            print("ok", file)
        else:
            place = ".".join(str(part) for part in error.absolute_path)
            print(f"refused {file}: {place}: {error.message}".replace("\n", " "))


main(*sys.argv[1:])
