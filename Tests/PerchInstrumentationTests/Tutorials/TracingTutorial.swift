import PerchTracing
import Tracing

private func trace() {
    var configuration = PerchTracer.Configuration()
    configuration.sampler = .parentBased(.ratio(0.5))
    let spans = ImmediateSpans { span in print(span.name, span.durationNanoseconds, span.traceID) }
    InstrumentationSystem.bootstrap(PerchTracer(configuration, sink: spans))

    withSpan("place order") { span in
        span.attributes["order.id"] = "o-17"
        withSpan("charge card") { _ in }
    }
}
