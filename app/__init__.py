"""Silkrate: the currency ticker of Central Asia as a service.

The rooms stand in the order in which data flows: sources parse what upstreams print, the domain judges it,
ingest records it in the store, answers read it, render turns an answer into bytes, and web and cli hand the
bytes out.
"""

__version__ = "0.1.0"
