#!/usr/bin/env python3
"""A farm of scrape targets, and servers that scrape it in turn, each on one core of its own.

    scripts/scrape-farm.py [--servers perch,prometheus] [--targets 500] [--series 1000] [--interval 5] [--seconds 60] [--rounds 1]
                           [--seal-every SECONDS]
    scripts/scrape-farm.py --serve [--targets 50] [--series 200]          (the farm alone; prints its port)

A page is made of gauges that move, counters of which half rise from scrape to scrape, histograms of which a third are observed, and a few
constants. Every target has an address of its own (127.1.0.1 and following, one port). The farm notes when it was asked: scrapes that
are missing, and how far each is from its target's grid, are told by the farm, not by the server; what the server stored is asked
from it afterwards and held against that. With --seal-every what either does with its head when hours have passed happens every so many
seconds: Perch is asked to seal and merge (POST /-/flush), Prometheus has blocks of that length, so that it compacts.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib


class Page:
    """The page of one target: texts that stay, and between them values that change."""

    def __init__(self, layout, seed):
        self.random = random.Random(seed)
        self.layout = layout
        self.pieces = list(layout.pieces)
        self.gauges = [self.random.randrange(10**6) for _ in layout.gauges]
        self.counters = [self.random.randrange(10**7) for _ in layout.counters]
        self.buckets = [[0] * Layout.BOUNDS for _ in layout.histograms]
        self.sums = [0.0] * len(layout.histograms)
        for number, position in enumerate(layout.gauges):
            self.pieces[position] = b"%d" % self.gauges[number]
        for number, position in enumerate(layout.counters):
            self.pieces[position] = b"%d" % self.counters[number]
        for number in range(len(layout.histograms)):
            self.observe(number)

    def observe(self, number):
        counts = self.buckets[number]
        lowest = self.random.randrange(Layout.BOUNDS)
        position = self.layout.histograms[number]
        for bound in range(lowest, Layout.BOUNDS):
            counts[bound] += 1 + (bound - lowest)
            self.pieces[position + 2 * bound] = b"%d" % counts[bound]
        self.sums[number] += 0.001 * self.random.randrange(5000)
        self.pieces[position + 2 * Layout.BOUNDS] = b"%.6g" % self.sums[number]
        self.pieces[position + 2 * Layout.BOUNDS + 2] = b"%d" % counts[-1]

    def next(self):
        """The page as it is now, after everything has moved on."""
        pick, pieces = self.random.random, self.pieces
        for number, position in enumerate(self.layout.gauges):
            self.gauges[number] += int(2000 * pick()) - 1000
            pieces[position] = b"%.3f" % (self.gauges[number] / 1000)
        for number, position in enumerate(self.layout.counters):
            if pick() < 0.5:
                self.counters[number] += int(500 * pick())
                pieces[position] = b"%d" % self.counters[number]
        for number in range(len(self.layout.histograms)):
            if pick() < 0.33:
                self.observe(number)
        return b"".join(pieces)


class Layout:
    """What all pages have in common: texts and the places of values."""

    BOUNDS = 14
    PATHS = ["/", "/cart", "/checkout", "/login", "/search", "/products", "/orders", "/health", "/basket/items", "/account"]

    def __init__(self, series, open_metrics):
        self.pieces, self.gauges, self.counters, self.histograms = [], [], [], []
        self.text = b""
        histograms = max(1, series * 48 // 100 // (self.BOUNDS + 2))
        gauges = series // 5
        constants = series // 50
        counters = series - histograms * (self.BOUNDS + 2) - gauges - constants
        self.series = series
        for number in range(gauges):
            self.family(number, "gauge", f"farm_pool_{number // 10}_connections", "Connections of a pool.")
            self.value(self.gauges, f'farm_pool_{number // 10}_connections{{pool="pool-{number % 10}",state="idle"}}')
        for number in range(counters):
            name = f"farm_http_{number // 10}_requests"
            self.family(number, "counter", name if open_metrics else name + "_total", "Requests that were answered.")
            path = self.PATHS[number % 10]
            self.value(self.counters, f'{name}_total{{code="{200 + number % 3 * 100}",handler="{path}",method="GET"}}')
        bounds = [f"{0.001 * 2 ** i:.6g}" for i in range(self.BOUNDS - 1)] + ["+Inf"]
        for number in range(histograms):
            name = f"farm_request_{number // 10}_duration_seconds"
            self.family(number, "histogram", name, "Time that requests took.")
            labels = f'handler="{self.PATHS[number % 10]}",method="POST"'
            for place, bound in enumerate(bounds):
                self.value(self.histograms if place == 0 else None, f'{name}_bucket{{{labels},le="{bound}"}}')
            self.value(None, f"{name}_sum{{{labels}}}")
            self.value(None, f"{name}_count{{{labels}}}")
        for number in range(constants):
            self.family(number, "gauge", f"farm_build_{number // 10}_info", "What was built.")
            self.text += f'farm_build_{number // 10}_info{{revision="r{number}",version="1.{number}"}} 1\n'.encode()
        self.pieces.append(self.text + (b"# EOF\n" if open_metrics else b""))

    def family(self, number, kind, name, help):
        if number % 10 == 0:
            self.text += f"# HELP {name} {help}\n# TYPE {name} {kind}\n".encode()

    def value(self, places, series):
        self.pieces.append(self.text + series.encode() + b" ")
        if places is not None:
            places.append(len(self.pieces))
        self.pieces.append(b"0")
        self.text = b"\n"


class Target(asyncio.Protocol):
    """One connection to one target."""

    def __init__(self, farm):
        self.farm, self.received = farm, b""

    def connection_made(self, transport):
        self.transport = transport
        address = transport.get_extra_info("sockname")[0].split(".")
        self.number = int(address[2]) * 250 + int(address[3]) - 1
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head, self.received = self.received[:end].lower(), self.received[end + 4 :]
            self.transport.write(self.farm.answer(self.number, head, time.time()))


class Farm:
    def __init__(self, targets, series, open_metrics):
        self.layout = Layout(series, open_metrics)
        self.pages = [Page(self.layout, number) for number in range(targets)]
        self.type = b"application/openmetrics-text; version=1.0.0; charset=utf-8" if open_metrics else b"text/plain; version=0.0.4"
        self.begin()

    def begin(self):
        self.asked = [[] for _ in self.pages]
        self.plain_bytes = self.sent_bytes = 0

    def answer(self, number, head, now):
        if head.startswith((b"get /farm/begin", b"get /farm/asked")):
            body = b"{}"
            if b"/asked" in head:
                times = os.times()
                body = json.dumps(
                    {"asked": self.asked, "plain": self.plain_bytes, "sent": self.sent_bytes, "cpu": times.user + times.system}
                ).encode()
            else:
                self.begin()
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        if not 0 <= number < len(self.pages):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        self.asked[number].append(now)
        body, coding = self.pages[number].next(), b""
        self.plain_bytes += len(body)
        if b"gzip" in head:
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            body, coding = packer.compress(body) + packer.flush(), b"Content-Encoding: gzip\r\n"
        self.sent_bytes += len(body)
        return b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%bContent-Length: %d\r\n\r\n%b" % (self.type, coding, len(body), body)


def address(number, port):
    return f"127.1.{number // 250}.{number % 250 + 1}:{port}"


def serve(arguments):
    import gc

    farm = Farm(arguments.targets, arguments.series, arguments.open_metrics)
    gc.freeze()

    async def run():
        server = await asyncio.get_running_loop().create_server(lambda: Target(farm), "0.0.0.0", 0, backlog=4096)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


# MARK: - Servers


def get(url, **parameters):
    if parameters:
        url += "?" + urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(url, timeout=60) as reply:
        return json.load(reply)


def free_port():
    """A port below those that the system gives to connections, one of which may have it by the time that the server wants it."""
    while True:
        port = random.randint(10_000, 31_999)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    def __init__(self, name, arguments, farm_port, folder):
        self.name = name
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        targets = json.dumps([address(n, farm_port) for n in range(arguments.targets)])
        config = os.path.join(self.folder, "prometheus.yml")
        pace = f"{int(arguments.interval * 1000)}ms"
        with open(config, "w") as file:
            file.write(f"global: {{scrape_interval: {pace}, scrape_timeout: {pace}}}\n")
            file.write(f"scrape_configs: [{{job_name: farm, static_configs: [{{targets: {targets}}}]}}]\n")
        self.data = os.path.join(self.folder, "data")
        if name == "prometheus":
            command = [shutil.which("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.data}"]
            command += [f"--web.listen-address=127.0.0.1:{self.port}"]
            if arguments.seal_every:
                # The head is compacted once it is half again as long as a block; blocks are compacted up to the longest.
                least = max(1, round(arguments.seal_every * 2 / 3))
                command += [f"--storage.tsdb.min-block-duration={least}s", f"--storage.tsdb.max-block-duration={9 * least}s"]
        else:
            command = [arguments.perch, "serve", "--config", config, "--data-dir", self.data, "--http-listen", f"127.0.0.1:{self.port}"]
            command += ["--otlp-grpc-listen", "off", "--otlp-http-listen", "off"]
        self.log = open(os.path.join(self.folder, "log"), "wb")
        pin = ["taskset", "-c", str(arguments.core)] if arguments.core >= 0 else []
        self.process = subprocess.Popen(pin + command, stdout=self.log, stderr=self.log)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/-/ready", timeout=5).close()
                return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise SystemExit(f"{name} did not become ready; its log is {self.log.name}")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, which):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(which))

    def disk(self):
        total = 0
        for folder, _, files in os.walk(self.data):
            for name in files:
                try:
                    total += os.stat(os.path.join(folder, name)).st_blocks * 512
                except FileNotFoundError:
                    pass
        return total

    def seals(self):
        """How often the head was written, and blocks or pages merged, so far; and the seconds that it took."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=60) as reply:
            lines = [line.split() for line in reply.read().decode().splitlines() if not line.startswith("#")]
        values = {line[0]: float(line[1]) for line in lines if len(line) == 2}
        if "perch_storage_seals_total" in values:
            names = ["perch_storage_seals_total", "perch_storage_merges_total"], ["perch_storage_seal_seconds_total", "perch_storage_merge_seconds_total"]
        else:
            # What compacts the head counts as a compaction of blocks, too.
            names = ["prometheus_tsdb_head_truncations_total", "prometheus_tsdb_compactions_total"], ["prometheus_tsdb_compaction_duration_seconds_sum"]
        return [values.get(name, 0) for name in names[0]] + [sum(values.get(name, 0) for name in names[1])]

    def seal_now_and_then(self, seconds):
        """Has the head sealed every so many seconds, until what is returned is set."""
        ended = threading.Event()

        def run():
            while not ended.wait(seconds):
                request = urllib.request.Request(self.url + "/-/flush", data=b"", method="POST")
                urllib.request.urlopen(request, timeout=120).close()

        if self.name == "perch" and seconds:
            threading.Thread(target=run, daemon=True).start()
        return ended

    def vector(self, query, at):
        return get(self.url + "/api/v1/query", query=query, time=at)["data"]["result"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def deviations(times, interval):
    """How far each scrape of a target is from the grid that fits its scrapes best, in milliseconds; and how many scrapes are missing."""
    if len(times) < 2:
        return [], 0
    offsets = [(t - times[0] + interval / 2) % interval - interval / 2 for t in times]
    middle = statistics.median(offsets)
    steps = [round((t - times[0] - middle) / interval) for t in times]
    return [abs(o - middle) * 1000 for o in offsets], steps[-1] - steps[0] + 1 - len(set(steps))


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))] if values else float("nan")


def measure(name, arguments, farm_port, folder):
    control = f"http://127.0.0.1:{farm_port}/farm/"
    get(control + "begin")
    server = Server(name, arguments, farm_port, folder)
    try:
        started = time.time()
        # The first pages: every series is new.
        time.sleep(2 * arguments.interval)
        warm_cpu = server.cpu()
        farm_before = get(control + "asked")["cpu"]
        seals_before = server.seals()
        begun = time.time()
        sealing_ended = server.seal_now_and_then(arguments.seal_every)
        time.sleep(arguments.seconds)
        cpu = server.cpu() - warm_cpu
        ended = time.time()
        sealing_ended.set()
        farm = get(control + "asked")
        asked = farm["asked"]
        first_pages = sum(t < begun for times in asked for t in times)
        pages = sum(t >= begun for times in asked for t in times)
        seconds = ended - begun
        # The last scrapes are given time to be stored.
        time.sleep(min(1, arguments.interval / 2))
        window = f"{int(seconds * 1000)}ms"
        result = {"server": name, "pages": pages, "samples": pages * (arguments.series + 5), "cpu": cpu, "seconds": seconds}
        result["seals"] = [after - before for after, before in zip(server.seals(), seals_before)]
        result["first cpu"] = warm_cpu
        result["first samples"] = first_pages * (arguments.series + 5)
        result["memory"], result["memory max"] = server.memory("VmRSS"), server.memory("VmHWM")
        result["disk"] = server.disk()
        result["farm cpu"] = farm["cpu"] - farm_before
        result["page"], result["sent"] = (farm[which] / max(1, first_pages + pages) for which in ("plain", "sent"))
        found = [deviations(times, arguments.interval) for times in asked]
        jitter = [d for ds, _ in found for d in ds]
        result["jitter"] = [quantile(jitter, q) for q in (0.5, 0.99, 1)]
        result["missed"] = sum(m for _, m in found) + sum(1 for times in asked if not times) * round((ended - started) / arguments.interval)
        stored = get(server.url + "/api/v1/query", query=f"up[{window}]", time=ended)["data"]["result"]
        stamps = [d for s in stored for d in deviations([float(v[0]) for v in s["values"]], arguments.interval)[0]]
        result["stamps"] = [quantile(stamps, q) for q in (0.5, 0.99, 1)]
        result["stored gaps"] = sum(deviations([float(v[0]) for v in s["values"]], arguments.interval)[1] for s in stored)
        result["stored scrapes"] = sum(len(s["values"]) for s in stored)
        result["down"] = sum(v[1] != "1" for s in stored for v in s["values"])
        result["targets"] = len(stored)
        result["took"] = [
            float(server.vector(f"quantile({q}, max_over_time(scrape_duration_seconds[{window}]))", ended)[0]["value"][1]) * 1000
            for q in (0.5, 0.99, 1)
        ]
        series = server.vector("sum(scrape_samples_scraped)", ended)
        result["series"] = int(float(series[0]["value"][1])) if series else 0
        return result
    finally:
        server.end()
        if not arguments.keep:
            shutil.rmtree(server.folder, ignore_errors=True)


ROWS = [
    ("samples scraped", lambda r: f"{r['samples']:,}"),
    ("CPU per sample, µs", lambda r: f"{r['cpu'] / max(1, r['samples']) * 1e6:.3f}"),
    ("seals of the head, merges; seconds for both", lambda r: f"{r['seals'][0]:.0f}, {r['seals'][1]:.0f}; {r['seals'][2]:.1f}"),
    ("part of the core", lambda r: f"{r['cpu'] / r['seconds']:.1%}"),
    ("the same for the first two intervals, where all series are new, µs", lambda r: f"{r['first cpu'] / max(1, r['first samples']) * 1e6:.2f}"),
    ("scrapes missed, targets down", lambda r: f"{r['missed']}, {r['down']}"),
    ("scrapes stored, gaps", lambda r: f"{r['stored scrapes']:,}, {r['stored gaps']}"),
    ("jitter of requests p50 / p99 / max, ms", lambda r: " / ".join(f"{j:.1f}" for j in r["jitter"])),
    ("jitter of timestamps p50 / p99 / max, ms", lambda r: " / ".join(f"{j:.1f}" for j in r["stamps"])),
    ("longest scrape of a target p50 / p99 / max, ms", lambda r: " / ".join(f"{j:.0f}" for j in r["took"])),
    ("memory at the end, highest, MiB", lambda r: f"{r['memory']:.0f}, {r['memory max']:.0f}"),
    ("disk, MiB", lambda r: f"{r['disk'] / 2**20:.0f}"),
]


def compare(arguments):
    folder = tempfile.mkdtemp(prefix="scrape-farm-")
    pin = ["taskset", "-c", str(arguments.farm_core)] if arguments.core >= 0 else []
    farm_command = pin + [sys.executable, os.path.abspath(__file__), "--serve", "--targets", str(arguments.targets)]
    farm_command += ["--series", str(arguments.series)] + (["--open-metrics"] if arguments.open_metrics else [])
    farm = subprocess.Popen(farm_command, stdout=subprocess.PIPE)
    results = []
    try:
        port = int(farm.stdout.readline())
        for turn in range(arguments.rounds):
            for name in arguments.servers.split(","):
                results.append(measure(name, arguments, port, os.path.join(folder, f"{turn}")))
                if arguments.json:
                    print(json.dumps(results[-1]), flush=True)
    finally:
        farm.kill()
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if not arguments.json:
        print(f"{arguments.targets} targets of {arguments.series} series every {arguments.interval:g} s, {arguments.seconds:g} s each;", end=" ")
        print(f"a page is {results[0]['page'] / 1000:.1f} kB, {results[0]['sent'] / 1000:.1f} kB on the wire")
        print("\n| | " + " | ".join(r["server"] for r in results) + " |")
        print("| --- |" + " ---: |" * len(results))
        for title, text in ROWS:
            print(f"| {title} | " + " | ".join(text(r) for r in results) + " |")
        print("| the farm's own part of its core | " + " | ".join(f"{r['farm cpu'] / r['seconds']:.1%}" for r in results) + " |")
    bad = [r for r in results if r["missed"] or r["down"] or r["stored gaps"] or r["targets"] != arguments.targets]
    bad += [r for r in results if r["series"] != arguments.targets * arguments.series]
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help="only the farm, until it is killed")
    parser.add_argument("--servers", default="perch,prometheus")
    parser.add_argument("--perch", default=os.environ.get("PERCH_BIN", ".build/release/perch"))
    parser.add_argument("--targets", type=int, default=500)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--interval", type=float, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seal-every", type=float, default=0, help="seconds between two seals of the head; 0 leaves that to the servers")
    parser.add_argument("--core", type=int, default=0, help="the core of the servers; -1 pins nothing")
    parser.add_argument("--farm-core", type=int, default=1)
    parser.add_argument("--open-metrics", action="store_true", help="pages in OpenMetrics, not in Prometheus' text format")
    parser.add_argument("--json", action="store_true", help="an object a line and server instead of the table")
    parser.add_argument("--keep", action="store_true", help="leave logs and data where they are")
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments)
        return 0
    return compare(arguments)


if __name__ == "__main__":
    sys.exit(main())
