# Threads and asyncio: files, pipes, sockets, subprocesses.
import asyncio
import os
import subprocess
import tempfile
import threading


def write_and_read(number):
    with tempfile.NamedTemporaryFile("w+") as file:
        for line in range(50):
            file.write(f"{number} {line}\n")
        file.flush()
        file.seek(0)
        assert len(file.readlines()) == 50
        os.stat(file.name)
    try:
        open("/absent/file")
    except FileNotFoundError:
        pass


threads = [threading.Thread(target=write_and_read, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
subprocess.run(["/bin/echo", "a child"], check=True, stdout=subprocess.DEVNULL)


async def talk():
    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def ask(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"question %d\n" % number)
        reply = await reader.readline()
        writer.close()
        return reply

    replies = await asyncio.gather(*(ask(number) for number in range(20)))
    assert replies[3] == b"QUESTION 3\n"
    child = await asyncio.create_subprocess_exec("/bin/cat", "/etc/hostname", stdout=asyncio.subprocess.PIPE)
    await child.communicate()
    await asyncio.get_running_loop().run_in_executor(None, write_and_read, 99)


asyncio.run(talk())
