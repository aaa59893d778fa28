"""Counts the events of a capture again, as its rollup says that they were counted.

Of the filter language only what counters need is understood: terms joined by `and`, each about the type, the result or
the kind of the object of an event. Counters that say something else, and sums, are passed over.
"""

import re

ERRORS = {"EINPROGRESS": 115}
KINDS = {"file": 1, "directory": 2, "ipv4": 3, "ipv6": 4, "unix": 5}


def _list(text):
    return {word.strip() for word in text.split(",")}


def _is_error(result):
    return result is not None and -4095 <= result < 0


def _type_is(match):
    names = _list(match[1])
    return lambda name, result, kind: name in names


def _failed(match):
    wanted = match[1] == "true"
    return lambda name, result, kind: _is_error(result) == wanted


def _above(match):
    limit = int(match[1])
    return lambda name, result, kind: result is not None and result > limit


def _error(match):
    if match[2] not in ERRORS:
        return None
    wanted, equal = -ERRORS[match[2]], match[1] == "="
    return lambda name, result, kind: (result == wanted) == equal


def _kind(match):
    if not _list(match[1]) <= KINDS.keys():
        return None
    numbers = {KINDS[word] for word in _list(match[1])}
    return lambda name, result, kind: kind in numbers


_TERMS = [
    (re.compile(r"evt\.type = ([\w.]+)"), _type_is),
    (re.compile(r"evt\.type in \(([\w., ]+)\)"), _type_is),
    (re.compile(r"evt\.failed = (true|false)"), _failed),
    (re.compile(r"evt\.rawres > (\d+)"), _above),
    (re.compile(r"evt\.res (=|!=) (\w+)"), _error),
    (re.compile(r"fd\.type in \(([\w, ]+)\)"), _kind),
]


def _term(text):
    for pattern, make in _TERMS:
        if match := pattern.fullmatch(text):
            return make(match)
    return None


def _any(tests):
    return lambda *event: any(test(*event) for test in tests)


def predicate(text):
    """Whether an event (name of its type, result, kind of its object) is meant; None where that is not understood."""
    tests = []
    for part in text.split(" and ") if text else []:
        alternatives = part[1:-1].split(" or ") if part.startswith("(") and part.endswith(")") else [part]
        found = [_term(alternative) for alternative in alternatives]
        if None in found:
            return None
        tests.append(_any(found))
    return lambda *event: all(test(*event) for test in tests)


def recounted(rollup, chunks):
    """What each counter must hold, by its place in the rollup: those that are understood."""
    start, step, buckets = rollup["start"], rollup["step"], rollup["buckets"]
    counted, outside = [], 0
    for place, counter in enumerate(rollup["counters"]):
        test = predicate(counter["filter"].decode("utf-8", "replace"))
        if test is not None and counter["aggregate"] == b"count" and not counter["group_field"]:
            counted.append((place, test, [0] * buckets))
    for chunk in chunks:
        core, types = chunk.core, chunk.schema.types
        for event in range(chunk.head.events):
            bucket = (core["time"][event] - start) // step
            if not 0 <= bucket < buckets:
                outside += 1
                continue
            number, thing = core["type"][event], core["object"][event]
            name = types[number].name if number in types else ""
            kind = None if thing is None else chunk.cell("objects", "kind", thing)
            for _, test, values in counted:
                if test(name, core["result"][event], kind):
                    values[bucket] += 1
    return {place: values for place, _, values in counted}, outside


def rollup_findings(rollup, chunks):
    """Where a rollup says something else than its events; and how many of its counters were counted again."""
    truth, outside = recounted(rollup, chunks)
    findings = [f"{outside} events are in no bucket of the rollup"] if outside else []
    for place, values in truth.items():
        if list(rollup["counters"][place]["values"]) != values:
            name = rollup["counters"][place]["name"]
            findings.append(f"the counter {name!r} of the rollup does not count what is there")
    return findings, len(truth)
