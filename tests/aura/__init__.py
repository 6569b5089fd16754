# SPDX-License-Identifier: Apache-2.0
"""A small platform with the parts of a real one, for faults to be tried on.

    config    what AURA_VARIANT chooses, in one table
    db        PostgreSQL by SQLAlchemy, and what is done where a COMMIT fails
    checkout  orders, each one transaction over two tables (a program)
    llm       questions to a language model, by httpx
    breaker   the circuit breakers that guard those
    tasks     Celery's tasks: `ask` and `touch`
    load      keeps the platform busy for a while (a program)
    consumer  places the orders that come as events, by pika (a program)
    poison    handles messages of which some cannot be read, by pika or Celery (a program); of its consumers
              each is a poison_consumer, or a worker with poison_tasks
    work      what these do with a message, and the queues
    tries     how often a message was begun
    supervisor  keeps processes running
    history   tells cutpoint what the platform believes

Every part comes in two variants. `fragile` is what one finds in the field: it works until something
does not answer. `hardened` does the same work and survives. AURA_VARIANT alone chooses. (`poison`
has a third, `quorum`.)

The programs run on Debian's Python and packages, from the directory above this one:

    eval "$(sudo scripts/lab env)"
    cd tests && AURA_VARIANT=hardened /usr/bin/python3 -m aura.load --shape celery
"""
