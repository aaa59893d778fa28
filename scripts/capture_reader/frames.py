"""The frames of a capture, found from its tail or by hopping from one to the next."""

import os
import struct
from collections import namedtuple

from .coding import Cursor, Damaged, Refused, crc32c

MAGIC = b"\x89REEL\r\n\x1a"
MARK = b"\xc5\x52\x46\x4d"
HEADER, SCHEMA, CHUNK, LOSS, STATE, PAGE, SUMMARY, FOOTER = 0x8001, 0x8002, 0x8010, 0x20, 0x30, 0x50, 0x51, 0xFF
CRITICAL = 0x8000
CONTAINER, ATTACHMENT, ANNOTATION, SEAL, CUSTODY, ROLLUP = 0x21, 0x22, 0x23, 0x40, 0x41, 0x52
KNOWN = {HEADER, SCHEMA, CHUNK, LOSS, STATE, PAGE, SUMMARY, FOOTER}
KNOWN |= {CONTAINER, ATTACHMENT, ANNOTATION, SEAL, CUSTODY, ROLLUP}
GREATEST_PAYLOAD = 64 << 20
# How far the first header is looked for.
HEADER_SEARCH = 4 << 20

Frame = namedtuple("Frame", "offset type version length sequence check")


def padded(length):
    return (length + 7) & ~7


class File:
    """The bytes of a file, read where they are asked for."""

    def __init__(self, path):
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._descriptor).st_size
        self._window = (0, b"")

    def read(self, offset, length):
        parts = []
        while length > 0:
            part = os.pread(self._descriptor, min(length, 1 << 24), offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    def find(self, needle, offset, end=None):
        """The first place from `offset` on where some bytes stand; None when there is none before `end`."""
        end = self.size if end is None else end
        before = len(needle) - 1
        while offset < end:
            start, data = self._window
            if not start <= offset < start + len(data) - before:
                start, data = offset, self.read(offset, 1 << 20)
                self._window = (start, data)
                if len(data) <= before:
                    return None
            at = data.find(needle, offset - start)
            if at >= 0:
                return start + at if start + at < end else None
            offset = start + len(data) - before
        return None


class View:
    """A stretch of a file, as if it were one."""

    def __init__(self, file, start, size):
        self._file, self._start, self.size = file, start, size

    def read(self, offset, length):
        return self._file.read(self._start + offset, max(min(length, self.size - offset), 0))

    def find(self, needle, offset):
        found = self._file.find(needle, self._start + offset, self._start + self.size)
        return None if found is None or found - self._start + len(needle) > self.size else found - self._start

    def find_mark(self, offset, end):
        """The first multiple of 8 from `offset` on at which a frame may begin; None when there is none before `end`."""
        while offset < end and (found := self.find(MARK, offset)) is not None:
            if found % 8 == 0:
                return found if found < end else None
            offset = found + 1
        return None


def frame_at(file, offset, seed=None):
    """The frame whose header stands at `offset` and holds, or None. Without `seed` it is one that has the file id."""
    data = file.read(offset, 48 if seed is None else 32)
    if len(data) < (48 if seed is None else 32) or data[:4] != MARK:
        return None
    _, kind, _, version, length, _, sequence, payload_check, header_check = struct.unpack("<4sHBBIIQII", data[:32])
    if seed is None:
        if kind not in (HEADER, FOOTER):
            return None
        seed = crc32c(data[32:48])
    if crc32c(data[:28], seed) != header_check:
        return None
    if length > GREATEST_PAYLOAD or version != 1:
        return None
    return Frame(offset, kind, version, length, sequence, payload_check)


def payload_of(file, frame, seed):
    """The payload of a frame, once its check holds."""
    stored = file.read(frame.offset + 32, padded(frame.length))
    if len(stored) != padded(frame.length):
        raise Damaged("a payload ends behind the file")
    if crc32c(stored, seed) != frame.check:
        raise Damaged("the check of a payload does not hold")
    return stored[: frame.length]


def find_file_id(file, by_tail):
    """The file id, and the footer's (length, tail) when the file can be read by its tail."""
    footer = _footer(file) if by_tail else None
    if footer is not None:
        file_id, length, tail = footer
        first = frame_at(file, 8)
        if (
            length == file.size
            and file.read(0, 8) == MAGIC
            and first is not None
            and first.type == HEADER
            and file.read(first.offset + 32, 16) == file_id
        ):
            return file_id, tail
    first = frame_at(file, 8)
    if first is not None and first.type == HEADER:
        return file.read(first.offset + 32, 16), None
    footer = _footer(file)
    if footer is not None and footer[1] == file.size:
        return footer[0], None
    offset, end = 16, min(file.size, HEADER_SEARCH)
    while (offset := file.find_mark(offset, end)) is not None:
        frame = frame_at(file, offset)
        if frame is not None and frame.type == HEADER:
            return file.read(offset + 32, 16), None
        offset += 8
    if footer is None:
        raise Refused("no header and no footer holds: this is no capture, or its identity is lost")
    return footer[0], None


def _footer(file):
    if file.size < 72:
        return None
    frame = frame_at(file, file.size - 64)
    if frame is None or frame.type != FOOTER or frame.length != 32:
        return None
    file_id = file.read(frame.offset + 32, 16)
    try:
        cursor = Cursor(payload_of(file, frame, crc32c(file_id)), 16)
    except Damaged:
        return None
    return file_id, cursor.number(8), cursor.number(8)


class Walk:
    """Hops over all frames. Afterwards `damaged` are the stretches where none stands, `torn` a write cut off."""

    def __init__(self, file, seed, offset=8):
        self.file, self.seed, self.offset = file, seed, offset
        self.damaged, self.torn, self.last = [], None, None

    def _taken(self, offset):
        frame = frame_at(self.file, offset, self.seed)
        if frame is None or (self.last is not None and frame.sequence <= self.last):
            return None
        return frame

    def __iter__(self):
        offset, size = self.offset, self.file.size
        while offset < size:
            frame = self._taken(offset)
            if frame is None:
                following = offset + 8 - offset % 8
                while (following := self.file.find_mark(following, size)) is not None:
                    frame = self._taken(following)
                    if frame is not None:
                        break
                    following += 8
                self.damaged.append((offset, (size if frame is None else following) - offset))
                if frame is None:
                    return
                offset = following
            if offset + 32 + padded(frame.length) > size:
                self.torn = (offset, size - offset)
                return
            if frame.type & CRITICAL and frame.type not in KNOWN:
                raise Refused(f"frame {frame.type:04X} at {offset} is not known and must be understood")
            self.last = frame.sequence
            yield frame
            offset += 32 + padded(frame.length)
