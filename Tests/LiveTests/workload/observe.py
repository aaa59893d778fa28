"""Compares itself with /proc: does something, reads what /proc says about it, marks a call, and writes down what a capture
must say about that call. An interpreter with its threads, subprocesses and libraries, where `cases.c` makes bare calls.

    observe.py REPETITIONS SEED DIRECTORY LOG
"""

import json
import os
import random
import socket
import sys
import threading

log = []
lock = threading.Lock()
numbers = iter(range(1, 1 << 40))
inherited = int(os.environ.get("REEL_FIRST_MARK", "0"))


def text(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def printed(value):
    """A value as the command prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def status(pid):
    return dict(line.split(":\t", 1) for line in text(f"/proc/{pid}/status").splitlines() if ":\t" in line)


def ancestors(fields):
    pid = int(status("self")["PPid"])
    depth = 1
    while pid > 0:
        fields[f"proc.apid[{depth}]"] = [pid]
        fields[f"proc.aname[{depth}]"] = [text(f"/proc/{pid}/comm")[:-1]]
        pid = int(status(pid)["PPid"])
        depth += 1


def facts():
    about = status("thread-self")
    arguments = text("/proc/self/cmdline").split("\0")[:-1]
    name = text("/proc/self/comm")[:-1]
    cwd = os.readlink("/proc/thread-self/cwd").removesuffix(" (deleted)")
    # That of the unified hierarchy; where it is the root, that of the memory, or else of the number of tasks.
    groups = dict(line.split(":", 2)[1:] for line in text("/proc/thread-self/cgroup").splitlines())
    cgroup = next((groups[name] for name in ("", "memory", "pids") if groups.get(name, "/") != "/"), "/")
    fields = {
        "proc.pid": [os.getpid()],
        "proc.ppid": [os.getppid()],
        "thread.tid": [int(about["Pid"])],
        "proc.name": [name],
        "thread.name": [text("/proc/thread-self/comm")[:-1]],
        "proc.exepath": [os.readlink("/proc/self/exe")],
        "proc.exe": [arguments[0]],
        "proc.args": [" ".join(arguments[1:])],
        "proc.cwd": [cwd if cwd == "/" else cwd + "/"],
        "user.uid": [int(about["Uid"].split()[1])],
        "group.gid": [int(about["Gid"].split()[1])],
        "thread.cgroups": [cgroup],
        "proc.sid": [os.getsid(0)],
        "proc.pgid": [os.getpgid(0)],
    }
    ancestors(fields)
    return fields


def expect(case, call, fields, action):
    """Marks, acts, and notes what the action's event must say."""
    with lock:
        number = inherited + next(numbers)
    try:
        os.close(os.open(f"/reel-mark/{number}", os.O_RDONLY))
    except FileNotFoundError:
        pass
    result = action() if action else None
    log.append(
        {
            "case": f"python: {case}",
            "repetition": repetition,
            "mark": number,
            "step": 1 if action else 0,
            "call": call,
            "expect": {field: [printed(value) for value in values] for field, values in fields.items()},
        }
    )
    return result


def expect_facts(case):
    expect(case, "openat", facts(), None)


def descriptor(fd):
    about = os.fstat(fd)
    return {
        "fd.num": [fd],
        "fd.ino": [about.st_ino],
        "fd.realname": [os.readlink(f"/proc/self/fd/{fd}")],
    }


def files(folder):
    name = os.path.join(folder, f"ünï {repetition} \"quoted\" %s")
    with open(name, "w+b", buffering=0) as file:
        fields = descriptor(file.fileno()) | {"fd.name": [name]}
        expect("a file", "write", fields, lambda: file.write(b"x" * repetition))
        link = name + ".link"
        os.symlink(name, link)
        with open(link, "rb", buffering=0) as second:
            expect("a link", "read", descriptor(second.fileno()) | {"fd.name": [link]}, lambda: second.read(1))
            moved = name + ".moved"
            os.rename(name, moved)
            expect("a renamed file", "write", descriptor(file.fileno()) | {"fd.name": [name]}, lambda: file.write(b"y"))
            expect("its link", "read", descriptor(second.fileno()) | {"fd.name": [link]}, lambda: second.read(1))


def places(folder):
    place = os.path.join(folder, f"place-{repetition}")
    os.mkdir(place)
    os.chdir(place)
    expect_facts("a directory")
    os.rename(place, place + "-moved")
    expect_facts("a directory that was renamed")
    os.chdir("/")


def threads():
    workers = [threading.Thread(target=expect_facts, args=("a thread",)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def connections():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as near:
            far, _ = listener.accept()
            with far:
                client, server = near.getsockname(), near.getpeername()
                name = f"{client[0]}:{client[1]}->{server[0]}:{server[1]}"
                for end, is_server in ((near, False), (far, True)):
                    fields = {"fd.name": [name], "fd.num": [end.fileno()], "fd.is_server": [is_server]}
                    expect("a connection", "sendto", fields, lambda end=end: end.send(b"hello"))


def children(folder, path):
    """A child that is a copy, and one that is another program: both log into files of their own."""
    own = os.path.join(folder, f"child-{repetition}")
    child = os.fork()
    if child == 0:
        global inherited
        inherited = 1_000_000 * repetition
        log.clear()
        expect_facts("a child")
        write(own)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    second = own + "-executed"
    first = 1_000_000 * repetition + 500_000
    command = [sys.executable, "-I", path, "child", str(repetition), folder, second]
    child = os.posix_spawn(sys.executable, command, os.environ | {"REEL_FIRST_MARK": str(first)})
    assert os.waitpid(child, 0)[1] == 0
    for name in (own, second):
        log.extend(json.loads(line) for line in text(name).splitlines())


def write(path):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in log)


if sys.argv[1] == "child":
    repetition = int(sys.argv[2])
    expect_facts("an executed child")
else:
    generator = random.Random(int(sys.argv[2]))
    for repetition in range(1, int(sys.argv[1]) + 1):
        steps = [
            lambda: files(sys.argv[3]),
            lambda: places(sys.argv[3]),
            threads,
            connections,
            lambda: children(sys.argv[3], os.path.abspath(__file__)),
        ]
        generator.shuffle(steps)
        for step in steps:
            step()
write(sys.argv[4])
