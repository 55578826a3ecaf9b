#!/usr/bin/env python3
"""The first of each query after a start beside those that follow, and beside a server that does nothing.

    scripts/cold-queries.py --bench ../shared/bench --data FOLDER --dataset FOLDER --perch BINARY [--perch BINARY …] [--rounds 15]

Takes a data folder that the comparison kept (compare.py --keep) and the data set it came of. In each round every server is started anew,
its files dropped from the page cache, and asked the comparison's queries by the comparison's own client. One of the servers is
Benchmarks/RecordedAnswers, which sends what a Perch answered before: what it takes is what client, kernel and machine take.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

RECORDED = "recorded answers"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def perch(binary, data, port):
    return subprocess.Popen(
        [binary, "serve", "--data-dir", str(data), "--http-listen", f"127.0.0.1:{port}", "--otlp-grpc-listen", "off",
         "--otlp-http-listen", "off", "--query.result-cache-bytes", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until_ready(process, port, answers_ready):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if not answers_ready:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as response:
                if response.status == 200:
                    return
        except OSError:
            pass
        time.sleep(.02)
    sys.exit(f"the server on port {port} did not become ready")


def stop(process):
    process.terminate()
    process.wait()


def record(targets, binary, data, folder):
    """Asks a Perch each query once, and writes down what it answers."""
    port = free_port()
    process = perch(binary, data, port)
    try:
        wait_until_ready(process, port, True)
        with open(folder / "index", "w", encoding="ascii") as index:
            for number, target in enumerate(targets):
                request = urllib.request.Request(f"http://127.0.0.1:{port}{target}", headers={"Accept": "application/json"})
                with urllib.request.urlopen(request, timeout=60) as response:
                    body = response.read()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                (folder / str(number)).write_bytes(head.encode() + body)
                index.write(f"{target}\t{folder / str(number)}\n")
    finally:
        stop(process)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, type=Path, help="folder of the comparison's programs")
    parser.add_argument("--data", required=True, type=Path, help="data folder of a Perch that is not running")
    parser.add_argument("--dataset", required=True, help="the data set in it")
    parser.add_argument("--perch", required=True, action="append", help="a binary; several are taken in turn")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    sys.path.insert(0, str(args.bench.resolve()))
    from urllib.parse import urlencode

    from common import Dataset, drop_page_cache
    from query import APIS, run_queries

    manifest = Dataset(args.dataset).manifest
    requests = [request(0) for request in APIS["prometheus"](manifest).shapes.values()]
    targets = [f"{path}?{urlencode(query)}" for path, query in requests]
    folder = Path(tempfile.mkdtemp(prefix="perch-recorded-"))
    try:
        source = Path(__file__).resolve().parent.parent / "Benchmarks/RecordedAnswers/recorded_answers.c"
        program = folder / "recorded_answers"
        subprocess.run([shutil.which("cc") or "clang", "-O2", "-o", program, source], check=True)
        record(targets, args.perch[0], args.data, folder)
        results = {}
        for _ in range(args.rounds):
            for name in [*args.perch, RECORDED]:
                port = free_port()
                drop_page_cache(args.data)
                if name == RECORDED:
                    process = subprocess.Popen([program, folder / "index", str(port)])
                else:
                    process = perch(name, args.data, port)
                try:
                    wait_until_ready(process, port, name != RECORDED)
                    for shape, found in run_queries("prometheus", f"http://127.0.0.1:{port}", manifest).items():
                        if found["error"]:
                            sys.exit(f"{name}, {shape}: {found['error']}")
                        first, warm = results.setdefault(shape, {}).setdefault(name, ([], []))
                        first.append(found["first_ms"])
                        warm.append(statistics.median(found["warm_ms"]))
                finally:
                    stop(process)
    finally:
        shutil.rmtree(folder)
    names = [*args.perch, RECORDED]
    print("| first, warm and their ratio; medians, ms | " + " | ".join(os.path.basename(name) for name in names) + " |")
    print("| --- |" + " ---: |" * len(names))
    for shape, found in results.items():
        cells = []
        for name in names:
            first, warm = (statistics.median(times) for times in found[name])
            cells.append(f"{first:.3g} / {warm:.3g} = {first / warm:.2f}")
        print(f"| {shape} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
