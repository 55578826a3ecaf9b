"""Reviews of products: a FastAPI service instrumented as most are, with nothing of Perch's in it.

Metrics by prometheus_fastapi_instrumentator, logs by structlog as JSON into a file, spans by OpenTelemetry's SDK with the exporter for
Jaeger's agent. It asks the shop's catalog for the product, and its trace goes along.

    reviews_service.py PORT LOG_FILE AGENT_PORT CATALOG_URL
"""

import sys

import httpx
import structlog
import uvicorn
from fastapi import FastAPI, HTTPException
from opentelemetry import propagate, trace
from opentelemetry.exporter.jaeger.thrift import JaegerExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_fastapi_instrumentator import Instrumentator

port, log_file, agent_port, catalog_url = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]


def add_trace(_, __, event):
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
    return event


structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        add_trace,
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.WriteLoggerFactory(file=open(log_file, "a", buffering=1)),
)
logger = structlog.get_logger()

provider = TracerProvider(resource=Resource(attributes={SERVICE_NAME: "reviews"}))
jaeger_exporter = JaegerExporter(agent_host_name="127.0.0.1", agent_port=agent_port)
provider.add_span_processor(BatchSpanProcessor(jaeger_exporter, schedule_delay_millis=200))
trace.set_tracer_provider(provider)

app = FastAPI()
FastAPIInstrumentor.instrument_app(app)
Instrumentator().instrument(app).expose(app)


@app.get("/reviews/{product_id}")
async def get_reviews(product_id: int):
    logger.info("Fetching product", product_id=product_id)
    with trace.get_tracer("reviews").start_as_current_span("ask the catalog", kind=trace.SpanKind.CLIENT):
        headers = {}
        propagate.inject(headers)
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{catalog_url}/products/{product_id}", headers=headers)
    if answer.status_code == 404:
        logger.warning("Product not found", product_id=product_id)
        raise HTTPException(status_code=404, detail=answer.json()["detail"])
    answer.raise_for_status()
    return {"product": answer.json()["name"], "reviews": [{"stars": 5, "text": "Does what it should."}]}


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
