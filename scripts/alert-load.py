#!/usr/bin/env python3
"""Posts 10,000 alerts to a Perch of its own and measures when a webhook is told of them, beyond the wait of their groups.

    PERCH_BINARY=.build/release/perch scripts/alert-load.py [GROUPS]     1000 groups unless given

Fails where an alert is not told of, or the slowest hundredth of the groups is told of more than a second after its wait.
"""

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ALERTS, BATCH, WAIT = 10_000, 500, 1.0
arrivals = []


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        arrivals.append((time.time(), body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(url, alerts):
    body = json.dumps(alerts).encode()
    request = urllib.request.Request(url + "/api/v2/alerts", body, {"content-type": "application/json"})
    urllib.request.urlopen(request).read()


def wait(condition, seconds):
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            return False
        time.sleep(0.02)
    return True


def lateness(posted):
    """Seconds beyond the wait, rising, of the groups that were told of."""
    told = [(at, json.loads(body)["groupLabels"]["group"]) for at, body in list(arrivals)]
    return sorted(at - posted[group] - WAIT for at, group in told if group in posted)


def shown(late):
    return f"p50 {late[len(late) // 2] * 1000:.0f} ms, p99 {late[max(0, len(late) * 99 // 100 - 1)] * 1000:.0f} ms"


def main():
    groups = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    sink = Server(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/alertmanager.yml", "w") as file:
            file.write(
                "route: {receiver: sink, group_by: [group], group_wait: 1s, group_interval: 5m}\n"
                f"receivers: [{{name: sink, webhook_configs: [{{url: 'http://127.0.0.1:{sink.server_address[1]}/'}}]}}]\n"
            )
        arguments = ["serve", "--alertmanager-config", folder + "/alertmanager.yml", "--data-dir", folder + "/data"]
        arguments += ["--http-listen", url.removeprefix("http://"), "--otlp-grpc-listen", "off", "--otlp-http-listen", "off"]
        with open(folder + "/log", "w") as log:
            perch = subprocess.Popen([os.environ["PERCH_BINARY"], *arguments], stdout=log, stderr=log)
        try:
            return run(url, groups)
        finally:
            perch.terminate()
            perch.wait()


def is_ready(url):
    try:
        return urllib.request.urlopen(url + "/-/ready").status == 200
    except OSError:
        return False


def run(url, groups):
    if not wait(lambda: is_ready(url), 20):
        return "the server does not get ready"
    posted, begin = {}, time.time()
    for first in range(0, ALERTS, BATCH):
        numbers = range(first, first + BATCH)
        for number in numbers:
            posted.setdefault(f"g{number % groups}", time.time())
        post(url, [{"labels": {"alertname": "Load", "group": f"g{n % groups}", "number": str(n)}} for n in numbers])
    seconds = time.time() - begin
    if not wait(lambda: len(lateness(posted)) >= groups, 60):
        return f"{len(lateness(posted))} of {groups} groups were told of"
    late = lateness(posted)
    print(f"{ALERTS} alerts in {groups} groups: posted in {seconds:.2f} s; beyond the wait {shown(late)}")
    posted = {}
    for number in range(100):
        posted[f"new{number}"] = time.time()
        post(url, [{"labels": {"alertname": "New", "group": f"new{number}"}}])
        time.sleep(0.02)
    if not wait(lambda: len(lateness(posted)) >= 100, 20):
        return f"{len(lateness(posted))} of 100 new groups were told of"
    fresh = lateness(posted)
    print(f"100 new groups meanwhile: beyond the wait {shown(fresh)}")
    if max(late[len(late) * 99 // 100 - 1], fresh[98]) > 1:
        return "told of too late"
    return 0


sys.exit(main())
