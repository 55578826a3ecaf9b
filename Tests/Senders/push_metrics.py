"""Pushes groups with Prometheus' client for Python, as a batch job does.

    push_metrics.py HOST:PORT
"""

import sys

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, delete_from_gateway, push_to_gateway, pushadd_to_gateway


def registry(name, value):
    registry = CollectorRegistry()
    Gauge(name, "A gauge.", ["step"], registry=registry).labels("one").set(value)
    return registry


def main():
    address = sys.argv[1]
    whole = registry("batch_size", 7)
    Counter("batch_rows", "Rows.", registry=whole).inc(3)
    Histogram("batch_seconds", "Seconds.", registry=whole).observe(0.3)
    push_to_gateway(address, job="nightly", registry=whole, grouping_key={"instance": "a/b", "zone": "ö"})
    pushadd_to_gateway(address, job="nightly", registry=registry("batch_size", 8), grouping_key={"instance": "a/b", "zone": "ö"})
    push_to_gateway(address, job="with/slash", registry=registry("other_size", 1))
    push_to_gateway(address, job="gone", registry=registry("gone_size", 1))
    delete_from_gateway(address, job="gone")


main()
