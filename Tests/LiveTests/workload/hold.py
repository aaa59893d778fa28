"""Holds descriptors of every kind in several processes, until its standard input ends.

    hold.py DIRECTORY

Prints the ids of its processes in one line. On a line of standard input it changes its descriptors and prints "changed".
"""

import ctypes
import os
import select
import signal
import socket
import sys


def hold(directory, kept):
    """Opens what a table may have; the objects stay alive in `kept`."""
    for index, flags in enumerate((os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND)):
        path = f"{directory}/file-{os.getpid()}-{index}"
        with open(path, "w") as file:
            file.write("x" * 100)
        fd = os.open(path, flags)
        os.lseek(fd, 7 * index + 1, os.SEEK_SET)
        kept += [fd, os.dup(fd)]
        os.set_inheritable(fd, True)
    path = f"{directory}/removed-{os.getpid()}"
    kept.append(os.open(path, os.O_RDWR | os.O_CREAT))
    os.unlink(path)
    kept.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
    kept += os.pipe()
    kept += [os.eventfd(3), os.memfd_create("held"), select.epoll()]
    listener = socket.create_server(("127.0.0.1", 0))
    near = socket.create_connection(listener.getsockname())
    kept += [listener, near, listener.accept()[0], socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
    kept += socket.socketpair()
    local = socket.socket(socket.AF_UNIX)
    local.bind(f"{directory}/socket-{os.getpid()}")
    local.listen()
    kept.append(local)


def change(directory, kept):
    """Closes, copies, moves and opens: what a table that is carried forward must follow."""
    os.close(kept[1])
    os.dup2(kept[4], kept[0])
    os.lseek(kept[2], 50, os.SEEK_SET)
    os.read(kept[2], 10)
    kept.append(os.open(f"{directory}/later-{os.getpid()}", os.O_RDWR | os.O_CREAT))
    os.write(kept[-1], b"12345")
    # A pipe is told by what goes through it: the call that makes it has no object.
    read_end, write_end = os.pipe()
    os.write(write_end, b"x")
    os.read(read_end, 1)
    kept += [read_end, write_end]


def main():
    directory = sys.argv[1]
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    children, shared = [], []
    for _ in range(3):
        down, up = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            kept = []
            hold(directory, kept)
            os.write(up[1], b"x")
            while os.read(down[0], 1):
                change(directory, kept)
                os.write(up[1], b"x")
            os._exit(0)
        children.append((child, down, up))
    hold(directory, shared)
    for _, _, up in children:
        os.read(up[0], 1)
    print(os.getpid(), *[child for child, _, _ in children], flush=True)
    while not os.path.exists(f"{directory}/change"):
        select.select([], [], [], 0.05)
    change(directory, shared)
    for _, down, up in children:
        os.write(down[1], b"x")
        os.read(up[0], 1)
    with open(f"{directory}/changed", "w"):
        pass
    while True:
        signal.pause()


main()
