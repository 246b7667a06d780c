"""What a report says, in the terms of whoever looks after readers."""

from dataclasses import dataclass
from typing import Literal

#: What should be done about a bounce: never mail the address again; count it, and act when there are several; tell the
#: author, since it is about us; or nothing at all.
Action = Literal["suppress", "count", "alert", "none"]


@dataclass(frozen=True, slots=True)
class Report:
    """One report about one message of ours.

    `address` is the reader's, where the mail tells it; `status` an enhanced code (RFC 3463), where there is one.
    """

    kind: Literal["bounce", "complaint", "auto-reply"]
    address: str | None
    status: str | None
    action: Action
    reason: str
