"""Sends log records with OpenTelemetry's SDK, as a service does, and prints the ids of the trace and the span that they belong to.

    send_logs.py otlp-http|otlp-grpc HOST:PORT [gzip]
"""

import json
import logging
import sys

from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider


def exporter(kind, address, compressed):
    if kind == "otlp-grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

        compression = grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression
        return OTLPLogExporter(endpoint=address, insecure=True, compression=compression, timeout=30)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    compression = Compression.Gzip if compressed else Compression.NoCompression
    return OTLPLogExporter(endpoint=f"http://{address}/v1/logs", compression=compression, timeout=30)


def main():
    kind, address, *options = sys.argv[1:]
    resource = Resource.create({"service.name": f"sender-{kind}", "k8s.pod.name": "pod-1", "team": "a"})
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter(kind, address, "gzip" in options)))
    logger = logging.getLogger("shop.orders")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(LoggingHandler(logger_provider=provider))
    tracer = TracerProvider(resource=resource).get_tracer("shop")
    with tracer.start_as_current_span("order") as span:
        context = span.get_span_context()
        logger.info("order placed", extra={"order.id": 17, "express": True})
        logger.error("payment declined: ä 日本語")
    logger.debug("outside of any span")
    provider.shutdown()
    print(json.dumps({"trace": trace.format_trace_id(context.trace_id), "span": trace.format_span_id(context.span_id)}))


main()
