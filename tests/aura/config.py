# SPDX-License-Identifier: Apache-2.0
"""The settings of both variants, and the addresses of the services.

    AURA_VARIANT     fragile or hardened; or quorum, which is hardened with a quorum queue where there
                     is a queue of that kind to choose (`poison`), and hardened elsewhere
    AURA_ON_ERROR    what the fragile consumer of `poison` does with a message that it fails on: crash
                     (default), requeue or drop
    AURA_TIME_SCALE  multiplies every time of the variant (default 1): 0.1 for a quick test
    AURA_HTTP2       1: the LLM host is spoken to by HTTP/2 (default 0: HTTP/1.1)
    CUTPOINT_…       where the services are: what `scripts/lab env` prints
"""

import os
from dataclasses import dataclass
from typing import Optional

MODEL = "gemini-2.0-flash"


class ConfigError(Exception):
    """An environment that says nothing sensible."""


@dataclass(frozen=True)
class Settings:
    """Times are in seconds; None: no limit."""

    hardened: bool
    quorum: bool
    http2: bool

    # The language model. Each of these is for one operation on a socket …
    llm_connect: float
    llm_read: float
    llm_write: float
    llm_pool: float
    # … and this for the question as a whole: well below the task's soft limit, whose signal may
    # otherwise come while the worker reports the failure, and garble that report (billiard).
    llm_deadline: Optional[float]
    llm_retries: int
    llm_backoff: float  # longest pause before the first retry, doubled with each

    breaker_failures: int
    breaker_reset: float

    task_soft_limit: Optional[float]
    task_hard_limit: Optional[float]

    # PostgreSQL.
    db_patience: float  # for one answer of the server
    db_retries: int
    db_backoff: float
    db_resolve: float  # how long the fate of a COMMIT is asked for


def scaled(seconds: float) -> float:
    """A time of the variant, at this run's scale."""
    text = os.environ.get("AURA_TIME_SCALE", "1")
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale < float("inf"):
        raise ConfigError(f"AURA_TIME_SCALE is {text!r}; it takes a positive number")
    return seconds * scale


def fragile() -> Settings:
    return Settings(
        hardened=False,
        quorum=False,
        http2=http2_wanted(),
        llm_connect=scaled(30),
        llm_read=scaled(30),
        llm_write=scaled(30),
        llm_pool=scaled(30),
        llm_deadline=None,
        llm_retries=3,
        llm_backoff=0,
        breaker_failures=2,
        breaker_reset=scaled(30),
        task_soft_limit=None,
        task_hard_limit=None,
        db_patience=scaled(10),
        db_retries=3,
        db_backoff=0,
        db_resolve=0,
    )


def hardened(quorum: bool = False) -> Settings:
    return Settings(
        hardened=True,
        quorum=quorum,
        http2=http2_wanted(),
        llm_connect=scaled(5),
        llm_read=scaled(10),
        llm_write=scaled(5),
        llm_pool=scaled(5),
        llm_deadline=scaled(8),
        llm_retries=2,
        llm_backoff=scaled(0.5),
        breaker_failures=2,
        breaker_reset=scaled(30),
        task_soft_limit=scaled(10),
        task_hard_limit=scaled(15),
        db_patience=scaled(10),
        db_retries=3,
        db_backoff=scaled(0.5),
        db_resolve=scaled(120),
    )


def with_quorum_queue() -> Settings:
    return hardened(quorum=True)


def http2_wanted() -> bool:
    return os.environ.get("AURA_HTTP2", "0") == "1"


def load() -> Settings:
    """The settings of the variant that AURA_VARIANT names."""
    variants = {"fragile": fragile, "hardened": hardened, "quorum": with_quorum_queue}
    return variants[chosen("AURA_VARIANT", *variants)]()


def on_error() -> str:
    """What the fragile consumer does with a message that it fails on."""
    os.environ.setdefault("AURA_ON_ERROR", "crash")
    return chosen("AURA_ON_ERROR", "crash", "requeue", "drop")


def chosen(variable: str, *choices: str) -> str:
    """The value of a variable that takes one of these."""
    value = os.environ.get(variable)
    if value not in choices:
        raise ConfigError(f"{variable} is {value!r}; it takes one of: {', '.join(choices)}")
    return value


def address(variable: str) -> str:
    """The address of a service, e.g. of CUTPOINT_PG_DSN."""
    if variable not in os.environ:
        raise ConfigError(f'{variable} is not set; eval "$(scripts/lab env)" sets it')
    return os.environ[variable]
