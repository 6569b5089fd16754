# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets in files, as they are and in the encodings that they travel in.

usage: find_secrets.py [--leave-out NAME]… FILE|DIRECTORY… < SECRETS    (one per line)

Prints a line per find: "FILE: SECRET as FORM". Fails (2) where a path is missing or holds nothing at
all: then nothing would have been searched.
"""

import argparse
import base64
import os
import sys
import urllib.parse


def forms_of(secret):
    raw = secret.encode()
    yield "it is", raw
    yield "hexadecimal", raw.hex().encode()
    yield "URL-encoded", urllib.parse.quote(secret, safe="").encode()
    yield "percent-encoded bytes", b"".join(b"%%%02x" % byte for byte in raw)
    yield "a form's value", urllib.parse.quote_plus(secret).encode()
    # Where it stands behind 0, 1 or 2 bytes of a text that is encoded as a whole: what is its own.
    for behind in range(3):
        whole = base64.b64encode(b"\0" * behind + raw + b"\0" * 3).decode()
        yield "base64", whole[(behind * 8 + 5) // 6 : (behind + len(raw)) * 8 // 6].encode()


def files_below(path):
    if os.path.isfile(path):
        return [path]
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--leave-out", action="append", default=[])
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    secrets = sys.stdin.read().split("\n")[:-1]
    size = 0
    for path in options.paths:
        for file in files_below(path):
            if os.path.basename(file) in options.leave_out:
                continue
            with open(file, "rb") as content:
                text = content.read().lower()
            size += len(text)
            for secret in secrets:
                for form, wanted in forms_of(secret):
                    if wanted.lower() in text:
                        print(f"{file}: {secret} as {form}")
    if size == 0 or not secrets:
        sys.exit(2)


main()
