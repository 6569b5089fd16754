# SPDX-License-Identifier: Apache-2.0
"""The load of one process with many questions in flight at once."""

import argparse
import asyncio
import time

from . import history
from .config import Settings
from .counts import Counts
from .llm import UNANSWERED, BreakerOpen, LanguageModel, LLMError

THINKING = 1.0  # seconds between an answer and the same user's next question


async def ask(model: LanguageModel, number: int, counts: Counts) -> None:
    history.tell("invoke", "ask", number)
    try:
        await model.ask_async(f"Question {number}: count to five.")
    except (BreakerOpen, LLMError) as error:
        history.tell("fail", "ask", number, error=type(error).__name__)
        counts.add("ask", error)
    except UNANSWERED as error:
        history.tell("info", "ask", number, error=type(error).__name__)
        counts.add("ask", error)
    else:
        history.tell("ok", "ask", number)
        counts.add("ask")


async def use(model: LanguageModel, user: int, end: float, users: int, counts: Counts) -> None:
    """The questions of one user: numbers user, user + users, …"""
    number = user
    while time.monotonic() < end:
        await ask(model, number, counts)
        number += users
        await asyncio.sleep(min(THINKING, max(0.0, end - time.monotonic())))


async def use_all(settings: Settings, options: argparse.Namespace, counts: Counts) -> None:
    model = LanguageModel(settings)
    model.breaker.reset()
    end = time.monotonic() + options.seconds
    users = [use(model, user, end, options.burst, counts) for user in range(options.burst)]
    await asyncio.gather(*users)
    await model.close_async()


def run(settings: Settings, options: argparse.Namespace) -> Counts:
    counts = Counts("ask")
    asyncio.run(use_all(settings, options, counts))
    return counts
