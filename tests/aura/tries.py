# SPDX-License-Identifier: Apache-2.0
"""How often a message has been begun, counted in Redis: a classic queue tells of a message only that it
has come before, and whichever consumer gets it next must know. It counts at the begin, so that a
message at which its consumer dies is counted too; and only what has come before, so that a message in
good order costs nothing.
"""

import logging

import redis

from .config import address

TRIES = 3  # in all
REMEMBERED = 3600  # seconds since the last one
log = logging.getLogger(__name__)


class Tries:
    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(
            address("CUTPOINT_REDIS_URL"), socket_timeout=1, socket_connect_timeout=1
        )

    def begin(self, ident: str, redelivered: bool) -> int:
        """The number of this try, from 1. Where Redis does not answer, one that has come before has
        its last try: what nobody counts could come back for ever."""
        if not redelivered:
            return 1
        key = self._key(ident)
        try:
            with self._redis.pipeline() as both:
                before, _ = both.incr(key).expire(key, REMEMBERED).execute()
        except redis.RedisError as error:
            log.warning("%s: not counted: %s", ident, error)
            return TRIES
        return before + 1

    def forget_all(self) -> None:
        """The next run's messages have the same ids."""
        for key in self._redis.scan_iter(self._key("*")):
            self._redis.delete(key)

    @staticmethod
    def _key(ident: str) -> str:
        return f"aura:tries:{ident}"
