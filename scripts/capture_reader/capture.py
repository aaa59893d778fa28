"""A capture as a whole: what is in it, and its events one after the other."""

from .chunk import Chunk
from .coding import Damaged, Refused, crc32c
from .compression import compressed_payload
from . import contents, frames
from .head import Head
from .schema import read_schema

GREATEST_SCHEMA = 16 << 20


class Capture:
    """One section of a file. With `by_tail` False it is read as if there were no tail.

    `lost` collects what could not be read, with its offset.
    """

    def __init__(self, file, by_tail=True):
        self.file = file
        self.file_id, tail = frames.find_file_id(self.file, by_tail)
        self.seed = crc32c(self.file_id)
        self.lost = []
        self.unusable_tail = None
        self.header = self.schema = self.summary = None
        self.pages, self.page_losses = [], []
        self.by_tail = tail is not None and self._read_tail(tail)
        if not self.by_tail:
            self._read_front()
        if self.schema is None:
            raise Refused("no copy of the schema holds")

    def _walk(self, offset=8):
        return frames.Walk(self.file, self.seed, offset)

    def payload(self, frame):
        return frames.payload_of(self.file, frame, self.seed)

    def _read_tail(self, tail):
        """Takes all from the tail; False when any of it does not hold."""
        walk, kinds = self._walk(tail), []
        try:
            for frame in walk:
                kinds.append(frame.type)
                payload = self.payload(frame)
                if frame.type == frames.HEADER:
                    self.header = contents.header(payload)
                elif frame.type == frames.SCHEMA:
                    self.schema = read_schema(compressed_payload(payload, GREATEST_SCHEMA, is_schema=True))
                elif frame.type == frames.SUMMARY:
                    self.summary = contents.summary(payload)
            if walk.damaged or walk.torn or None in (self.header, self.schema, self.summary):
                raise Damaged("the tail is not whole")
            if kinds[-1] != frames.FOOTER:
                raise Damaged("the tail does not end with a footer")
            self._read_pages(tail)
            return True
        except Damaged as error:
            self.unusable_tail = (tail, f"the tail is not used: {error}")
            self.header = self.schema = self.summary = None
            self.pages, self.page_losses = [], []
            return False

    def _read_pages(self, tail):
        """The chunks and losses that the pages list. The stretch of a page that is damaged is hopped over."""
        before = 8
        for said in self.summary.get("pages", []):
            frame = frames.frame_at(self.file, said["offset"], self.seed)
            try:
                if frame is None or frame.type != frames.PAGE or frame.length != said["length"]:
                    raise Damaged("no page stands where the summary says")
                chunks, losses = contents.summary_page(self.payload(frame))
            except Damaged as error:
                self.lost.append((said["offset"], str(error)))
                chunks, losses = self._hop_stretch(before, min(said["offset"], tail))
            self.pages += chunks
            self.page_losses += losses
            before = said["offset"]

    def _hop_stretch(self, start, end):
        chunks, losses = [], []
        for frame in self._walk(start):
            if frame.offset >= end:
                break
            try:
                if frame.type == frames.CHUNK:
                    payload = self.payload(frame)
                    chunks.append((frame.offset, frame.length, payload[: Head(payload, self.seed).length]))
                elif frame.type == frames.LOSS:
                    losses.append(contents.loss(self.payload(frame)))
            except Damaged as error:
                self.lost.append((frame.offset, str(error)))
        return chunks, losses

    def _read_front(self):
        for frame in self._walk():
            try:
                if frame.type == frames.HEADER and self.header is None:
                    self.header = contents.header(self.payload(frame))
                elif frame.type == frames.SCHEMA and self.schema is None:
                    self.schema = read_schema(compressed_payload(self.payload(frame), GREATEST_SCHEMA, is_schema=True))
            except Damaged:
                continue  # there are other copies
            if self.header and self.schema:
                return
        if self.header is None:
            raise Refused("no copy of the header holds")

    def frames(self):
        """All frames by hopping."""
        return self._walk()

    def chunks(self):
        """Offsets and contents of all chunks that can be read: as the tail lists them, or by hopping."""
        if self.by_tail:
            found = ((offset, self._listed_chunk, (offset, length, head)) for offset, length, head in self.pages)
        else:
            chunk_frames = (frame for frame in self._walk() if frame.type == frames.CHUNK)
            found = ((frame.offset, self.chunk, (frame,)) for frame in chunk_frames)
        for offset, read, arguments in found:
            try:
                yield offset, read(*arguments)
            except Damaged as error:
                self.lost.append((offset, str(error)))

    def _listed_chunk(self, offset, length, head):
        """A chunk as the tail lists it: its head is that of the page, its blocks have checks of their own."""
        blocks = self.file.read(offset + 32 + len(head), max(length - len(head), 0))
        return Chunk(head + blocks, self.seed, self.schema)

    def chunk(self, frame):
        """The chunk of a chunk or state frame."""
        payload = self.payload(frame)
        return Chunk(memoryview(payload)[16 if frame.type == frames.STATE else 0 :], self.seed, self.schema)

    def states(self):
        """All parts of states that can be read, decoded."""
        for frame in self._walk():
            if frame.type == frames.STATE:
                try:
                    yield contents.state(self.payload(frame)), self.chunk(frame)
                except Damaged as error:
                    self.lost.append((frame.offset, str(error)))
