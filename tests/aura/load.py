# SPDX-License-Identifier: Apache-2.0
"""Keeps the platform busy for a while, so that there is work before, during and after a fault.

    --shape celery    a worker of four processes. Tasks of both kinds come at a steady rate; after
                      some seconds a burst of `ask` tasks is queued at once
    --shape asyncio   one process with many questions in flight at once: that many users, each of
                      whom asks, reads the answer for a second, and asks again

Prints what became of the requests, as one line of JSON. Exit code 0: it has run as long as it
should, whatever became of them.

usage: python3 -m aura.load --shape celery|asyncio [--seconds S] [--burst N] [--burst-after S]
                            [--asks-per-second R] [--touches-per-second R] [--drain S]
"""

import argparse
import logging

from . import config, load_asyncio, load_celery


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="aura.load")
    parser.add_argument("--shape", choices=("celery", "asyncio"), required=True)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--burst", type=int, default=100, help="questions at once (default 100)")
    parser.add_argument("--burst-after", type=float, default=5.0, help="of celery's (s)")
    parser.add_argument("--asks-per-second", type=float, default=4.0)
    parser.add_argument("--touches-per-second", type=float, default=4.0)
    parser.add_argument(
        "--drain", type=float, default=60.0, help="how long the end of all is waited for (s)"
    )
    return parser.parse_args()


def main() -> None:
    options = parse()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    if options.shape == "celery":
        counts = load_celery.run(options)
    else:
        counts = load_asyncio.run(config.load(), options)
    print(counts, flush=True)


if __name__ == "__main__":
    main()
