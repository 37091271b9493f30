"""The simulator's remote control: JSON under `/_control`, for programs that are not its own process.

    GET  /_control           {"simulated": true, "now", "faults": [...], "upstreams": [...]}
    GET  /_control/log       {"requests": [...]}, oldest first
    POST /_control/publish   {"upstream": "nbkr", "date": "2026-03-03", "values": {"USD": "87,4500"}, "at"}
    POST /_control/fault     {"fault": "reset", "times": 2, "host": "www.nbkr.kg", "path": "/XML/daily.xml"}
    POST /_control/clear     {} ends every fault
    POST /_control/now       {"now": instant} stops the clock there; null lets it run again

Instants are ISO 8601 with their offset. A request that cannot be followed answers 400 with {"error": reason}.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tests.simulator.faults import Fault, possible
from tests.simulator.upstream import Answer

if TYPE_CHECKING:
    from tests.simulator.server import Simulator


def control(simulator: "Simulator", method: str, path: str, body: bytes) -> Answer:
    """Follow one request to `path` and answer in JSON."""
    verb = VERBS.get((method, path))
    if verb is None:
        return _json(
            404, {"error": f"no {method} {path}; there are {', '.join(' '.join(each) for each in VERBS)}"}
        )
    try:
        return _json(200, verb(simulator, json.loads(body or b"{}")))
    except (KeyError, TypeError, ValueError) as error:
        return _json(400, {"error": f"{type(error).__name__}: {error}"})


def _json(status: int, content: object) -> Answer:
    return Answer(
        status, {"Content-Type": "application/json"}, json.dumps(content, default=_iso).encode() + b"\n"
    )


def _iso(instant: date) -> str:
    return instant.isoformat()


def _state(simulator: "Simulator", arguments: dict[str, Any]) -> object:
    upstreams = [
        {"key": each.key, "host": each.host, "path": each.path, "faults": possible(each)}
        for each in simulator.upstreams
    ]
    faults = [asdict(each) for each in simulator.injections if each.left != 0]
    return {"simulated": True, "now": simulator.now(), "faults": faults, "upstreams": upstreams}


def _log(simulator: "Simulator", arguments: dict[str, Any]) -> object:
    return {"requests": [asdict(request) for request in simulator.log]}


def _publish(simulator: "Simulator", arguments: dict[str, Any]) -> object:
    named = {each.key: each for each in simulator.upstreams}
    key, on, at = arguments.pop("upstream"), arguments.pop("date"), arguments.pop("at", None)
    if key not in named:
        raise ValueError(f"no upstream {key!r}; there are {' '.join(named)}")
    instant = datetime.fromisoformat(at) if at else None
    return asdict(named[key].publish(date.fromisoformat(on), **arguments, at=instant))


def _fault(simulator: "Simulator", arguments: dict[str, Any]) -> object:
    name = arguments.pop("fault")
    if name not in list(Fault):
        raise ValueError(f"no fault {name!r}; there are {' '.join(Fault)}")
    return asdict(simulator.fault(Fault(name), **arguments))


def _clear(simulator: "Simulator", arguments: dict[str, Any]) -> object:
    simulator.clear()
    return {}


def _now(simulator: "Simulator", arguments: dict[str, Any]) -> object:
    simulator.set_clock(datetime.fromisoformat(arguments["now"]) if arguments["now"] else None)
    return {"now": simulator.now()}


VERBS: Mapping[tuple[str, str], Callable[["Simulator", dict[str, Any]], object]] = {
    ("GET", "/_control"): _state,
    ("GET", "/_control/log"): _log,
    ("POST", "/_control/publish"): _publish,
    ("POST", "/_control/fault"): _fault,
    ("POST", "/_control/clear"): _clear,
    ("POST", "/_control/now"): _now,
}
