"""A server that takes connections and never answers: prints its port, then waits to be killed."""
import socket
import time

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(64)
print(server.getsockname()[1], flush=True)
taken = []
while True:
    # Kept open, so that nothing tells the other side that nobody reads.
    taken.append(server.accept()[0])
    time.sleep(0.01)
