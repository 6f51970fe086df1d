"""A client that knows lib/wire/PROTOCOL.md and nothing else: prints what it was answered, one JSON a line."""
import json
import socket
import struct
import sys


class Client:
    def __init__(self, port):
        self.conn = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.stream = self.conn.makefile("rb")
        self.batch = False
        self.waiting = []

    def send(self, message):
        payload = json.dumps(message, ensure_ascii=False).encode("utf-8")
        self.conn.sendall(struct.pack(">I", len(payload)) + payload)

    def receive(self):
        while not self.waiting:
            (length,) = struct.unpack(">I", self.stream.read(4))
            payload = json.loads(self.stream.read(length))
            self.waiting = payload if isinstance(payload, list) else [payload]
        return self.waiting.pop(0)

    def close(self):
        self.stream.close()
        self.conn.close()


def main():
    client = Client(int(sys.argv[1]))
    client.send({"type": "hello", "protocol": 1, "role": "client", "batch": True})
    answers = [client.receive()]
    client.send({"type": "members", "id": 1})
    answers.append(client.receive())
    # Three calls at once, in a batch: their answers are told apart by number.
    client.send([
        {"type": "call", "id": 2, "service": "echo", "body": {"text": "h\u00e9llo \U0001f3bb"}},
        {"type": "call", "id": 3, "service": "info"},
        {"type": "call", "id": 4, "service": "nothing"},
    ])
    answers += sorted((client.receive() for _ in range(3)), key=lambda answer: answer["id"])
    for answer in answers:
        print(json.dumps(answer))
    client.close()


main()
