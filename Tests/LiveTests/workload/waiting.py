# Leaves connections behind that wait out their time, and becomes another program. To be run in a network of its own, with which they
# vanish.
#
#     waiting.py CONNECTIONS COMMAND ARGUMENT...     prints how many wait
import fcntl
import os
import socket
import struct
import sys

UP, GET_FLAGS, SET_FLAGS = 1, 0x8913, 0x8914

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    request = fcntl.ioctl(control, GET_FLAGS, struct.pack("16sh14x", b"lo", 0))
    flags = struct.unpack("16sh14x", request)[1]
    fcntl.ioctl(control, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | UP))
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
port = listener.getsockname()[1]
for number in range(int(sys.argv[1])):
    # Each address has ports of its own.
    client = socket.socket()
    client.bind((f"127.0.1.{number % 8 + 1}", 0))
    client.connect(("127.0.0.1", port))
    server, _ = listener.accept()
    client.close()
    server.close()
with open("/proc/net/tcp") as table:
    print(sum(line.split()[3] == "06" for line in table), flush=True)
os.execv(sys.argv[2], sys.argv[2:])
