#!/usr/bin/python3
"""The same work twice, but for three things: difference.py FOLDER [bad].

A bad run also reads one file, connects to one server more, and waits long for one kind of call.
"""
import os
import socket
import sys
import time

folder = sys.argv[1]
bad = len(sys.argv) > 2

for number in range(20):
    path = os.path.join(folder, "data-%d" % number)
    with open(path, "wb", buffering=0) as file:
        file.write(b"x" * 1000)
    with open(path, "rb", buffering=0) as file:
        file.read(2000)
servers = [socket.create_server(("127.0.0.%d" % (20 + number), 4700 + number)) for number in range(2)]
for server in servers[:2 if bad else 1]:
    for _ in range(3):
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        client.sendall(b"ping")
        peer.recv(16)
        client.close()
        peer.close()
if bad:
    with open(os.path.join(folder, "unexpected.conf"), "wb", buffering=0) as file:
        file.write(b"y" * 1000)
# Something that it waits for.
for _ in range(5):
    time.sleep(0.2 if bad else 0.0005)
