"""Captures that were put one behind the other into one file."""

from .coding import Cursor, Damaged, crc32c
from .frames import FOOTER, GREATEST_PAYLOAD, HEADER, MAGIC, View, frame_at, padded, payload_of

GREATEST_SECTIONS = 4096


def sections(file):
    """A view of each section, in their order; one of the whole file when it is just one, or none that can be told."""
    found, end = [], file.size
    while len(found) < GREATEST_SECTIONS - 1 and (length := _length_by_footer(file, end)) is not None:
        found.insert(0, View(file, end - length, length))
        end -= length
    front, start = [], 0
    while start < end and len(found) + len(front) < GREATEST_SECTIONS - 1:
        length = _length_by_hopping(View(file, start, end - start))
        front.append(View(file, start, length))
        start += length
    if start < end:
        front.append(View(file, start, end - start))
    return front + found or [View(file, 0, file.size)]


def _length_by_footer(file, end):
    if end < 72:
        return None
    frame = frame_at(file, end - 64)
    if frame is None or frame.type != FOOTER or frame.length != 32:
        return None
    file_id = file.read(frame.offset + 32, 16)
    try:
        length = Cursor(payload_of(file, frame, crc32c(file_id)), 16).number(8)
    except Damaged:
        return None
    if not 72 <= length <= end or length < end and _header_at(file, end - length) != file_id:
        return None
    return length


def _header_at(file, offset):
    """The file id of the header behind a magic; None when there are not both."""
    if file.read(offset, 8) != MAGIC:
        return None
    frame = frame_at(file, offset + 8)
    if frame is None or frame.type != HEADER or frame.sequence != 0:
        return None
    return file.read(offset + 40, 16)


def _next_start(view, offset):
    """The next place, at whatever byte, where a section may begin; None when there is none."""
    while (offset := view.find(MAGIC, offset)) is not None:
        if _header_at(view, offset) is not None:
            return offset
        offset += 1
    return None


def _length_by_hopping(view):
    """Where the section that begins a view ends."""
    file_id = _header_at(view, 0)
    if file_id is None:
        return _next_start(view, 1) or view.size
    seed, offset, sequence, last = crc32c(file_id), 8, 0, None
    starts = _Starts(view)
    while offset < view.size:
        frame = frame_at(view, offset, seed)
        if frame is not None and frame.sequence >= sequence and frame.offset + 32 + padded(frame.length) <= view.size:
            offset = frame.offset + 32 + padded(frame.length)
            sequence, last = frame.sequence + 1, frame
            if frame.type == FOOTER:
                return _next_start(view, offset) or view.size
            continue
        start = offset
        if last is not None and not _holds(view, last, seed):
            start = last.offset + 32
        start = starts.after(start)
        following = _next_frame(view, offset + 1, seed, sequence)
        # A capture in a payload is no section: frames of this one follow it.
        if start is not None and (following is None or following > start + GREATEST_PAYLOAD + 32):
            return start
        if following is None:
            return view.size
        offset = following
    return view.size


class _Starts:
    """The next places where sections may begin, each looked for once."""

    def __init__(self, view):
        self.view, self.asked, self.found = view, None, None

    def after(self, offset):
        if self.asked is None or offset < self.asked or (self.found is not None and self.found < offset):
            self.asked, self.found = offset, _next_start(self.view, offset)
        return self.found


def _holds(view, frame, seed):
    try:
        payload_of(view, frame, seed)
        return True
    except Damaged:
        return False


def _next_frame(view, offset, seed, sequence):
    offset += -offset % 8
    while (offset := view.find_mark(offset, view.size)) is not None:
        frame = frame_at(view, offset, seed)
        if frame is not None and frame.sequence >= sequence:
            return offset
        offset += 8
    return None
