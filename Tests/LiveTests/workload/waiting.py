# Leaves connections behind that wait out their time.
#
#     waiting.py CONNECTIONS     prints how many wait
import socket
import sys

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
    print(sum(line.split()[3] == "06" for line in table))
