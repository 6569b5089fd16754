# SPDX-License-Identifier: Apache-2.0
"""Asks a language model's host by httpx until it has been silent and has answered again.

usage: llm_client.py sync|async HTTP-VERSION TLS-VERSION   (1 or 2; 1.2 or 1.3)

Exit code 0: one question was not answered within 0.5 s, and three in a row were after that.
"""

import asyncio
import os
import ssl
import sys
import time

import httpx

URL = os.environ["CUTPOINT_LLM_URL"] + "/v1beta/models/m:generateContent"
QUESTION = {"contents": [{"role": "user", "parts": [{"text": "Count to five."}]}]}
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def options(http: str, tls: str):
    context = ssl.create_default_context(cafile=os.environ["CUTPOINT_LLM_CA"])
    context.minimum_version = context.maximum_version = VERSIONS[tls]
    return {
        "http1": http == "1",
        "http2": http == "2",
        "verify": context,
        "timeout": 0.5,
        "trust_env": False,
    }


class Story:
    """What has become of the questions so far."""

    def __init__(self):
        self.silent, self.answers, self.questions = False, 0, 0

    def goes_on(self):
        if self.questions == 100:
            sys.exit("no silence and recovery in 100 questions")
        self.questions += 1
        return not self.silent or self.answers < 3

    def answered(self, response):
        response.raise_for_status()
        self.answers += 1

    def unanswered(self):
        self.silent, self.answers = True, 0


def sync(**settings):
    story = Story()
    with httpx.Client(**settings) as client:
        while story.goes_on():
            try:
                story.answered(client.post(URL, json=QUESTION))
            except httpx.TimeoutException:
                story.unanswered()
            time.sleep(0.02)


async def asynchronous(**settings):
    story = Story()
    async with httpx.AsyncClient(**settings) as client:
        while story.goes_on():
            try:
                story.answered(await client.post(URL, json=QUESTION))
            except httpx.TimeoutException:
                story.unanswered()
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    way, *versions = sys.argv[1:]
    if way == "sync":
        sync(**options(*versions))
    else:
        asyncio.run(asynchronous(**options(*versions)))
