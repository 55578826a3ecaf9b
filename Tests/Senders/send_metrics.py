"""Sends one metric of every kind with OpenTelemetry's SDK, as a service does.

    send_metrics.py otlp-http|otlp-grpc HOST:PORT cumulative|delta [gzip]
"""

import sys
import time

from opentelemetry import metrics, trace
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    MeterProvider,
    ObservableCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider


def exporter(kind, address, temporality, compressed):
    kinds = {Counter: temporality, Histogram: temporality, ObservableCounter: temporality, UpDownCounter: AggregationTemporality.CUMULATIVE}
    if kind == "otlp-grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

        compression = grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression
        return OTLPMetricExporter(endpoint=address, insecure=True, compression=compression, timeout=30, preferred_temporality=kinds)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    compression = Compression.Gzip if compressed else Compression.NoCompression
    return OTLPMetricExporter(
        endpoint=f"http://{address}/v1/metrics", compression=compression, timeout=30, preferred_temporality=kinds)


def main():
    kind, address, temporality, *options = sys.argv[1:]
    chosen = AggregationTemporality.DELTA if temporality == "delta" else AggregationTemporality.CUMULATIVE
    sender = "-".join([kind, temporality] + options)
    resource = Resource.create({
        "service.name": sender, "service.namespace": "test", "service.instance.id": "one", "host.name": "h1"})
    reader = PeriodicExportingMetricReader(
        exporter(kind, address, chosen, "gzip" in options), export_interval_millis=3_600_000)
    provider = MeterProvider(
        resource=resource, metric_readers=[reader],
        views=[View(instrument_name="payload.size", aggregation=ExponentialBucketHistogramAggregation(max_scale=2))])
    meter = provider.get_meter("shop", "1.0")
    requests = meter.create_counter("http.requests", unit="{request}", description="Requests answered.")
    waiting = meter.create_up_down_counter("queue.length")
    duration = meter.create_histogram(
        "http.server.duration", unit="s", explicit_bucket_boundaries_advisory=[0.1, 1, 10])
    size = meter.create_histogram("payload.size", unit="By")
    meter.create_observable_gauge("cpu.utilization", callbacks=[lambda _: [Observation(0.25, {"cpu.id": 3})]], unit="1")
    tracer = TracerProvider(resource=resource).get_tracer("shop")
    for _ in range(2):
        with tracer.start_as_current_span("order"):
            requests.add(3, {"http.method": "GET", "ok": True})
            waiting.add(2)
            for seconds in [0.05, 0.5, 20]:
                duration.record(seconds, {"http.route": "/"})
            for bytes_ in [100, 200, 4000]:
                size.record(bytes_)
        # Points of one time are one: the two rounds must not share a millisecond.
        time.sleep(0.02)
        if not provider.force_flush(30_000):
            sys.exit("the metrics were not taken")
        time.sleep(0.02)
    provider.shutdown()


main()
