"""What is in a capture, found by looking at all of it, and compared with what its tail says."""

from . import contents, frames
from .coding import MISSING_TIME, Damaged
from .compression import compressed_payload
from .head import BLOOMS, NUMBERS, TEXTS
from .schema import read_schema
from .output import plain
from .recount import rollup_findings
from .truth import index_findings, range_findings


_OTHERS = {
    frames.ATTACHMENT: ("attachments", contents.attachment),
    frames.ANNOTATION: ("annotations", contents.annotation),
    frames.SEAL: ("seals", contents.seal),
    frames.CUSTODY: ("custody", contents.custody),
    frames.ROLLUP: ("rollups", contents.rollup),
}
# What the summary lists elsewhere or not at all.
_UNLISTED = {
    frames.HEADER,
    frames.SCHEMA,
    frames.CHUNK,
    frames.LOSS,
    frames.STATE,
    frames.PAGE,
    frames.SUMMARY,
    frames.ROLLUP,
    frames.FOOTER,
}


class Scan:
    """Reads every frame of a capture once."""

    def __init__(self, capture, on_chunk=lambda state, chunk: None):
        self.capture, self.on_chunk = capture, on_chunk
        self.frames, self.chunks, self.losses, self.states = [], [], [], []
        self.findings, self.gaps, self.whole = [], [], []
        self.chunk_frames, self.others = [], []
        self.said = {name: [] for name, _ in _OTHERS.values()}
        self.types, self.containers, self.container_times = {}, {}, {}
        self.threads, self.processes, self.objects = set(), set(), set()
        self.ended = capture.header["started"]
        self.complete, self.recounted = False, 0
        walk, last = capture.frames(), None
        for frame in walk:
            if last is None and frame.sequence != 0:
                self.gaps.append([None, frame.sequence])
            elif last is not None and frame.sequence != last + 1:
                self.gaps.append([last, frame.sequence])
            last = frame.sequence
            self._look(frame)
        self.damaged, self.torn = walk.damaged, walk.torn
        if capture.file.read(0, 8) != frames.MAGIC:
            self.damaged.insert(0, (0, 8))

        if capture.by_tail:
            for offset, chunk in capture.chunks():
                self._take_contents(offset, chunk)
        if capture.by_tail and any("damage" in entry and entry["type"] == "0020" for entry in self.frames):
            # The tail says what damaged losses said.
            self.losses = capture.page_losses
            self.ended = max([self.ended] + [loss["to"] for loss in self.losses if loss["to"] is not None])

    def _look(self, frame):
        kind = f"{frame.type:04X}"
        entry = {"offset": frame.offset, "type": kind, "sequence": frame.sequence, "length": frame.length}
        self.frames.append(entry)
        try:
            self._take(frame, self.capture.payload(frame))
            self.whole.append(frame)
            if frame.type not in _UNLISTED:
                self.others.append({"type": entry["type"], "offset": frame.offset, "length": frame.length})
        except Damaged as error:
            entry["damage"] = str(error)

    def _take(self, frame, payload):
        if frame.type == frames.HEADER:
            contents.header(payload)
        elif frame.type == frames.SCHEMA:
            read_schema(compressed_payload(payload, 16 << 20, is_schema=True))
        elif frame.type == frames.CHUNK:
            self._take_chunk(frame)
        elif frame.type == frames.LOSS:
            loss = contents.loss(payload)
            self.losses.append(loss)
            if loss["to"] is not None:
                self.ended = max(self.ended, loss["to"])
        elif frame.type == frames.STATE:
            chunk = self._decoded(frame)
            state = {"offset": frame.offset, "length": frame.length, **contents.state(payload)}
            state["rows"] = chunk.head.events
            self.states.append(state)
            self.on_chunk(state, chunk)
        elif frame.type == frames.CONTAINER:
            for known in contents.containers(payload):
                time = MISSING_TIME if known["time"] is None else known["time"]
                self._know(known["id"], time, known["texts"])
        elif frame.type in _OTHERS:
            name, reader = _OTHERS[frame.type]
            self.said[name].append(reader(payload))
        elif frame.type == frames.FOOTER:
            self.complete = True
        elif frame.type == frames.PAGE:
            contents.summary_page(payload)
        elif frame.type == frames.SUMMARY:
            contents.summary(payload)

    def _decoded(self, frame):
        chunk = self.capture.chunk(frame)
        for finding in range_findings(chunk) + index_findings(chunk):
            self.findings.append(f"{frame.type:04X} at {frame.offset}: {finding}")
        return chunk

    def _take_chunk(self, frame):
        chunk = self._decoded(frame)
        if self.capture.by_tail:
            self.chunk_frames.append(frame)  # the tail says what is in it
        else:
            self._take_contents(frame.offset, chunk)

    def _take_contents(self, offset, chunk):
        head = chunk.head
        said = {"offset": offset, "events": head.events}
        for name in ("first_number", "last_number", "lost", "lost_in_all"):
            said[name] = getattr(head, name)
        for name in ("least_start", "least_exit", "greatest_exit"):
            said[name] = contents.time_or_none(getattr(head, name))
        said["codecs"] = [block.codec for block in head.blocks]
        said["types"] = {self._type_name(number): count for number, count in head.types.items()}
        for tag, name in sorted({**NUMBERS, **TEXTS}.items()):
            said[name] = head.index(tag)
        for tag, name in BLOOMS.items():
            said[name] = None if head.index(tag) is None else {"bytes": len(head.index(tag).content)}
        self.chunks.append((said, head))
        for number, count in head.types.items():
            self.types[number] = self.types.get(number, 0) + count
        if head.events:
            self.ended = max(self.ended, head.greatest_exit)
        self._count_rows(chunk)
        self.on_chunk(None, chunk)

    def _count_rows(self, chunk):
        for row in range(chunk.rows.get("threads", 0)):
            self.threads.add((chunk.cell("threads", "tid", row), chunk.cell("threads", "startTime", row)))
            self.processes.add((chunk.cell("threads", "pid", row), chunk.cell("threads", "processStartTime", row)))
        for row in range(chunk.rows.get("objects", 0)):
            self.objects.add(chunk.cell("objects", "identity", row))
        self.objects.discard(None)
        for row in range(chunk.rows.get("containers", 0)):
            container_id = chunk.text("containers", "id", row) or b""
            texts = {key.encode(): chunk.text("containers", name, row) for name, key in contents.CONTAINER_KEYS.items()}
            self._know(container_id, MISSING_TIME, texts)

    def _know(self, container_id, time, texts):
        """Of each key the text of the greatest time counts, of equal times the later one."""
        known = self.containers.setdefault(container_id, {})
        self.container_times[container_id] = max(self.container_times.get(container_id, time), time)
        for key, text in texts.items():
            if text is not None and (key not in known or known[key][0] <= time):
                known[key] = (time, text)

    @property
    def known_containers(self):
        found = []
        for container_id, known in sorted(self.containers.items()):
            time = self.container_times[container_id]
            texts = {key: text for key, (_, text) in sorted(known.items())}
            found.append({"id": container_id, "time": contents.time_or_none(time), "texts": texts})
        return found

    def _type_name(self, number):
        found = self.capture.schema.types.get(number)
        return str(number) if found is None else found.name

    @property
    def damaged_bytes(self):
        """The bytes of frames that do not hold, and those that belong to none."""
        unread = sum(32 + frames.padded(entry["length"]) for entry in self.frames if "damage" in entry)
        torn = 0 if self.torn is None else self.torn[1]
        return unread + torn + sum(length for _, length in self.damaged)

    @property
    def totals(self):
        return {
            "started": self.capture.header["started"],
            "ended": self.ended,
            "events": sum(head.events for _, head in self.chunks),
            "chunks": len(self.chunks),
            "threads": len(self.threads),
            "processes": len(self.processes),
            "objects": len(self.objects),
        }

    def tail_findings(self):
        """Where the tail says something else than what was found."""
        capture, findings = self.capture, []
        # What is damaged is missing here and not there.
        if not capture.by_tail or self.damaged_bytes:
            return findings
        said = capture.summary
        truth = {
            "totals": self.totals,
            "containers": self.known_containers,
            "types": dict(sorted(self.types.items())),
            "states": self.states,
            "others": self.others,
        }
        for name, found in truth.items():
            if said.get(name, type(found)()) != found:
                findings.append(f"the summary's {name} are {said.get(name)}, found was {found}")
        causes = {}
        for loss in self.losses:
            causes[loss["cause"]] = causes.get(loss["cause"], 0) + loss["count"]
        listed = self.losses if len(self.losses) <= contents.GREATEST_LOSSES else []
        if said.get("losses", {"causes": {}, "records": []}) != {"causes": causes, "records": listed}:
            findings.append(f"the summary's losses are {said.get('losses')}, found was {causes} and {listed}")
        if capture.page_losses != self.losses:
            findings.append("the pages do not list the losses")
        findings += self._page_findings()
        for rollup in self.said["rollups"]:
            found, self.recounted = rollup_findings(rollup, (chunk for _, chunk in capture.chunks()))
            findings += found
        pages = [(frame.offset, frame.length) for frame in self.chunk_frames]
        if [(offset, length) for offset, length, _ in capture.pages] != pages:
            findings.append("the summary's pages do not list the chunks")
        for (offset, _, head), frame in zip(capture.pages, self.chunk_frames):
            payload = capture.payload(frame)
            if payload[: len(head)] != head or len(head) != int.from_bytes(head[:4], "little"):
                findings.append(f"the summary's head of the chunk at {offset} is not that of the chunk")
        return findings

    def _page_findings(self):
        """Where the summary says something else of pages than they are."""
        findings, heads, at = [], [head for _, head in self.chunks], 0
        for said in self.capture.summary.get("pages", []):
            chunks = heads[at : at + said["chunks"]]
            at += said["chunks"]
            filled = [head for head in chunks if head.events]
            ranges = (0, 0, 0, 0, 0)
            if filled:
                ranges = (
                    min(head.first_number for head in filled),
                    max(head.last_number for head in filled),
                    min(head.least_start for head in filled),
                    min(head.least_exit for head in filled),
                    max(head.greatest_exit for head in filled),
                )
            names = ("least_number", "greatest_number", "least_start", "least_exit", "greatest_exit")
            if tuple(said[name] for name in names) != ranges or said["events"] != sum(head.events for head in chunks):
                findings.append(f"the summary says {said} of a page of which {ranges} is true")
        losses = sum(page["losses"] for page in self.capture.summary.get("pages", []))
        if at != len(heads) or losses != len(self.losses):
            findings.append("the summary's pages are not about all chunks and losses")
        return findings

    def facts(self):
        capture = self.capture
        return plain(
            {
                "header": capture.header,
                "complete": self.complete,
                "frames": self.frames,
                "sequence_gaps": self.gaps,
                "damaged": [{"offset": offset, "length": length} for offset, length in self.damaged],
                "torn_bytes": 0 if self.torn is None else self.torn[1],
                "damaged_bytes": self.damaged_bytes,
                "totals": self.totals,
                "types": {self._type_name(number): count for number, count in sorted(self.types.items())},
                "lost": sum(loss["count"] for loss in self.losses),
                "losses": self.losses,
                "containers": self.known_containers,
                **{name: self.said[name] for name in ("attachments", "annotations", "seals", "custody", "rollups")},
                "states": self.states,
                "chunks": [said for said, _ in self.chunks],
                "findings": self.findings + self.tail_findings(),
                # Behind the findings: counted while they were made.
                "recounted": self.recounted,
            }
        )

    def whole_frames(self):
        return [[frame.sequence, f"{frame.type:04X}"] for frame in self.whole]
