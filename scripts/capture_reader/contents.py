"""What stands in the payloads of frames other than chunks."""

from .coding import MISSING_TIME, Cursor, Damaged, Refused
from .columns import read_values
from .compression import compressed_payload
from .head import GREATEST_RAW

HEADER_TEXTS = {1: "hostname", 2: "kernel", 3: "architecture", 4: "writer", 5: "filter", 6: "command"}
LATENCIES = {0: "exact", 1: "adaptive"}
CAUSES = {1: "ring_full", 2: "nested", 3: "unresolved", 4: "enter_unknown", 5: "no_task", 6: "damaged", 7: "unwritten"}
REASONS = {1: "start", 2: "periodic", 3: "rotation", 4: "trigger", 5: "end"}
# The columns of the table of containers, and the keys that they stand for.
CONTAINER_KEYS = {"name": "name", "image": "image", "engine": "engine", "pod": "pod", "podNamespace": "pod_namespace"}


GREATEST_PAGE = 8 << 20
GREATEST_PAGE_ENTRIES = 65_536
GREATEST_LOSSES = 4096


def time_or_none(value):
    return None if value == MISSING_TIME else value


def header(payload):
    cursor = Cursor(payload)
    found = {"file_id": cursor.bytes(16).hex(), "session_id": cursor.bytes(16).hex(), "version": cursor.number(2)}
    if found["version"] != 1:
        raise Refused(f"version {found['version']} of the format is not known; this reader knows 1")
    found["latency"] = LATENCIES.get(cursor.number(1), "none")
    cursor.bytes(1)
    found["file_index"] = cursor.number(4)
    found["started"], found["boot_time"] = time_or_none(cursor.i64()), time_or_none(cursor.i64())
    found["cpus"], found["snaplen"] = cursor.number(4), cursor.number(4)
    for _ in range(cursor.count(2)):
        tag = cursor.varint()
        text = cursor.counted(65536)
        if tag in HEADER_TEXTS and text:
            found[HEADER_TEXTS[tag]] = text
    return found


def loss(payload):
    cursor = Cursor(payload)
    cause, flags = cursor.number(1), cursor.number(1)
    cursor.bytes(2)
    cpu, count = cursor.number(4), cursor.number(8)
    return {
        "cause": CAUSES.get(cause, "other"),
        "cpu": cpu if flags & 1 else None,
        "count": count,
        "from": time_or_none(cursor.i64()),
        "to": time_or_none(cursor.i64()),
    }


def state(payload):
    """What a state frame says of itself; the chunk stands behind its 16 bytes."""
    cursor = Cursor(payload)
    time, reason, flags = cursor.i64(), cursor.number(1), cursor.number(1)
    cursor.bytes(2)
    return {
        "time": time,
        "reason": REASONS.get(reason, "other"),
        "last": bool(flags & 1),
        "part": cursor.number(4),
    }


def summary_page(payload):
    """Offset, payload length and head of each chunk of a stretch; and its losses."""
    cursor = Cursor(compressed_payload(payload, GREATEST_PAGE))
    chunks, offset = [], 0
    for _ in range(_at_most(cursor.count(3), GREATEST_PAGE_ENTRIES)):
        offset += cursor.varint()
        chunks.append((offset, cursor.varint(), cursor.counted(1 << 20)))
    losses = [loss(cursor.bytes(32)) for _ in range(_at_most(cursor.count(32), GREATEST_PAGE_ENTRIES))]
    cursor.finish("a summary page")
    return chunks, losses


def _at_most(count, limit):
    if count > limit:
        raise Damaged(f"{count} entries, where {limit} are the most")
    return count


def summary(payload):
    cursor = Cursor(compressed_payload(payload, GREATEST_RAW))
    found = {}
    while cursor.left:
        tag = cursor.varint()
        content = Cursor(cursor.counted())
        if tag in _SECTIONS:
            name, reader = _SECTIONS[tag]
            found[name] = reader(content)
            content.finish(f"section {tag} of the summary")
    if "totals" not in found:
        raise Damaged("the summary has no totals")
    return found


def _totals(cursor):
    found = {"started": time_or_none(cursor.zigzag()), "ended": time_or_none(cursor.zigzag())}
    for name in ("events", "chunks", "threads", "processes", "objects"):
        found[name] = cursor.varint()
    return found


def _losses(cursor):
    """How many were lost by cause; and the losses, None when only pages tell them."""
    causes = {}
    for _ in range(cursor.count(2)):
        cause = cursor.number(1)
        causes[CAUSES.get(cause, "other")] = cursor.varint()
    records = [loss(cursor.bytes(32)) for _ in range(cursor.count(32))]
    return {"causes": causes, "records": records}


def _containers(cursor):
    found = []
    for _ in range(cursor.count(3)):
        container_id, time = cursor.counted(), cursor.zigzag()
        texts = {}
        for _ in range(cursor.count(2)):
            key = cursor.counted()
            texts[key] = cursor.counted()
        found.append({"id": container_id, "time": time_or_none(time), "texts": texts})
    return found


def containers(payload):
    cursor = Cursor(compressed_payload(payload, GREATEST_RAW))
    found = _containers(cursor)
    cursor.finish("a container frame")
    return found


def attachment(payload):
    cursor = Cursor(compressed_payload(payload, GREATEST_RAW))
    return {
        "time": time_or_none(cursor.zigzag()),
        "name": cursor.counted(),
        "media_type": cursor.counted(),
        "content": {"hex": cursor.bytes(cursor.left).hex()},
    }


def annotation(payload):
    cursor = Cursor(compressed_payload(payload, GREATEST_RAW))
    found = {name: time_or_none(cursor.zigzag()) for name in ("time", "from", "to")}
    found["first"], found["last"] = cursor.varint(), cursor.varint()
    severity = cursor.varint()
    found["severity"] = severity if severity < 8 else None
    found.update({name: cursor.counted() for name in ("kind", "author", "rule", "text", "json")})
    return found


def seal(payload):
    cursor = Cursor(payload)
    return {
        "time": time_or_none(cursor.zigzag()),
        "first": cursor.number(8),
        "last": cursor.number(8),
        "is_last": bool(cursor.number(1) & 1),
        "key_id": cursor.bytes(32).hex(),
        "chain": cursor.bytes(32).hex(),
        "signature": cursor.bytes(64).hex(),
    }


def custody(payload):
    cursor = Cursor(compressed_payload(payload, GREATEST_RAW))
    found = {"file_id": cursor.bytes(16).hex()}
    found["seals"] = [seal(cursor.counted()) for _ in range(cursor.count())]
    kept = [cursor.varint() for _ in range(cursor.count(33))]
    found["frames"] = [number - 1 if number else None for number in kept]
    found["digests"] = [cursor.bytes(32).hex() for _ in kept]
    return found


def rollup(payload):
    cursor = Cursor(compressed_payload(payload, GREATEST_RAW))
    found = {"start": cursor.zigzag(), "step": cursor.varint()}
    buckets = cursor.varint()
    counters = cursor.count(8)
    if buckets > 65_536 or buckets * counters > 4_194_304:
        raise Damaged(f"a rollup of {buckets} buckets and {counters} counters")
    found["buckets"], found["counters"] = buckets, []
    for _ in range(counters):
        counter = {name: cursor.counted() for name in ("name", "filter", "aggregate", "group_field", "group_value")}
        encoding = cursor.number(1)
        counter["values"] = list(read_values(Cursor(cursor.counted()), buckets, encoding))
        found["counters"].append(counter)
    cursor.finish("a rollup")
    return found


def _types(cursor):
    found, last = {}, 0
    for _ in range(cursor.count(2)):
        last = cursor.varint()
        found[last] = cursor.varint()
    return found


def _states(cursor):
    found, offset = [], 0
    for _ in range(cursor.count(6)):
        offset += cursor.varint()
        length = cursor.varint()
        time, reason, flags = cursor.zigzag(), cursor.number(1), cursor.number(1)
        part, rows = cursor.varint(), cursor.varint()
        found.append(
            {
                "offset": offset,
                "length": length,
                "time": time,
                "reason": REASONS.get(reason, "other"),
                "last": bool(flags & 1),
                "part": part,
                "rows": rows,
            }
        )
    return found


def _frames(cursor):
    found, offset = [], 0
    for _ in range(cursor.count(3)):
        kind = cursor.varint()
        offset += cursor.varint()
        found.append({"type": f"{kind:04X}", "offset": offset, "length": cursor.varint()})
    return found


def _pages(cursor):
    found, offset, sequence = [], 0, 0
    for _ in range(cursor.count(11)):
        offset += cursor.varint()
        length = cursor.varint()
        sequence += cursor.varint()
        page = {"offset": offset, "length": length, "sequence": sequence}
        for name in ("chunks", "losses", "events", "least_number"):
            page[name] = cursor.varint()
        page["greatest_number"] = page["least_number"] + cursor.varint()
        page["least_start"] = cursor.zigzag()
        page["least_exit"] = page["least_start"] + cursor.varint()
        page["greatest_exit"] = page["least_exit"] + cursor.varint()
        found.append(page)
    return found


_SECTIONS = {
    1: ("totals", _totals),
    2: ("losses", _losses),
    3: ("containers", _containers),
    4: ("types", _types),
    5: ("states", _states),
    6: ("others", _frames),
    7: ("pages", _pages),
}
