"""`python -m tests.simulator`: the simulator by itself, until it is interrupted or terminated. Without --demo
it publishes nothing until it is told to, at /_control.
"""

import argparse
import json
import os
import signal
import sys
import threading
from datetime import timedelta

from tests.simulator import Simulator, SlowMover, years


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--demo", action="store_true", help="publish rates that move by themselves")
    parser.add_argument("--period", type=float, default=5, help="seconds between moves")
    parser.add_argument("--seed", type=int, default=1, help="of the moves")
    return parser.parse_args()


def main() -> str | None:
    """Print one line of JSON with the address once it answers, then serve. Returns why it could not."""
    options, ended = arguments(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator = Simulator(port=options.port)
    if options.demo:
        period = timedelta(seconds=options.period)
        tellers = [each for each in simulator.upstreams if each.told_by is None]
        movers = [
            SlowMover(each, seed=options.seed, period=period, ahead=years.ahead(each.key)) for each in tellers
        ]
        simulator.before_answer.extend(mover.advance for mover in movers)
    try:
        simulator.start()
    except OSError as error:
        return f"port {options.port} of 127.0.0.1: {error.strerror}"
    print(json.dumps({"url": simulator.url, "pid": os.getpid()}), flush=True)
    if not options.demo:
        print("Nothing is published so far: --demo publishes, and so does /_control.", file=sys.stderr)
    ended.wait()
    simulator.stop()
    return None


if __name__ == "__main__":
    sys.exit(main())
