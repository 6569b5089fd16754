# SPDX-License-Identifier: Apache-2.0
"""Circuit breakers: after some failures in a row nothing is sent any more, until a reset time has
passed and one probe has come back.

`LocalBreaker` (fragile) is the package `circuitbreaker`: its state is in this process, so four
workers have four. `SharedBreaker` (hardened) keeps its state in Redis: what one worker has found
out all of them know.
"""

import logging
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Tuple, Type

import redis
from circuitbreaker import CircuitBreaker, CircuitBreakerError

from .config import Settings, address

log = logging.getLogger(__name__)


class BreakerOpen(Exception):
    """Nothing was sent."""


class LocalBreaker:
    """Counts only failures of type `counted`; anything else is taken for a success."""

    def __init__(self, settings: Settings, counted: Type[Exception]) -> None:
        self._circuit = CircuitBreaker(
            failure_threshold=settings.breaker_failures,
            recovery_timeout=settings.breaker_reset,
            expected_exception=counted,
            name="llm",
        )

    @contextmanager
    def guard(self) -> Iterator[None]:
        if self._circuit.opened:
            raise BreakerOpen(str(CircuitBreakerError(self._circuit)))
        with self._circuit:
            yield

    def reset(self) -> None:
        """A new process starts with it closed."""


class SharedBreaker:
    """Keys in Redis: `failures` in a row; `open` while nothing may be sent, with the reset time as
    its life; `probe` while one request of a half-open breaker is under way. Where Redis does not
    answer, requests pass: the breaker must not be what takes the platform down."""

    def __init__(self, settings: Settings, counted: Tuple[Type[BaseException], ...]) -> None:
        self._threshold = settings.breaker_failures
        self._reset_ms = int(settings.breaker_reset * 1000)
        self._probe_ms = int((settings.llm_deadline or settings.breaker_reset) * 2000)
        self._counted = counted
        self._redis = redis.Redis.from_url(
            address("CUTPOINT_REDIS_URL"), socket_timeout=1, socket_connect_timeout=1
        )

    @contextmanager
    def guard(self) -> Iterator[None]:
        if not self._ask_redis(self._may_send, otherwise=True):
            raise BreakerOpen("the language model did not answer lately")
        try:
            yield
        except self._counted:
            self._ask_redis(self._failed)
            raise
        else:
            self._ask_redis(self.reset)

    def reset(self) -> None:
        self._redis.delete(*map(self._key, ("failures", "open", "probe")))

    def _may_send(self) -> bool:
        if self._redis.exists(self._key("open")):
            return False
        if int(self._redis.get(self._key("failures")) or 0) < self._threshold:
            return True
        return bool(self._redis.set(self._key("probe"), 1, nx=True, px=self._probe_ms))

    def _failed(self) -> None:
        failures = self._redis.incr(self._key("failures"))
        if failures < self._threshold:
            return
        if self._redis.set(self._key("open"), 1, px=self._reset_ms, nx=True):
            log.warning("breaker opened after %d failures", failures)
        self._redis.delete(self._key("probe"))

    @staticmethod
    def _key(name: str) -> str:
        return f"aura:breaker:llm:{name}"

    @staticmethod
    def _ask_redis(question: Callable[[], Any], otherwise: Any = None) -> Any:
        try:
            return question()
        except redis.RedisError as error:
            log.warning("breaker without its state: %s", error)
            return otherwise
