"""Keeps requests unfinished: every connection sends an octet of its head or body each second, until standard input ends.

Usage: slow_clients.py PORT COUNT TOKEN
"""

import select
import socket
import ssl
import sys
import time

HEAD = (
    "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n"
    "Content-Type: application/pkcs7-mime\r\nContent-Length: 100000\r\n\r\n"
)


def main():
    port, count, token = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    clients = []
    for number in range(count):
        client = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        # Half of them are slow in the head, half in the body.
        head = HEAD.format(token).encode()
        client.sendall(head[:20] if number % 2 else head)
        clients.append(client)
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        for client in list(clients):
            try:
                client.sendall(b"x")
            except OSError:
                clients.remove(client)
        time.sleep(1)


main()
