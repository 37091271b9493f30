"""Every error that Silkrate raises on purpose, as one tree.

SilkrateError
├── QuestionError             the asker's: it can be asked better
│   ├── UnknownPair           not one of the pairs served
│   ├── UnknownSource         not one of the sources in the catalog
│   ├── UnknownTick           a seq that the log does not hold
│   ├── BadParameter          unknown, malformed or contradictory parameter
│   ├── BadCursor             a cursor that was never handed out
│   │   └── CursorAhead       one of a tick that is not in what was read
│   └── ForeignCursor         a cursor of another log, or of a part that is gone
├── NothingThere              a fair question without an answer
│   ├── NoRateYet             nothing recorded so far
│   ├── OnlyUpcoming          only a rate of a later day is recorded so far
│   ├── NoRateAtDate          nothing in force on that day
│   ├── NotPublished          never said by the source asked for
│   └── TooOld                older than the asker accepts
├── SourceError               an upstream failed, named by its key
│   ├── Unreachable           no answer: connection, TLS, deadline
│   ├── BadStatus             an answer other than 200, redirects included
│   ├── BadBody               an answer that is not what this source prints
│   └── NoRates               a sound answer: there is none for the day asked for
├── ImportRefused             a file or page that is not taken in, whole
├── StoreError                the store cannot do it
│   ├── StoreUnavailable      not there, not writable, locked or full
│   │   └── StoreContended    another writer came first: the same again may succeed
│   ├── LeaseLost             another poller writes in our place
│   ├── StoreMismatch         there, but not ours to open: other schema, other log
│   └── StoreDamaged          its content contradicts itself
├── TooSlow                   a question took longer than anybody should wait
└── SettingsError             a setting that stops the start

`type` is the stable slug of a class: the last part of a problem's `type` URI (RFC 9457), and what logs and
health call the error. No error knows an HTTP status; the web layer has that table.
"""

from __future__ import annotations

from typing import ClassVar


class SilkrateError(Exception):
    """The root. `str(error)` is one sentence or two for the person who can act on it."""

    type: ClassVar[str] = "error"


class QuestionError(SilkrateError):
    """A question that cannot be answered as asked.

    `parameter` names the part at fault; `expected` says what would be right.
    """

    type: ClassVar[str] = "bad-question"

    def __init__(self, detail: str, *, parameter: str | None = None, expected: str | None = None) -> None:
        """Keep the pieces apart, so that a problem document can carry each in a field of its own."""
        super().__init__(detail)
        self.parameter = parameter
        self.expected = expected


class UnknownPair(QuestionError):
    """A pair outside the ones served, or a base equal to its quote."""

    type = "unknown-pair"


class UnknownSource(QuestionError):
    """A source key that is not in the catalog."""

    type = "unknown-source"


class UnknownTick(QuestionError):
    """A `seq` that the tick log does not hold."""

    type = "unknown-tick"


class BadParameter(QuestionError):
    """A parameter that is unknown, malformed, repeated or at odds with another."""

    type = "bad-parameter"


class BadCursor(QuestionError):
    """A cursor that this service never handed out."""

    type = "bad-cursor"


class CursorAhead(BadCursor):
    """A cursor of a tick that is not in the record as it was read; it may be in a newer version."""

    type = "cursor-ahead"


class ForeignCursor(QuestionError):
    """A well-formed cursor of another log, or the id of one: the store was restored or replaced."""

    type = "foreign-cursor"


class NothingThere(SilkrateError):
    """A fair question to which the store holds no answer. `pair` is the text of the pair asked for."""

    type: ClassVar[str] = "nothing-there"

    def __init__(self, detail: str, *, pair: str) -> None:
        """Name the pair, so that a list answer can put it under `missing`."""
        super().__init__(detail)
        self.pair = pair


class NoRateYet(NothingThere):
    """No usable rate of the pair was recorded so far."""

    type = "no-rate-yet"


class OnlyUpcoming(NothingThere):
    """The pair's only rate so far comes into force later."""

    type = "only-upcoming"


class NoRateAtDate(NothingThere):
    """No rate of the pair was in force on the day asked for."""

    type = "no-rate-at-date"


class NotPublished(NothingThere):
    """The source asked for never says anything of the pair; `expected` names those that do."""

    type = "not-published"
    parameter = "source"

    def __init__(self, detail: str, *, pair: str, expected: str) -> None:
        super().__init__(detail, pair=pair)
        self.expected = expected


class TooOld(NothingThere):
    """The rate in force is older than `max_age_days` allows."""

    type = "too-old"


class SourceError(SilkrateError):
    """An upstream failed. `source` is its key; the message names what was missing or wrong."""

    type: ClassVar[str] = "source-error"

    def __init__(self, source: str, detail: str) -> None:
        """Put the source's key in front of the message: logs and health show it alone."""
        super().__init__(f"{source}: {detail}")
        self.source = source


class Unreachable(SourceError):
    """No complete answer came: name, connection, TLS, a deadline, or a body cut short."""

    type = "unreachable"


class BadStatus(SourceError):
    """An answer with a status other than 200 (or 304 where one was asked for).

    A redirect is one: a moved page is not a rate.
    """

    type = "bad-status"


class BadBody(SourceError):
    """An answer that is not what the source prints: changed, empty, truncated, or another page with a 200."""

    type = "bad-body"


class NoRates(SourceError):
    """A sound answer that says that the source has no rate for the day asked for: not yet, or never."""

    type = "no-rates"


class ImportRefused(SilkrateError):
    """A file or page that is refused whole; nothing of it was recorded."""

    type = "import-refused"


class StoreError(SilkrateError):
    """The store cannot do what was asked of it."""

    type: ClassVar[str] = "store-error"


class StoreUnavailable(StoreError):
    """The store cannot be opened, written or waited for any longer."""

    type = "store-unavailable"


class StoreContended(StoreUnavailable):
    """Another transaction came first, and this one left nothing behind: the same again may succeed."""

    type = "store-contended"


class LeaseLost(StoreError):
    """Another poller has taken over since this one last wrote: it must not write any more."""

    type = "lease-lost"


class StoreMismatch(StoreError):
    """The store exists, but must not be used: a newer schema, or simulated rates beside real ones."""

    type = "store-mismatch"


class StoreDamaged(StoreError):
    """What the store holds contradicts itself, or cannot be read."""

    type = "store-damaged"


class TooSlow(SilkrateError):
    """A question took longer than anybody should wait. Worth asking again after `retry_after` seconds."""

    type = "too-slow"
    retry_after = 30


class SettingsError(SilkrateError):
    """A setting that stops the start; the message names it, its value and what would be right."""

    type = "bad-setting"
