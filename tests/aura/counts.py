# SPDX-License-Identifier: Apache-2.0
"""What became of the load's logical requests."""

import json
from collections import Counter
from typing import Dict, Optional

from .llm import BreakerOpen


class Counts:
    """Per operation: how many were ok, failed, were refused by the breaker, or had no end."""

    def __init__(self, *operations: str) -> None:
        self._of: Dict[str, Counter] = {operation: Counter() for operation in operations}

    def add(self, operation: str, failure: Optional[BaseException] = None) -> None:
        outcome = "ok"
        if failure is not None:
            outcome = "refused" if isinstance(failure, BreakerOpen) else "failed"
        self._of[operation][outcome] += 1

    def add_unfinished(self, operation: str) -> None:
        self._of[operation]["unfinished"] += 1

    def __str__(self) -> str:
        kinds = ("ok", "failed", "refused", "unfinished")
        of_each = {name: {kind: of[kind] for kind in kinds} for name, of in self._of.items()}
        return json.dumps(of_each)
