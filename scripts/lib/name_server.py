"""Answers DNS for image-test: every name under .image-test is 127.0.0.1, no other exists.

usage: name_server.py ADDRESS, on port 53 of it; says "ready" when it listens, and runs until it is ended.
"""

import socket
import sys

NO_SUCH_NAME = 3
IPV4 = 1
ANSWER = b"\xc0\x0c" + b"\x00\x01" + b"\x00\x01" + b"\x00\x00\x00\x01" + b"\x00\x04" + b"\x7f\x00\x00\x01"

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(512)
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].lower())
        at += 1 + query[at]
    question = query[12 : at + 5]
    known = labels[-1:] == [b"image-test"]
    found = known and int.from_bytes(question[-4:-2], "big") == IPV4
    flags = 0x8580 | (0 if known else NO_SUCH_NAME)
    counts = (1).to_bytes(2, "big") + int(found).to_bytes(2, "big") + bytes(4)
    server.sendto(query[:2] + flags.to_bytes(2, "big") + counts + question + (ANSWER if found else b""), client)
