"""The upstreams of the service as real HTTP on loopback: an oracle that shares no line with it.

Bodies come from literals by templates, and nothing here imports the service, so that a misreading there
cannot hide here. `Simulator` is scripted from the same process, over `/_control` from another, or run by
itself: `python -m tests.simulator --port 0 --demo`.
"""

from tests.simulator.demo import SlowMover
from tests.simulator.faults import Fault, possible
from tests.simulator.server import Simulator
from tests.simulator.upstream import Publication, Request, Row, Upstream

__all__ = ["Fault", "Publication", "Request", "Row", "Simulator", "SlowMover", "Upstream", "possible"]
