"""The service from Python: typed answers, exact numbers, DataFrames.

`Silkrate(url).latest()` asks and returns; `AsyncSilkrate` has the same methods to be awaited. docs/client.md
shows them at work. What may go wrong is in `app.client.errors`, the shapes of the answers in
`app.web.models`. pandas is loaded by the first DataFrame, no web framework ever.
"""

from app.client.clients import AsyncSilkrate, Silkrate
from app.client.errors import BadAnswer, NoAnswer, ProblemError, Reset, ServiceError
from app.client.ticks import AsyncTicks, Ticks

__all__ = [
    "AsyncSilkrate",
    "AsyncTicks",
    "BadAnswer",
    "NoAnswer",
    "ProblemError",
    "Reset",
    "ServiceError",
    "Silkrate",
    "Ticks",
]
