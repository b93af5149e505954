#!/usr/bin/env python3
"""The procedure in Python, with nothing but the standard library."""

import functools
import http.client
import json
import os
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

TLS = ssl.create_default_context()  # Reads the certificates once, for all connections.


class ConnectionTo(http.client.HTTPSConnection):
    """Asks for the host of the URL, and dials another address."""

    def __init__(self, host, address, **options):
        super().__init__(host, context=TLS, **options)
        self._address = address

    def connect(self):
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = TLS.wrap_socket(plain, server_hostname=self.host)


class HandlerTo(urllib.request.HTTPSHandler):
    def __init__(self, address):
        super().__init__(context=TLS)
        self._address = address

    def https_open(self, request):
        return self.do_open(functools.partial(ConnectionTo, address=self._address), request)


def is_accessible(address, url):
    try:
        with urllib.request.build_opener(HandlerTo(address)).open(url, timeout=5):
            return True
    except OSError:
        return False


def cloudflare(url, method="GET", change=None):
    headers = {
        "Authorization": "Bearer " + os.environ["CLOUDFLARE_API_TOKEN"],
        "Content-Type": "application/json",
    }
    body = json.dumps(change).encode() if change else None
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=10, context=TLS) as answer:
        reply = json.load(answer)
    if not reply["success"]:
        sys.exit(f"{url}: {reply['errors']}")
    return reply["result"]


def decide(origin, main, backup, is_up):
    """Where the record belongs; the origin itself if it stays."""
    if is_up(origin):
        return main if origin != main and is_up(main) else origin
    candidate = main if origin == backup else backup
    return candidate if is_up(candidate) else None


def run(api, zone, name, main, backup, probe):
    records = f"{api}/zones/{zone}/dns_records"
    with ThreadPoolExecutor() as pool:
        probes = {site: pool.submit(is_accessible, site, probe) for site in (main, backup)}
        query = urllib.parse.urlencode({"type": "A", "name": name})
        (record,) = cloudflare(f"{records}?{query}")

        def is_up(address):
            found = probes.get(address)
            return found.result() if found else is_accessible(address, probe)

        origin = record["content"]
        target = decide(origin, main, backup, is_up)
    if target is None:
        sys.exit(1)
    if target != origin:
        cloudflare(f"{records}/{record['id']}", "PATCH", {"content": target})
        print(f"{name}: {origin} -> {target}")


run(*sys.argv[1:])
