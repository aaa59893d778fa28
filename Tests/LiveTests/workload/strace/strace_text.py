"""Reads what `strace -ff -ttt -v -xx -X verbose` writes, strictly: what does not parse is an error, never skipped.

Numbers keep their value and the names that strace gives them, `0x80000 /* O_RDONLY|O_CLOEXEC */`; texts are bytes.
"""

import re
from dataclasses import dataclass, field


class StraceSyntax(Exception):
    """A line that is not understood, and where."""


@dataclass
class Number:
    value: int
    names: list = field(default_factory=list)  # of its parts that have any


@dataclass
class Text:
    data: bytes
    truncated: bool = False


@dataclass
class Sequence:
    items: list
    inverted: bool = False  # ~[...]: a signal set without these
    truncated: bool = False


@dataclass
class Structure:
    fields: dict  # by name; by position where strace gives none
    truncated: bool = False


@dataclass
class Changed:
    """`128 => 16`: before and after the call."""

    before: object
    after: object


@dataclass
class Words:
    """What strace says in words of its own: a wait status, a macro."""

    text: str


@dataclass
class Call:
    line: int
    time: str
    name: str
    arguments: list
    labels: dict  # of arguments with a name in front: clone(child_stack=...)
    result: int | None  # None: the call did not return, or strace could not tell
    error: str | None
    note: str


RESTARTS = {"ERESTARTSYS": 512, "ERESTARTNOINTR": 513, "ERESTARTNOHAND": 514, "ERESTART_RESTARTBLOCK": 516}
NULL = Number(0, ["NULL"])



class Reader:
    def __init__(self, text, place):
        self.text, self.place, self.position = text, place, 0

    def fail(self, problem):
        raise StraceSyntax(f"{self.place}: {problem} at {self.text[self.position:self.position + 60]!r}")

    def skip(self):
        while self.position < len(self.text) and self.text[self.position] == " ":
            self.position += 1

    def peek(self, sign):
        self.skip()
        return self.text.startswith(sign, self.position)

    def take(self, sign):
        if not self.peek(sign):
            return False
        self.position += len(sign)
        return True

    def need(self, sign):
        if not self.take(sign):
            self.fail(f"{sign} is missing")

    def match(self, pattern):
        self.skip()
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    COMMENT_SIGN = re.compile(r"/\*|\*/")
    STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
    NUMBER = re.compile(r"(-?0x[0-9a-f]+|-?\d+)(?![\w.])")
    LABEL = re.compile(r"([A-Za-z_][\w.\[\]>-]*)=(?![=>])")
    WORD = re.compile(r"[A-Za-z_]\w*")
    # A status, or a kind of device: macros of C whose brackets match.
    MACRO = re.compile(r"[A-Za-z_]\w*\([^()]*\)(?:\s*(?:&&|==|\|\|)\s*[\w()]+)*")

    def comment(self):
        """The text of a comment, in which others may stand; None when there is none."""
        if not self.peek("/*"):
            return None
        start, depth = self.position, 0
        for sign in self.COMMENT_SIGN.finditer(self.text, start):
            depth += 1 if sign.group() == "/*" else -1
            if depth == 0:
                self.position = sign.end()
                return self.text[start + 2 : sign.start()].strip()
        self.fail("a comment that does not end")

    def value(self):
        before = self.one()
        if self.take("=>"):
            return Changed(before, self.one())
        return before

    RESUMED = re.compile(r"<\.\.\. resuming interrupted (\w+) \.\.\.>")

    def one(self):
        resumed = self.match(self.RESUMED)
        if resumed:
            return Words(resumed.group(1))
        if self.take("@"):
            # A name of a socket that is not in the file system.
            text = self.one()
            return Text(b"\0" + text.data, text.truncated)
        if self.peek('"'):
            found = self.match(self.STRING)
            if not found:
                self.fail("a text that does not end")
            self.comment()
            return Text(bytes.fromhex(found.group(1).replace("\\x", "")), bool(found.group(2)))
        if self.peek("~[") or self.peek("["):
            return self.sequence()
        if self.peek("{"):
            return self.structure()
        if self.take("NULL"):
            return NULL
        if self.take("..."):
            return Words("...")
        if self.take("???") or self.take("?"):
            return Words("?")
        # A comment alone stands for a number that was not printed.
        return self.number()

    def operand(self):
        found = self.match(self.NUMBER)
        if not found:
            self.fail("no number")
        return integer(found.group(1))

    def number(self):
        total, names, is_words = 0, [], []
        while True:
            start = self.position
            found = self.match(self.NUMBER)
            if found:
                word = found.group(1)
                number = integer(word)
                while True:
                    if self.take("<<"):
                        number <<= self.operand()
                    elif self.take("*"):
                        number *= self.operand()
                    elif self.take("+"):
                        number += self.operand()
                    else:
                        break
                total |= number
                remark = self.comment()
                if remark:
                    names.append(remark)
                    if self.take("<<"):
                        total = total & ~number | number << self.operand()
            else:
                found = self.match(self.MACRO) or self.match(self.WORD)
                if not found:
                    self.fail("no value")
                is_words.append(self.text[start : self.position].strip())
                self.comment()
            if self.peek("|"):
                self.take("|")
                continue
            break
        if is_words:
            return Words("|".join(is_words))
        return Number(total, names)

    def sequence(self):
        inverted = self.take("~")
        self.need("[")
        items, truncated = [], False
        while not self.take("]"):
            if self.take("..."):
                truncated = True
                self.comment()
            elif self.peek("{") or not self.labelled(items):
                item = self.value()
                if self.peek("->"):
                    self.take("->")
                    item = Changed(item, self.value())
                items.append(item)
            self.take(",")  # signal sets have spaces only
        self.comment()
        return Sequence(items, inverted, truncated)

    def labelled(self, items):
        # [BPF_x]={...} and the like
        found = self.match(self.LABEL)
        if not found:
            return False
        items.append((found.group(1), self.value()))
        return True

    def structure(self):
        self.need("{")
        fields, truncated = {}, False
        while not self.take("}"):
            if self.take("..."):
                truncated = True
            else:
                found = self.match(self.LABEL)
                if found:
                    name, value = found.group(1), self.value()
                    fields[name if name not in fields else f"{name}#{len(fields)}"] = value
                else:
                    fields[str(len(fields))] = self.value()
            if not self.take(","):
                self.take("=>")
        self.comment()
        return Structure(fields, truncated)


HEAD = re.compile(r"(\d+\.\d+) (?:(\w+)\(|<\.\.\. (\w+) resumed>)")
RESULT = re.compile(r"\)?\s*= (\?|0x[0-9a-f]+|-?\d+)(.*)$")


def integer(word):
    """`0x1f`, `022` and `-5`."""
    digits = word.lstrip("-")
    return int(word, 8) if len(digits) > 1 and digits.startswith("0") and "x" not in digits else int(word, 0)
ERROR = re.compile(r"\s*(E[A-Z0-9]+|ENOTSUP|ERESTART\w+)\b(.*)$")


def parse_line(line, number, place):
    """One line; None for those that are about signals and ends, and for a call of which strace found out nothing, since the
    task was killed before it could look (see compare.py)."""
    if re.match(r"\d+\.\d+ (\+\+\+|---|\?\?\?\(\) *= \?$)", line):
        return None
    head = HEAD.match(line)
    if not head:
        raise StraceSyntax(f"{place}: no call: {line[:80]!r}")
    reader = Reader(line, place)
    reader.position = head.end()
    arguments, labels = [], {}
    unfinished = False
    if head.group(3) is None or not reader.peek(")"):
        while not reader.peek(")"):
            if reader.take("<unfinished ...>"):
                unfinished = True
                break
            if reader.peek("<pid changed"):
                break
            found = reader.match(Reader.LABEL)
            value = reader.value()
            if reader.take("<unfinished ...>"):
                unfinished = True
            if found:
                labels[found.group(1)] = value
            arguments.append(value)
            # Values that a call fills in follow an arrow.
            if reader.take("=>"):
                arguments[-1] = Changed(arguments[-1], reader.value())
            if unfinished or not (reader.take(",") or reader.peek(")")):
                break
    rest = line[reader.position :].lstrip()
    if rest.startswith("<pid changed to "):
        # A thread that executes takes the place of its leader.
        return Call(number, head.group(1), head.group(2), arguments, labels, None, "SUPERSEDED", rest)
    if rest.startswith("<unfinished ...>"):
        rest = rest[len("<unfinished ...>") :]
    found = RESULT.match(rest)
    if not found:
        raise StraceSyntax(f"{place}: no result: {rest[:80]!r}")
    result, note = found.group(1), found.group(2)
    value, error = (None if result == "?" else integer(result)), None
    trouble = ERROR.match(note)
    if trouble and (result == "?" or value == -1):
        error, note = trouble.group(1), trouble.group(2)
    return Call(number, head.group(1), head.group(2) or head.group(3), arguments, labels, value, error, note.strip())


def parse_thread(path):
    """The calls of one thread's file, and the lines that are not understood."""
    calls, errors = [], []
    with open(path, encoding="latin-1") as lines:
        for number, line in enumerate(lines, 1):
            try:
                call = parse_line(line.rstrip("\n"), number, f"{path}:{number}")
            except StraceSyntax as error:
                errors.append(str(error))
                # The call is known by its name at least: the sequence stays whole.
                name = HEAD.match(line)
                call = Call(number, "", name.group(2) or name.group(3) or "?", None, {}, None, None, "") if name else None
            if call:
                calls.append(call)
    return calls, errors
