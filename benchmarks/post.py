"""Hands events to another server at a steady rate, one POST each, in order, over one kept connection.

    python -m benchmarks.post RATE SECONDS BURST PORT PATH FORM FRAME_FILE

FRAME_FILE holds a frame of the product. Each event is its data with its own number and time, as FORM wants it: "plain"
(the data as body, id and name in headers) or "grip" (the frame in the JSON that Pushpin takes). What cannot be made
in time is not made; the JSON object at the end says how many there were, and at what rate.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

NAME = "consent-updated"


def numbered(data: str, number: int) -> str:
    """The sample's data with a number, and the time now."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    timed = re.sub(r'("timestamp":")[^"]+', rf"\g<1>{now}", data, count=1)
    return f'{{"n":{number},{timed[1:]}'


def plain(data: str, number: int) -> tuple[bytes, dict[str, str]]:
    # nchan takes the event's name from this header, the servers of ours both.
    return data.encode(), {"Content-Type": "text/plain", "X-EventSource-Event": NAME, "X-Event-Id": str(number)}


def grip(data: str, number: int) -> tuple[bytes, dict[str, str]]:
    frame = f"id: {number}\nevent: {NAME}\ndata: {data}\n\n"
    item = {"channel": "feed", "formats": {"http-stream": {"content": frame}}}
    return json.dumps({"items": [item]}).encode(), {"Content-Type": "application/json"}


FORMS = {"plain": plain, "grip": grip}


def main() -> None:
    rate, seconds, burst = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    port, path, form, frame = int(sys.argv[4]), sys.argv[5], FORMS[sys.argv[6]], Path(sys.argv[7])
    data = next(line[5:].strip() for line in frame.read_text("utf-8").splitlines() if line.startswith("data:"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    begin, count, last = time.monotonic(), 0, 0.0
    while (due := count // burst * burst / rate) < seconds and last < seconds:
        time.sleep(max(0.0, begin + due - time.monotonic()))
        count += 1
        connection.request("POST", path, *form(numbered(data, count), count))
        answer = connection.getresponse()
        if answer.status >= 300:
            sys.exit(f"{path} answered {answer.status}: {answer.read(500)!r}")
        answer.read()
        last = time.monotonic() - begin
    print(json.dumps({"events": count, "rate": count / max(last, count / rate)}))


if __name__ == "__main__":
    main()
