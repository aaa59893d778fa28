"""What a capture holds, in the form of formats/conformance/README.md."""

import json

from .capture import Capture
from .coding import Damaged, Refused
from .facts import Scan
from .frames import File
from .output import EventLines
from .sections import sections

CHUNK_MEMBERS = ("events", "first_number", "last_number", "least_start", "least_exit", "greatest_exit")
STATE_MEMBERS = ("time", "reason", "part", "last")
FACTS = ("header", "complete", "damaged_bytes", "totals", "types", "lost", "losses", "containers", "findings")
FACTS += ("attachments", "annotations", "seals", "custody", "rollups")


def contents_of(path):
    """Of a file of several sections those of each."""
    found = [_contents(section) for section in sections(File(path))]
    return found[0] if len(found) == 1 else {"refused": False, "sections": found}


def _contents(section):
    events, states, users = [], [], []

    def take(state, chunk):
        lines = EventLines(chunk)
        rows = [json.loads(line) for line in lines]
        if state is None:
            events.extend(rows)
            users.append([lines.row("users", row) for row in range(chunk.rows.get("users", 0))])
        else:
            states.append({**{name: state[name] for name in STATE_MEMBERS}, "rows": rows})

    try:
        capture = Capture(section)
        scan = Scan(capture, take)
        facts = scan.facts()
    except (Refused, Damaged) as error:
        return {"refused": True, "reason": str(error)}
    chunks = [
        {**{name: chunk[name] for name in CHUNK_MEMBERS}, "users": rows} for chunk, rows in zip(facts["chunks"], users)
    ]
    return {
        "refused": False,
        **{name: facts[name] for name in FACTS},
        "frames": scan.whole_frames(),
        "chunks": chunks,
        "events": events,
        "states": states,
    }
