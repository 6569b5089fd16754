# SPDX-License-Identifier: Apache-2.0
"""Questions to a language model, in Gemini's format (generateContent), by httpx.

Fragile: a read timeout of 30 s, three retries at once, and a breaker that counts `LLMError` alone:
a host that never answers raises httpx's own timeout, and never opens it.

Hardened: a time for each operation and one for the whole; timeouts, connect errors and answers 5xx
all count for the breaker; few retries, at random times, within the deadline.
"""

import asyncio
import os
import random
import time
from typing import Any, Dict, Optional, Union

import httpx

from .breaker import BreakerOpen, LocalBreaker, SharedBreaker
from .config import MODEL, Settings, address

__all__ = ["BreakerOpen", "Deadline", "LanguageModel", "LLMError", "LLMUnavailable", "UNANSWERED"]


class LLMError(Exception):
    """An answer that is none."""


class LLMUnavailable(LLMError):
    """An answer 5xx: the same question may be answered a little later."""


class DeadlineExceeded(Exception):
    """The question took longer than it may, although each operation was in time."""


# It is not known if the host has done the work.
UNANSWERED = (httpx.TransportError, DeadlineExceeded, asyncio.TimeoutError)


class Deadline:
    """The time that is left for a question; without `seconds` there is no end to it."""

    def __init__(self, seconds: Optional[float]) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float:
        return float("inf") if self._end is None else self._end - time.monotonic()

    def check(self) -> None:
        if self.left() <= 0:
            raise DeadlineExceeded("the language model took too long")


class LanguageModel:
    """One per process. The clients keep connections open and must not be shared across a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = f"{address('CUTPOINT_LLM_URL')}/v1beta/models/{MODEL}:generateContent"
        self._client: Optional[httpx.Client] = None
        self._async_client: Optional[httpx.AsyncClient] = None
        self.breaker: Union[LocalBreaker, SharedBreaker]
        if settings.hardened:
            self.breaker = SharedBreaker(settings, (LLMUnavailable, *UNANSWERED))
        else:
            self.breaker = LocalBreaker(settings, LLMError)

    def ask(self, prompt: str) -> str:
        """The model's answer, from a thread."""
        if self._client is None:
            self._client = httpx.Client(**self._client_options())
        deadline = Deadline(self._settings.llm_deadline)
        for attempt in range(self._settings.llm_retries + 1):
            try:
                with self.breaker.guard():
                    return self._ask_once(prompt, deadline)
            except (LLMUnavailable, *UNANSWERED):
                pause = self._pause(attempt)
                if not self._may_retry(attempt, pause, deadline):
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")

    async def ask_async(self, prompt: str) -> str:
        """The same, from a coroutine."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._client_options())
        deadline = Deadline(self._settings.llm_deadline)
        for attempt in range(self._settings.llm_retries + 1):
            try:
                with self.breaker.guard():
                    return await asyncio.wait_for(
                        self._ask_once_async(prompt, deadline), self._limit(deadline)
                    )
            except (LLMUnavailable, *UNANSWERED):
                pause = self._pause(attempt)
                if not self._may_retry(attempt, pause, deadline):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def close_async(self) -> None:
        if self._async_client is not None:
            await self._async_client.aclose()

    # A host that sends a byte now and then keeps every operation in time: hence the look at the
    # clock after each piece. (asyncio can end any of them: there a limit to the whole will do.)
    def _ask_once(self, prompt: str, deadline: Deadline) -> str:
        with self._client.stream("POST", self._url, **self._request(prompt, deadline)) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                deadline.check()
        return text_of(response, bytes(body))

    async def _ask_once_async(self, prompt: str, deadline: Deadline) -> str:
        response = await self._async_client.post(self._url, **self._request(prompt, deadline))
        return text_of(response, response.content)

    def _client_options(self) -> Dict[str, Any]:
        return {
            "http2": self._settings.http2,
            "verify": os.environ.get("CUTPOINT_LLM_CA", True),
            "trust_env": False,
        }

    def _request(self, prompt: str, deadline: Deadline) -> Dict[str, Any]:
        settings, left = self._settings, deadline.left()
        extensions: Dict[str, Any] = {}
        name = os.environ.get("CUTPOINT_LLM_NAME")
        if name:  # by which the host is verified, whatever its address
            extensions["sni_hostname"] = name
        return {
            "json": {"contents": [{"role": "user", "parts": [{"text": prompt}]}]},
            "timeout": httpx.Timeout(
                connect=min(settings.llm_connect, left),
                read=min(settings.llm_read, left),
                write=min(settings.llm_write, left),
                pool=min(settings.llm_pool, left),
            ),
            "extensions": extensions,
        }

    def _limit(self, deadline: Deadline) -> Optional[float]:
        return None if self._settings.llm_deadline is None else deadline.left()

    def _pause(self, attempt: int) -> float:
        return random.uniform(0, self._settings.llm_backoff * 2**attempt)

    def _may_retry(self, attempt: int, pause: float, deadline: Deadline) -> bool:
        return attempt < self._settings.llm_retries and pause < deadline.left()


def text_of(response: httpx.Response, body: bytes) -> str:
    """The words of an answer."""
    if response.status_code >= 500:
        raise LLMUnavailable(f"the language model answered {response.status_code}")
    if response.status_code != 200:
        raise LLMError(f"the language model answered {response.status_code}")
    try:
        answer = httpx.Response(200, content=body).json()
        return "".join(part["text"] for part in answer["candidates"][0]["content"]["parts"])
    except (ValueError, LookupError, TypeError) as error:
        raise LLMError(f"no answer of a language model: {error!r}") from error
