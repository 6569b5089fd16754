# SPDX-License-Identifier: Apache-2.0
"""Keeps some processes running, as an orchestrator would: one that ends is started again."""

import logging
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any, List

PAUSE = 0.2  # seconds, before one is started again
PATIENCE = 5.0  # seconds that all of them have for their end
log = logging.getLogger(__name__)


class Process:
    def __init__(self, number: int, command: List[str]) -> None:
        self._number = number
        self._command = command
        self._due = 0.0
        self._start()

    def _start(self) -> None:
        """It does not outlive this process, however that ends."""
        command = ["setpriv", "--pdeathsig", "KILL", *self._command]
        self.popen = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
        )
        self._died = False

    def look(self) -> bool:
        """True: it has died since the last look. One that is dead is started again when it is due."""
        if self._died and time.monotonic() >= self._due:
            self._start()
        if self._died or self.popen.poll() is None:
            return False
        self._died = True
        self._due = time.monotonic() + PAUSE
        log.warning("consumer %d died: exit code %d", self._number, self.popen.returncode)
        return True

    def wait(self, end: float) -> None:
        """For its own end, until then; whatever is left of it is ended. Its session's id is its pid
        as long as one of the session is there."""
        try:
            self.popen.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("consumer %d did not end, and is killed", self._number)
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()


def keep_running(commands: List[List[str]]) -> int:
    """Until SIGTERM or SIGINT, which end them all. How often one of them died."""
    stopped = False

    def stop(*_: Any) -> None:
        nonlocal stopped
        stopped = True

    woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    processes = [Process(number, command) for number, command in enumerate(commands, 1)]
    deaths = 0
    while not stopped:
        deaths += sum(process.look() for process in processes)
        if select.select([woken], [], [], PAUSE)[0]:
            os.read(woken, 4096)
    for process in processes:
        process.popen.terminate()
    end = time.monotonic() + PATIENCE
    for process in processes:
        process.wait(end)
    return deaths
