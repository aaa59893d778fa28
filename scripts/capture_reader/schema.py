"""The schema of a capture: event types with their parameters, and the columns of dimension tables.

formats/schema-encoding.md says how the types are written, formats/capture.md the same of the columns.
"""

from collections import namedtuple

from .coding import Cursor, Damaged, Refused

Parameter = namedtuple("Parameter", "name type storage source")
EventType = namedtuple("EventType", "id name parameters")
Schema = namedtuple("Schema", "types tables encoded")

INTEGER, STRING, BYTES = 0, 1, 2
# Tables by their numbers in references, and their names in the file.
TABLES = ("strings", "images", "threads", "lineages", "objects", "containers", "users")
KINDS = {0: None, 1: "strings", 2: "images", 3: "threads", 4: "lineages", 5: "containers"}
# The columns that are known, with the table that their values are rows of.
COLUMNS = {
    "images": {
        **dict.fromkeys("device inode changeTime modificationTime flags".split()),
        **dict.fromkeys("exe path arguments environment filename".split(), "strings"),
    },
    "threads": {
        **dict.fromkeys(
            "tid pid virtualTid virtualPid startTime processStartTime parentPid originalParentPid uid effectiveUid "
            "savedUid filesystemUid "
            "gid effectiveGid savedGid filesystemGid loginUid session processGroup virtualSession "
            "virtualProcessGroup tty capabilitiesInheritable capabilitiesPermitted capabilitiesEffective cgroupID "
            "mountNamespace pidNamespace netNamespace userNamespace utsNamespace ipcNamespace cgroupNamespace "
            "taskFlags descriptorLimit".split()
        ),
        **dict.fromkeys("comm workingDirectory rootDirectory cgroup processName".split(), "strings"),
        "image": "images",
        "container": "containers",
    },
    "lineages": {"thread": "threads", "parent": "lineages", "sessionLeader": "threads", "groupLeader": "threads"},
    "objects": {
        **dict.fromkeys(
            "identity kind device inode mountID openFlags flags family socketType networkProtocol localPort remotePort "
            "role socketSource socketPeer".split()
        ),
        **dict.fromkeys("name realName localAddress remoteAddress".split(), "strings"),
    },
    "containers": dict.fromkeys("id name image engine pod podNamespace".split(), "strings"),
    "users": {
        "container": "containers",
        **dict.fromkeys("number isGroup group".split()),
        **dict.fromkeys("name homeDirectory shell".split(), "strings"),
    },
}


def read_schema(contents):
    """The schema of a decompressed schema payload."""
    cursor = Cursor(contents)
    encoded = cursor.counted()
    types = read_types(encoded)
    tables = {}
    for _ in range(cursor.count(5)):
        table = cursor.number(1)
        table_name = cursor.counted(65536).decode("utf-8", "replace")
        column = cursor.varint()
        name = cursor.counted(65536).decode("utf-8", "replace")
        kind = cursor.number(1)
        known = COLUMNS.get(table_name, {})
        # By name and kind; what is not known by these is left out.
        if name in known and kind in KINDS and known[name] == KINDS[kind]:
            tables.setdefault((table, table_name), {})[column] = name
    cursor.finish("the schema")
    return Schema(types, tables, encoded)


def _text(cursor):
    length = cursor.varint()
    if length > 255:
        raise Refused(f"a text of {length} bytes in the schema")
    try:
        return cursor.bytes(length).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("a text of the schema is not UTF-8") from None


def _record(cursor):
    return Cursor(cursor.counted())


def _check(condition, what):
    if not condition:
        raise Refused(f"the schema is refused: {what}")


def read_types(encoded):
    """The event types by their ids."""
    _check(len(encoded) <= 4 << 20, "it is larger than 4 MiB")
    cursor = Cursor(encoded)
    try:
        _check(cursor.varint() == 1, "its version is not 1")
        flag_tables = cursor.count()
        _check(flag_tables <= 4096, "too many flag tables")
        for _ in range(flag_tables):
            _read_flag_table(_record(cursor))
        types, last = {}, -1
        number = cursor.count()
        _check(number <= 65535, "too many types")
        for _ in range(number):
            event_type = _read_type(_record(cursor), flag_tables)
            _check(last < event_type.id <= 65535, "ids do not ascend")
            last = event_type.id
            types[last] = event_type
        cursor.finish("the types of the schema")
        return types
    except Damaged as error:
        raise Refused(f"the schema is refused: {error}") from None


def _read_flag_table(record):
    _text(record)
    record.varint()
    entries = record.count()
    _check(entries <= 4096, "too many entries in a flag table")
    for _ in range(entries):
        entry = _record(record)
        _text(entry)
        presence = entry.varint()
        entry.varint()
        for bit in (1, 2, 4):
            if presence & bit:
                entry.varint()


def _read_type(record, flag_tables):
    type_id = record.varint()
    name = _text(record)
    presence = record.varint()
    if presence & 1:
        _text(record)
    for bit in (2, 4):
        if presence & bit:
            record.varint()
    record.varint()  # category
    record.varint()  # traits
    record.varint()  # object
    _check(record.varint() <= 6, "more than 6 arguments")
    captures = record.count()
    _check(captures <= 4, "more than 4 captures")
    for _ in range(captures):
        capture = _record(record)
        for _ in range(5):
            capture.varint()
    number = record.count()
    _check(number <= 64, "more than 64 parameters")
    parameters, conditions = [], []
    for _ in range(number):
        parameter, condition = _read_parameter(_record(record), flag_tables, captures)
        parameters.append(parameter)
        conditions.append(condition)
    _check(all(condition <= number for condition in conditions), "a condition on a parameter that is not there")
    return EventType(type_id, name, parameters)


def _read_parameter(record, flag_tables, captures):
    name = _text(record)
    parameter_type = record.varint()
    storage = record.varint()
    _check(storage <= 2, "a storage that is not known")
    _check(record.varint() <= flag_tables, "a flag table that is not there")
    source = record.varint()
    known = True
    if source == 1:
        _check(record.varint() <= 5, "an argument above 5")
    elif source == 2:
        _check(record.varint() < captures, "a capture that is not there")
    elif source == 3:
        _check(record.varint() < captures, "a capture that is not there")
        record.varint()
        _check(record.varint() in (1, 2, 4, 8, 16), "a size of a field")
    elif source in (129, 130):
        _text(record)
    else:
        known = source in (4, 128)
    condition = 0
    if known:
        condition = record.varint()
        if condition:
            record.varint()
    return Parameter(name, parameter_type, storage, source), condition


def has_column(parameter):
    return parameter.source < 128
