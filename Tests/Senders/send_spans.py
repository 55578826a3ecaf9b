"""Sends four spans as a service does that uses the OpenTelemetry SDK, by the exporter that the first argument names.

    send_spans.py EXPORTER ADDRESS [gzip]

EXPORTER is otlp-http, otlp-grpc, jaeger-udp, jaeger-udp-binary, jaeger-http or zipkin; ADDRESS is HOST:PORT. Prints the ids as JSON.
"""

import json
import sys

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState


def exporter(kind, address, gzip):
    if kind == "otlp-http":
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        compression = Compression.Gzip if gzip else Compression.NoCompression
        return OTLPSpanExporter(endpoint=f"http://{address}/v1/traces", compression=compression)
    if kind == "otlp-grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        compression = grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression
        return OTLPSpanExporter(endpoint=f"http://{address}", insecure=True, compression=compression)
    if kind == "zipkin":
        from opentelemetry.exporter.zipkin.json import ZipkinExporter

        return ZipkinExporter(endpoint=f"http://{address}/api/v2/spans")

    from opentelemetry.exporter.jaeger.thrift import JaegerExporter

    host, port = address.rsplit(":", 1)
    if kind == "jaeger-http":
        return JaegerExporter(collector_endpoint=f"http://{address}/api/traces?format=jaeger.thrift")
    made = JaegerExporter(agent_host_name=host, agent_port=int(port))
    if kind == "jaeger-udp-binary":
        # The exporter knows the compact encoding only; the binary one is of the same library.
        from opentelemetry.exporter.jaeger.thrift.gen.agent import Agent
        from thrift.protocol import TBinaryProtocol

        client = made._agent_client
        client.client = Agent.Client(iprot=TBinaryProtocol.TBinaryProtocol(trans=client.buffer))
    return made


def main():
    kind, address = sys.argv[1:3]
    resource = Resource({"service.name": "checkout", "service.version": "1.2", "host.cpus": 8, "zones": ["a", "b"]})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter(kind, address, "gzip" in sys.argv[3:])))
    tracer = provider.get_tracer("shop.checkout", "0.9")

    start = int(sys.argv[4]) if len(sys.argv) > 4 else __import__("time").time_ns() // 1_000_000_000 * 1_000_000_000
    far = SpanContext(0x0102030405060708090A0B0C0D0E0F10, 0x1112131415161718, True, TraceFlags(1), TraceState([("vendor", "x")]))
    attributes = {
        "text": "näme \U0001F985 \"quoted\"\n",
        "yes": True,
        "no": False,
        "least": -(2**63),
        "count": 42,
        "ratio": 0.25,
        "texts": ["a", "b"],
        "truths": [True, False],
        "numbers": [1, 2, 3],
        "ratios": [0.5, 1.5],
    }
    root = tracer.start_span("POST /checkout", kind=SpanKind.SERVER, start_time=start, attributes=attributes)
    root.set_status(Status(StatusCode.OK))
    inside = trace.set_span_in_context(root)
    pay = tracer.start_span("pay", context=inside, kind=SpanKind.CLIENT, start_time=start + 1_000_000)
    pay.add_event("retry", {"attempt": 2, "why": "timeout"}, timestamp=start + 2_000_000)
    pay.add_event("gave up", timestamp=start + 3_000_000)
    pay.set_status(Status(StatusCode.ERROR, "card refused"))
    pay.end(end_time=start + 5_000_000)
    order = tracer.start_span(
        "order", context=inside, kind=SpanKind.PRODUCER, start_time=start + 5_000_000, links=[Link(far, {"reason": "batch"})])
    order.end(end_time=start + 6_000_000)
    other = provider.get_tracer("shop.pricing").start_span("price", context=inside, start_time=start + 6_000_000)
    other.end(end_time=start + 6_500_000)
    root.end(end_time=start + 10_000_000)
    provider.shutdown()

    ids = {name: f"{span.context.span_id:016x}" for name, span in [("root", root), ("pay", pay), ("order", order), ("price", other)]}
    ids["trace"] = f"{root.context.trace_id:032x}"
    ids["start"] = str(start)
    print(json.dumps(ids))


main()
