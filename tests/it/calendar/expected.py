"""Computes with dateutil and zoneinfo when generated windows are open: a JSON document a line in, a list a line out.

Written apart from the code that it is compared with: spans are not merged and cut, moments are swept in order.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

UTC = timezone.utc


def read(text):
    return datetime.strptime(text, "%Y%m%dT%H%M%S")


def moment(local, zone):
    """The first of two moments; of none, the one by the offset before the gap. That is what `fold=0` means."""
    return int(local.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp())


def occurrences(rule, start, zone, first, last):
    """Local times of a rule between two local times. `UNTIL` is compared as it is meant: in UTC, or locally."""
    parts = rule.split(";")
    until = [part[6:] for part in parts if part.startswith("UNTIL=")]
    bare = ";".join(part for part in parts if not part.startswith("UNTIL="))
    for local in rrulestr(bare, dtstart=start):
        if local > last:
            return
        if until and until[0].endswith("Z"):
            limit = int(read(until[0][:-1]).replace(tzinfo=UTC).timestamp())
            if moment(local, zone) > limit:
                continue
        elif until and local > read(until[0]):
            continue
        if local >= first:
            yield local


def frozen(event, window_zone, first, last):
    zone = ZoneInfo(event["zone"]) if event["zone"] else window_zone
    start = read(event["start"])
    locals_ = {start}
    if event["rule"]:
        locals_.update(occurrences(event["rule"], start, zone, datetime(1990, 1, 1), last))
    locals_ -= {read(text) for text in event["out"]}
    for local in locals_:
        end = moment(local + timedelta(days=event["days"]), zone) if event["days"] else moment(local, zone)
        yield moment(local, zone), end + event["minutes"] * 60


def spans(case):
    zone = ZoneInfo(case["zone"])
    begin = read(case["from"])
    end = begin + timedelta(days=case["days"])
    first, last = begin - timedelta(days=45), end + timedelta(days=4)
    if case["start"]:
        start = read(case["start"])
    else:
        start = datetime(begin.year - 2, 1, 1)
    low = int(begin.replace(tzinfo=UTC).timestamp())
    high = int(end.replace(tzinfo=UTC).timestamp())
    changes = [(low, 0, 0), (high, 0, 0)]
    for local in occurrences(case["rule"], start, zone, first, last):
        at = moment(local, zone)
        changes += [(at, 1, 0), (at + case["minutes"] * 60, -1, 0)]
    for event in case["freezes"]:
        for at, over in frozen(event, zone, first, last):
            changes += [(at, 0, 1), (over, 0, -1)]
    changes.sort()
    found, open_, shut, place = [], 0, 0, 0
    moments = sorted({at for at, _, _ in changes})
    for here, there in zip(moments, moments[1:]):
        while place < len(changes) and changes[place][0] <= here:
            open_ += changes[place][1]
            shut += changes[place][2]
            place += 1
        if low <= here < high and open_ > 0 and shut == 0:
            if found and found[-1][1] == here:
                found[-1][1] = there
            else:
                found.append([here, there])
    return found


for line in sys.stdin:
    print(json.dumps(spans(json.loads(line))))
