# SPDX-License-Identifier: Apache-2.0
"""What the platform believes: one line of JSON per event, in the file that $CUTPOINT_HISTORY names.

Types are Jepsen's: invoke, ok, fail (it was not done), info (not known), and resolved (found out
afterwards). Without that variable nothing is written.
"""

import json
import os
import time
from typing import Any, Union


def tell(kind: str, operation: str, ident: Union[int, str], **more: Any) -> None:
    path = os.environ.get("CUTPOINT_HISTORY")
    if not path:
        return
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    record = {"op": operation, "id": ident, "type": kind, "ns": now, **more}
    # One write, for the file is shared by every process of the platform.
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, (json.dumps(record) + "\n").encode())
    finally:
        os.close(file)
