#!/usr/bin/env python3
"""Runs Debian's prometheus-alertmanager through a scenario and prints what it told, and when.

    alertmanager_driver.py PROGRAM FOLDER < SCENARIO

SCENARIO is a JSON object: `config` (an Alertmanager file in which @SINK@ stands for the address of the webhooks), `steps` (each with `at`, seconds
from the start, and `alerts` or `silences` to post, whose times `startsAt` and `endsAt` are seconds from the moment of posting, and in `expired` which
of the silences posted so far to expire) and `until` (seconds).
The answer is a JSON object: `steps` (seconds at which each was posted) and `told` (for each notification `at`, `path` and `body`).
"""
import datetime
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

told = []
began = time.time()


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        at = time.time() - began
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told.append({"at": at, "path": self.path, "body": body})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(url, value):
    request = urllib.request.Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def with_times(value, now):
    result = dict(value)
    for key in ("startsAt", "endsAt"):
        if key in result:
            result[key] = moment(now + result[key])
    return result


def start(program, folder, path):
    """The process and its address, once it answers."""
    for _ in range(5):
        address = "127.0.0.1:%d" % free_port()
        process = subprocess.Popen(
            [program, "--config.file=" + path, "--storage.path=" + os.path.join(folder, "data"), "--web.listen-address=" + address,
             "--cluster.listen-address=", "--log.level=error"], stdout=subprocess.DEVNULL)
        for _ in range(400):
            if process.poll() is not None:
                break
            try:
                urllib.request.urlopen("http://%s/-/ready" % address, timeout=1).close()
                return process, "http://" + address
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        process.kill()
        process.wait()
    raise SystemExit("alertmanager does not start")


def main():
    global began
    program, folder = sys.argv[1:]
    scenario = json.load(sys.stdin)
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    path = os.path.join(folder, "alertmanager.yml")

    def configure(config):
        with open(path, "w") as file:
            file.write(config.replace("@SINK@", "http://127.0.0.1:%d" % sink.server_port))

    configure(scenario["config"])
    process, server = start(program, folder, path)
    address = server + "/api/v2"
    posted = []
    silences = []
    try:
        began = time.time()
        for step in scenario["steps"]:
            time.sleep(max(0, began + step["at"] - time.time()))
            now = time.time()
            posted.append(now - began)
            for index in step.get("expired", []):
                request = urllib.request.Request(address + "/silence/" + silences[index], method="DELETE")
                urllib.request.urlopen(request, timeout=10).close()
            for silence in step.get("silences", []):
                silences.append(json.loads(post(address + "/silences", with_times(silence, now)))["silenceID"])
            if step.get("alerts"):
                post(address + "/alerts", [with_times(alert, now) for alert in step["alerts"]])
        time.sleep(max(0, began + scenario["until"] - time.time()))
    finally:
        process.terminate()
        process.wait()
    json.dump({"steps": posted, "told": told}, sys.stdout)


if __name__ == "__main__":
    main()
