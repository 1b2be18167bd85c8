"""A client written from the description of the wire alone, with nothing but Python's library.

    python3 wire_client.py HOST:PORT

Prints "ok" if everything it asks is answered as it should be; fails with a traceback otherwise.
"""

import json
import socket
import struct
import sys

ANSWER_SECONDS_MAX = 15


class Client:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), ANSWER_SECONDS_MAX)
        self.stream = self.socket.makefile("rb")

    def send(self, *forms):
        self.socket.sendall(b"".join(frame(form) for form in forms))

    def receive(self):
        (length,) = struct.unpack(">I", self.stream.read(4))
        return json.loads(self.stream.read(length))

    def ask(self, *form):
        self.send(form)
        return self.receive()

    def reset(self):
        """Ends the connection with a reset instead of an end of the stream."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()
        self.socket.close()


def frame(form):
    content = json.dumps(form).encode()
    return struct.pack(">I", len(content)) + content


def put(key, value, *more):
    return ["set", key, value, len(value.encode()), *more]


def main(address):
    client = Client(address)
    for key, value in [("x", "42"), ("ключ 😀", "é\0\n"), ("big", "\x01" * 2**20), ("empty", "")]:
        assert client.ask(*put(key, value))[0] == "STORED"
        assert client.ask("get", key)[:4] == ["VALUE", key, value, len(value.encode())]
    assert client.ask("delete", "x")[0] == "STORED"
    assert client.ask("get", "x")[0] == "END"
    assert client.ask("status")[0] == "STATUS"

    # Asked again under its id, a write is applied once; an id that was ruled out, never.
    assert client.ask(*put("once", "1", {"id": "a", "consistency": "linearizable"}))[0] == "STORED"
    assert client.ask(*put("once", "2"))[0] == "STORED"
    assert client.ask(*put("once", "1", {"id": "a"}))[0] == "STORED"
    assert client.ask("get", "once", {"consistency": "linearizable"})[2] == "2"
    assert client.ask("outcome", "a")[:2] == ["OUTCOME", "applied"]
    assert client.ask("outcome", "b")[:2] == ["OUTCOME", "never"]
    assert client.ask(*put("once", "3", {"id": "b"}))[:2] == ["ERROR", "bad_request"]

    client.send(*[form for i in range(250) for form in (put("p", str(i)), ["get", "p"])])
    for i in range(250):
        assert client.receive()[0] == "STORED"
        assert client.receive()[2] == str(i)

    for form, code in [(["set", "x", "42", 3], "bad_request"), (["nope"], "unknown_command")]:
        word, found, text, details = client.ask(*form)
        assert (word, found, details) == ("ERROR", code, {"maybe": False}), (form, found, text)
    client.socket.sendall(struct.pack(">I", 2**31))
    assert client.receive()[:2] == ["ERROR", "too_large"]
    assert client.stream.read() == b""

    # Many that come and are gone, at any moment: who comes then is served at once.
    for i in range(600):
        gone = Client(address)
        gone.socket.sendall(frame(["get", "big"])[: i % 20])
        gone.reset()
    assert Client(address).ask("get", "p")[2] == "249"
    print("ok")


if __name__ == "__main__":
    main(sys.argv[1])
