# A call that takes long, while so many files are seen that the recorder has everything defined anew meanwhile.
#
#     anew.py FOLDER FILES     prints the number of the descriptor whose close takes long
import os
import socket
import struct
import sys
import threading

folder, files = sys.argv[1], int(sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
# The close waits until everything has been taken by the other side.
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
client.setblocking(False)
try:
    while True:
        client.send(bytes(65536))
except BlockingIOError:
    pass
print(client.fileno(), flush=True)
closing = threading.Thread(target=client.close)
closing.start()
for number in range(files):
    path = f"{folder}/{number}"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    os.unlink(path)
while server.recv(1 << 20):
    pass
closing.join()
