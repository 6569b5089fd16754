# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL by SQLAlchemy, with psycopg2 or asyncpg, and what is done where a COMMIT fails.

Fragile: whatever failed is done again, at once, up to three times; then the error is swallowed. A
COMMIT whose answer was lost may have been carried out: the second try does its work twice.

Hardened: a refusal by the server is told from an answer that never came. Only the latter leaves a
doubt, and the server is asked for the transaction's fate (pg_xact_status) before anything is done
again. Connections are tried before they are used (pool_pre_ping).
"""

import asyncio
import functools
import logging
import random
import select
import time
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar

import psycopg2
import psycopg2.extensions
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from . import history
from .config import Settings, address

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# What a driver raises where the server, or the way to it, fails. asyncpg's timeouts pass SQLAlchemy
# as they are.
FAILURES = (DBAPIError, OSError, asyncio.TimeoutError)


class InDoubt(Exception):
    """It could not be found out whether a transaction was committed."""


class Database:
    """The connections of one process; must not be shared across a fork."""

    def __init__(self, settings: Settings, driver: str = "psycopg2") -> None:
        self.settings = settings
        url = address("CUTPOINT_PG_DSN").replace("postgresql://", f"postgresql+{driver}://", 1)
        options: Dict[str, Any] = {"pool_size": 1, "pool_pre_ping": settings.hardened}
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        if driver == "asyncpg":
            url = url.replace("sslmode=", "ssl=")  # its own word for what libpq calls so
            self._loop = asyncio.new_event_loop()
            times = {"timeout": settings.db_patience, "command_timeout": settings.db_patience}
            self._engine = create_async_engine(url, connect_args=times, **options)
        else:
            psycopg2.extensions.set_wait_callback(wait_with(settings.db_patience))
            self._engine = create_engine(url, **options)

    def call(self, work: Callable[[Session], Result]) -> Result:
        """work(session), on a connection of its own; what it has not committed is rolled back."""
        if self._loop is None:
            with Session(self._engine) as session:
                return work(session)
        return self._loop.run_until_complete(self._call_async(work))

    async def _call_async(self, work: Callable[[Session], Result]) -> Result:
        async with AsyncSession(self._engine) as session:
            return await session.run_sync(work)


def wait_with(patience: float) -> Callable[[Any], None]:
    """What psycopg2 calls instead of waiting for ever; it closes the connection that it gave up."""

    def wait(connection: Any) -> None:
        while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
            reading = [connection] if state == psycopg2.extensions.POLL_READ else []
            writing = [connection] if state == psycopg2.extensions.POLL_WRITE else []
            if not any(select.select(reading, writing, [], patience)):
                raise psycopg2.OperationalError("no answer in time")

    return wait


def transactional(operation: str) -> Callable[[Callable], Callable]:
    """Makes work(session, ident) a transaction: work(database, ident) runs and commits it, again
    where the variant says so. True: as far as we know it is committed."""

    def decorate(work: Callable[[Session, int], None]) -> Callable[[Database, int], bool]:
        @functools.wraps(work)
        def run(database: Database, ident: int) -> bool:
            for number in range(1, database.settings.db_retries + 2):
                attempt = Attempt(operation, ident, number)
                try:
                    database.call(functools.partial(attempt.run, work))
                    return True
                except FAILURES as failure:
                    attempt.failed(failure)
                    if database.settings.hardened and attempt.settle(database, failure):
                        return True
                time.sleep(random.uniform(0, database.settings.db_backoff * 2**number))
            log.error("%s %s: gave up", operation, ident)
            return False

        return run

    return decorate


class Attempt:
    """One try at a transaction, and what is known of it."""

    def __init__(self, operation: str, ident: int, number: int) -> None:
        self._operation = operation
        self._ident = ident
        self._number = number
        self._pid = 0
        self._xid = ""
        self._asked = False  # to commit

    def run(self, work: Callable[[Session, int], None], session: Session) -> None:
        self._pid, self._xid = identity_of(session)
        work(session, self._ident)
        session.flush()
        self._tell("invoke")
        self._asked = True
        session.commit()
        self._tell("ok")

    def failed(self, failure: BaseException) -> None:
        log.warning("%s %s: %r", self._operation, self._ident, failure)
        if self._asked:
            self._tell("fail" if refused(failure) else "info", error=type(failure).__name__)

    def settle(self, database: Database, failure: BaseException) -> bool:
        """True: it is committed after all. False: it is not, and may be done again."""
        if not self._asked or refused(failure):
            return False
        committed = fate_of(self._xid, database)
        self._tell("resolved", committed=committed)
        return committed

    def _tell(self, kind: str, **more: Any) -> None:
        history.tell(
            kind,
            self._operation,
            self._ident,
            attempt=self._number,
            pid=self._pid,
            xid=self._xid,
            **more,
        )


def identity_of(session: Session) -> Tuple[int, str]:
    """The backend's pid and the transaction's id, which is assigned by that."""
    query = text("SELECT pg_backend_pid(), pg_current_xact_id()::text")
    pid, xid = session.execute(query).one()
    return pid, xid


def refused(failure: BaseException) -> bool:
    """True if the server itself said that it did not commit: an error with an SQLSTATE. Class 08 is
    asyncpg's own word for a lost connection, 57 that of a server that is shut down, perhaps after
    it had committed."""
    state = getattr(getattr(failure, "orig", None), "pgcode", None)
    return state is not None and state[:2] not in ("08", "57")


def fate_of(xid: str, database: Database) -> bool:
    """True: committed; False: aborted. `in progress` lasts until the old backend has read the
    COMMIT or noticed that its client has gone, so it is asked again."""
    end = time.monotonic() + database.settings.db_resolve
    pause = database.settings.db_backoff
    while time.monotonic() < end:
        try:
            status = database.call(functools.partial(status_of, xid))
        except FAILURES as failure:
            log.warning("fate of transaction %s: %r", xid, failure)
            status = "in progress"
        if status in ("committed", "aborted"):
            return status == "committed"
        time.sleep(random.uniform(pause / 2, pause))
    raise InDoubt(f"transaction {xid}")


def status_of(xid: str, session: Session) -> Optional[str]:
    query = text("SELECT pg_xact_status(CAST(CAST(:xid AS text) AS xid8))")
    return session.execute(query, {"xid": xid}).scalar()
