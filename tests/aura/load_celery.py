# SPDX-License-Identifier: Apache-2.0
"""The load of Celery's workers."""

import argparse
import itertools
import os
import signal
import subprocess
import sys
import time
from typing import Iterator, List, Tuple

from celery.exceptions import TimeoutError
from celery.result import AsyncResult

from . import tasks
from .counts import Counts

PROCESSES = 4
PATIENCE = 3.0  # seconds, beyond the end of the load
Queued = List[Tuple[str, AsyncResult]]


def start_worker() -> subprocess.Popen:
    """Its events are on (-E), so that what it does can be watched; nobody gossips with it. It does
    not outlive this process, however that ends."""
    words = ["-A", "aura.tasks", "worker", "-E", f"--concurrency={PROCESSES}", "--loglevel=WARNING"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "celery", *words, *quiet]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
    )


def end_worker(worker: subprocess.Popen) -> None:
    """Lets it finish what it has begun; one that is stuck is ended, with its processes."""
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def ticks(rate: float, start: float, end: float) -> Iterator[float]:
    """The times at which something is queued, at a steady rate."""
    if rate > 0:
        times = (start + number / rate for number in itertools.count())
        yield from itertools.takewhile(lambda at: at < end, times)


def queue_all(options: argparse.Namespace) -> Queued:
    asks, touches = itertools.count(), itertools.count()
    queued: Queued = []
    start = time.monotonic()
    end = start + options.seconds
    due = [(start + options.burst_after, "ask")] * options.burst
    due += [(at, "ask") for at in ticks(options.asks_per_second, start, end)]
    due += [(at, "touch") for at in ticks(options.touches_per_second, start, end)]
    for at, kind in sorted(due):
        time.sleep(max(0.0, at - time.monotonic()))
        if kind == "ask":
            queued.append((kind, tasks.ask.delay(next(asks))))
        else:
            queued.append((kind, tasks.touch.delay(next(touches))))
    return queued


def collect(queued: Queued, drain: float, counts: Counts) -> None:
    end = time.monotonic() + drain
    for kind, result in queued:
        left = end - time.monotonic()
        if left <= 0 and not result.ready():
            counts.add_unfinished(kind)
            continue
        try:
            result.get(timeout=max(left, 1.0))
        except TimeoutError:
            counts.add_unfinished(kind)
        except Exception as failure:  # whatever the task raised
            counts.add(kind, failure)
        else:
            counts.add(kind)


def run(options: argparse.Namespace) -> Counts:
    counts = Counts("ask", "touch")
    tasks.app.control.purge()
    tasks.language_model().breaker.reset()
    tasks.database().call(tasks.create_tables)
    worker = start_worker()
    try:
        collect(queue_all(options), options.drain, counts)
    finally:
        end_worker(worker)
    return counts
