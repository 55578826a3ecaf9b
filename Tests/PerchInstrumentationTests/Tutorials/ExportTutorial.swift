import PerchExport
import PerchMetrics
import PerchTracing
import Tracing

private func send() async throws {
    let spans = SpanQueue()
    InstrumentationSystem.bootstrap(PerchTracer(sink: spans))
    let registry = MetricRegistry()

    var configuration = TelemetryExport.Configuration()
    configuration.resource = TelemetryResource(["service.name": "checkout"])
    let transport = try OTLPHTTPTransport(.init(endpoint: "http://localhost:4318"))
    let export = TelemetryExport(transport, configuration: configuration, spans: spans, metrics: registry)
    export.register(in: registry)
    let exporting = Task { await export.run() }

    registry.counter("orders_total", help: "Orders.").increment()
    withSpan("charge card") { span in
        span.attributes["card.brand"] = "visa"
    }

    exporting.cancel()
    await export.flush(within: .seconds(5))
    await export.shutdown()
}
