"""The tutorial's node in ten lines: joins at 127.0.0.1 PORT, prints the answer and what the node then lists."""
import json, socket, sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) as conn:
    me = {"nodeId": 4711, "nodeIpAddr": "127.0.0.1/8", "port": "8002"}
    dest = {"nodeId": 0, "nodeIpAddr": "127.0.0.1", "port": sys.argv[1]}
    conn.sendall(json.dumps({"source": me, "dest": dest, "message": "Hi, add me"}).encode())
    print(conn.recv(65536).decode().strip())
    conn.sendall(b'{"type":"members"}')
    print(conn.recv(65536).decode().strip())
