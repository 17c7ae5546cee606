# SPDX-License-Identifier: MIT
# A line of namespaces (line.bash) whose third link carries smaller packets than the others, and
# whose router does not say so.
# shellcheck shell=bash disable=SC1091,SC2034,SC2154
. "$files/line.bash"

# blackhole [SIDE]: for packets to the server; `back`: for those from it.
blackhole() {
    line
    case ${1-} in
    back) ip -n r3 link set near0 mtu 1280 ;;
    *) ip -n r2 link set far0 mtu 1280 ;;
    esac
    for router in r2 r3; do
        line_rules "$router" 'table inet quiet { chain o { type filter hook output priority 0
            icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; }; }'
    done
}

# far_server PROGRAM [ARGUMENT...]: a program of Python's in the server's namespace; it is to
# say "ready".
far_server() {
    local ready="$control/ready.$RANDOM$RANDOM"
    at s python3 -c "$@" >"$ready" &
    wait_until grep -q ready "$ready"
}

# Takes connections and reads what comes.
takes='import socket, sys, threading
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
def serve(peer):
    while peer.recv(65536):
        pass
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()'

# The same with TLS: further arguments are the files of the certificate and of the key. What is short is sent back.
takes_tls='import socket, ssl, sys, threading
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3], sys.argv[4])
print("ready", flush=True)
def serve(peer):
    peer = context.wrap_socket(peer, server_side=True)
    while data := peer.recv(65536):
        if len(data) < 100:
            peer.sendall(data)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()'

# Answers the first words with a page of several segments, the last of them small.
answers='import socket, sys, threading
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
def serve(peer):
    peer.recv(65536)
    peer.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000)
    peer.recv(65536)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()'

# Sends back what it gets; behind "cut" its machine drops all that belongs to the connection, and says nothing: from when
# /tmp/cut.PORT is there, with the client's port.
cuts='import fcntl, socket, struct, subprocess, sys, termios, threading
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
def serve(peer):
    while data := peer.recv(65536):
        peer.sendall(data)
        if data.startswith(b"cut"):
            port = peer.getpeername()[1]
            while struct.unpack("i", fcntl.ioctl(peer, termios.TIOCOUTQ, b"0000"))[0]:
                pass
            rules = f"table inet cut{port} {{ chain i {{ type filter hook input priority 0; tcp sport {port} drop; }}; }}"
            subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)
            open(f"/tmp/cut.{port}", "w").close()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()'
