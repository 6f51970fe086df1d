"""A client that knows lib/wire/PROTOCOL.md and nothing else: prints what it was answered, as one JSON object."""
import json
import socket
import struct
import sys

PORT = int(sys.argv[1])
OTHER_CLUSTER = "01939fd0-0000-7000-8000-000000000001"


class Client:
    """Section 1: frames. One reader, as everything comes over one stream."""

    def __init__(self, **hello):
        self.conn = socket.create_connection(("127.0.0.1", PORT), timeout=10)
        self.stream = self.conn.makefile("rb")
        self.waiting = []
        self.send({"type": "hello", "protocol": 1, "role": "client", **hello})
        self.welcome = self.receive()

    def send(self, message):
        payload = json.dumps(message, ensure_ascii=False).encode("utf-8")
        self.conn.sendall(struct.pack(">I", len(payload)) + payload)

    def receive(self):
        """The next message; None when the node has closed."""
        while not self.waiting:
            header = self.stream.read(4)
            if len(header) < 4:
                return None
            payload = json.loads(self.stream.read(struct.unpack(">I", header)[0]))
            self.waiting = payload if isinstance(payload, list) else [payload]
        return self.waiting.pop(0)

    def answer(self, number):
        """The next message with that number; whatever else comes meanwhile is not for us, but for a ping."""
        while (message := self.receive()).get("id") != number:
            if message["type"] == "ping":
                self.send({"type": "pong"})
        return message

    def ask(self, message):
        self.send(message)
        return self.answer(message["id"])

    def call(self, number, service, body):
        return self.ask({"type": "call", "id": number, "service": service, "body": body})

    def close(self):
        self.stream.close()
        self.conn.close()


def lines(*messages):
    """Section 7: lines, an answer to each."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as conn:
        with conn.makefile("rw", encoding="utf-8", newline="\n") as stream:
            answers = []
            for message in messages:
                stream.write(json.dumps(message) + "\n")
                stream.flush()
                answers.append(json.loads(stream.readline()))
            return answers


def state(client, found):
    """Section 4: the shared state."""
    def kv(number, body):
        return client.call(number, "muster.kv", body)["body"]

    def apply(number, command):
        return kv(number, {"op": "apply", "command": command})

    found["put"] = apply(20, {"type": "put", "key": "foreign/a", "value": {"n": 1}})
    found["get"] = kv(21, {"op": "get", "key": "foreign/a"})
    since = found["put"]["revision"]
    expect = {"revision": since}
    found["cas"] = apply(22, {"type": "cas", "key": "foreign/a", "expect": expect, "value": 2})
    found["lost cas"] = apply(23, {"type": "cas", "key": "foreign/a", "expect": expect, "value": 3})
    found["list"] = kv(24, {"op": "list", "prefix": "foreign/"})
    found["deleted"] = apply(25, {"type": "delete", "prefix": "foreign/"})
    watch = {"op": "watch", "prefix": "foreign/", "fromRevision": since, "waitMs": 5000}
    found["changes"] = kv(26, watch)
    found["bad command"] = apply(27, {"type": "put"})
    lease = apply(28, {"type": "lease-grant", "ttlMs": 5000})["result"]["lease"]
    found["lock"] = apply(29, {"type": "lock-acquire", "name": "foreign", "lease": lease})
    found["unlock"] = apply(30, {"type": "lock-release", "name": "foreign", "lease": lease})
    then = [{"type": "get", "key": "foreign/a"}]
    compare = {"key": "foreign/a", "target": "version", "operator": "=", "operand": 0}
    found["transaction"] = apply(31, {"type": "transaction", "if": [compare], "then": then})


def main():
    found = {}
    client = Client(batch=True)
    found["welcome"] = client.welcome
    found["members"] = client.ask({"type": "members", "id": 1})
    found["status"] = client.ask({"type": "status", "id": 2})
    # Three calls at once, in a batch: their answers are told apart by number.
    client.send([
        {"type": "call", "id": 3, "service": "echo", "body": {"text": "h\u00e9llo \U0001f3bb"}},
        {"type": "call", "id": 4, "service": "info"},
        {"type": "call", "id": 5, "service": "nothing"},
    ])
    calls = sorted((client.receive() for _ in range(3)), key=lambda answer: answer["id"])
    found["echo"], found["info"], found["unknown service"] = calls
    found["numbers"] = client.call(6, "echo", [9007199254740993, 0.5, -1])
    state(client, found)
    # A stream: what is, then what happens. A call that is cancelled is not answered.
    found["watch"] = client.ask({"type": "watch", "id": 7})
    client.send({"type": "cancel", "id": 99})
    guest = {"nodeId": 4712, "nodeIpAddr": "127.0.0.1", "port": 9}
    found["pong"], found["guest"] = lines({"type": "ping"}, {"source": guest, "dest": {}, "message": "Hi"})
    found["event"] = client.answer(7)
    found["unknown type"] = client.ask({"type": "dance", "id": 8})
    found["bad call"] = client.ask({"type": "call", "id": 9, "service": "echo", "timeoutMs": 0})
    client.conn.sendall(bytes(4))
    found["bad frame"], found["end"] = client.receive(), client.receive()
    client.close()
    stranger = Client(cluster=OTHER_CLUSTER)
    found["refusal"], found["end of refusal"] = stranger.welcome, stranger.receive()
    stranger.close()
    print(json.dumps(found))


main()
