"""Whether a head says of its chunk what is in it."""

from .coding import signed
from .head import address_keys, name_keys

UNIX = 1


def index_findings(chunk):
    """What indexes of a chunk say wrongly, compared with all of its rows."""
    head, findings = chunk.head, []
    owners = _owners(chunk)
    cell, text = chunk.cell, chunk.text
    pids = {cell("threads", "pid", thread) for thread in owners} - {None}
    users = {cell("threads", "uid", thread) for thread in owners} - {None}
    containers = set()
    for thread in owners:
        container = cell("threads", "container", thread)
        containers.add(b"" if container is None else text("containers", "id", container) or b"")
    images = {text("images", "path", row) or b"" for row in range(chunk.rows.get("images", 0))}
    if any(cell("threads", "image", row) is None for row in range(chunk.rows.get("threads", 0))):
        images.add(b"")
    results = {chunk.core["result"][event] for event in range(head.events)} - {None}
    errors = {-result for result in results if -4095 <= result <= -1}
    rows = range(chunk.rows.get("objects", 0))
    ports = {cell("objects", column, row) for column in ("localPort", "remotePort") for row in rows} - {None}
    ports = {port & 0xFFFF for port in ports}
    for tag, name, truth in (
        (2, "pids", pids),
        (3, "containers", containers),
        (4, "users", users),
        (5, "images", images),
        (8, "errors", errors),
        (9, "ports", ports),
    ):
        said = head.index(tag)
        if said is None:
            continue
        if said != sorted(set(said)):
            findings.append(f"index {name} does not ascend")
        if set(said) != truth:
            wrong, not_said = sorted(set(said) - truth), sorted(truth - set(said))
            findings.append(f"index {name}: {not_said} not said, {wrong} not there")
    for tag, name, keys in ((6, "names", _name_keys(chunk)), (7, "addresses", _address_keys(chunk))):
        bloom = head.index(tag)
        missed = [] if bloom is None else sorted(key for key in keys if not bloom.may_hold(key))
        if missed:
            findings.append(f"index {name} excludes {missed[:3]}, which are there")
    return findings


def _owners(chunk):
    """The threads of the events."""
    lineages = {chunk.core["lineage"][event] for event in range(chunk.head.events)} - {None}
    return {chunk.cell("lineages", "thread", lineage) for lineage in lineages}


def _name_keys(chunk):
    keys = set()
    for row in range(chunk.rows.get("objects", 0)):
        columns = ["name", "realName"]
        if chunk.cell("objects", "family", row) == UNIX:
            columns += ["localAddress", "remoteAddress"]
        for column in columns:
            name = chunk.text("objects", column, row)
            if name is not None:
                keys |= name_keys(name)
    return keys


def _address_keys(chunk):
    keys = set()
    for row in range(chunk.rows.get("objects", 0)):
        for column in ("localAddress", "remoteAddress"):
            keys |= address_keys(chunk.text("objects", column, row) or b"")
    return keys


def range_findings(chunk):
    """What the head says wrongly of numbers and times."""
    head, core = chunk.head, chunk.core
    events = range(head.events)
    numbers, exits = [core["number"][event] for event in events], [core["time"][event] for event in events]
    starts = []
    for event in events:
        latency = core["latency"][event]
        starts.append(exits[event] if latency is None else signed(exits[event] - latency))
    findings = []
    if any(later <= earlier for earlier, later in zip(numbers, numbers[1:])):
        findings.append("numbers do not ascend")
    if any(later < earlier for earlier, later in zip(exits, exits[1:])):
        findings.append("exit times do not ascend")
    if events:
        said = (head.first_number, head.last_number, head.least_start, head.least_exit, head.greatest_exit)
        truth = (numbers[0], numbers[-1], min(starts), min(exits), max(exits))
        if said != truth:
            findings.append(f"the head says {said}, the events {truth}")
    elif any((head.first_number, head.last_number, head.least_start, head.least_exit, head.greatest_exit)):
        findings.append("the head of a chunk without events says numbers or times")
    return findings
