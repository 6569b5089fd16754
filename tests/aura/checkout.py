# SPDX-License-Identifier: Apache-2.0
"""Places orders, each one transaction that inserts into `products` and `variants`.

Neither table has a key on order_id: an order that was placed twice is there twice. The hardened
variant keeps the orders' idempotency keys in a table of its own, in the same transaction.

usage: python3 -m aura.checkout [--orders N] [--driver psycopg2|asyncpg]
       python3 -m aura.checkout --create-tables   (empty ones, in place of what is there)
"""

import argparse
import json
import logging

from sqlalchemy import text
from sqlalchemy.orm import Session

from . import config
from .db import Database, InDoubt, transactional

TABLES = """
DROP TABLE IF EXISTS products, variants, idempotency_keys;
CREATE TABLE products (order_id bigint NOT NULL);
CREATE TABLE variants (order_id bigint NOT NULL);
CREATE TABLE idempotency_keys (key text PRIMARY KEY);
"""


def create_tables(session: Session) -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        session.execute(text(statement))
    session.commit()


def insert_order(session: Session, order: int) -> None:
    for table in ("products", "variants"):
        session.execute(text(f"INSERT INTO {table} (order_id) VALUES (:order)"), {"order": order})


@transactional("order")
def place_blindly(session: Session, order: int) -> None:
    insert_order(session, order)


@transactional("order")
def place_once(session: Session, order: int) -> None:
    key = session.execute(
        text("INSERT INTO idempotency_keys VALUES (:key) ON CONFLICT DO NOTHING"),
        {"key": f"order-{order}"},
    )
    if key.rowcount == 1:
        insert_order(session, order)


def place(database: Database, order: int) -> bool:
    """True: as far as we know it is placed."""
    return (place_once if database.settings.hardened else place_blindly)(database, order)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="aura.checkout")
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--driver", choices=("psycopg2", "asyncpg"), default="psycopg2")
    parser.add_argument("--create-tables", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = parse()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    database = Database(config.load(), options.driver)
    if options.create_tables:
        database.call(create_tables)
        return
    counts = {"placed": 0, "failed": 0, "in_doubt": 0}
    for order in range(1, options.orders + 1):
        try:
            counts["placed" if place(database, order) else "failed"] += 1
        except InDoubt:
            counts["in_doubt"] += 1
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
