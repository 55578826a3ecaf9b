internal import InMemoryTracing
internal import PerchTracing
internal import Tracing

enum SpanMeasurements {
    static func all() -> [Measurement] {
        let queue = SpanQueue(spansMax: 4096, batchSize: 512)
        let sampled = PerchTracer(sink: queue)
        var never = PerchTracer.Configuration()
        never.sampler = .parentBased(.never)
        let unsampled = PerchTracer(never, sink: queue)
        let memory = InMemoryTracer()
        let context = InstrumentationContext.topLevel
        let within = unsampled.startSpan("parent", context: context).context
        return [
            Measurement("span start, end and batch, sampled", times: 4096, nanosecondsMax: 1000) { times in
                for _ in 0..<times { sampled.startSpan("GET /orders/{id}", context: context, ofKind: .server).end() }
                while !queue.takeBatch().isEmpty {}
            },
            Measurement("the same with three attributes", times: 4096) { times in
                for _ in 0..<times {
                    let span = sampled.startSpan("GET /orders/{id}", context: context, ofKind: .server)
                    span.attributes = ["http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200]
                    span.end()
                }
                while !queue.takeBatch().isEmpty {}
            },
            Measurement("span start and end, unsampled root", times: 1_000_000, nanosecondsMax: 50, allocationsMax: 0) { times in
                for _ in 0..<times { unsampled.startSpan("GET /orders/{id}", context: context, ofKind: .server).end() }
            },
            Measurement("span start and end, unsampled child", times: 1_000_000, nanosecondsMax: 50, allocationsMax: 0) { times in
                for _ in 0..<times { unsampled.startSpan("GET /orders/{id}", context: within, ofKind: .server).end() }
            },
            Measurement("the same through any Tracer", times: 1_000_000, allocationsMax: 1) { times in
                let tracer: any Tracer = unsampled
                for _ in 0..<times { tracer.startSpan("GET /orders/{id}", context: within, ofKind: .server).end() }
            },
            Measurement("withSpan, unsampled child", times: 1_000_000) { times in
                for _ in 0..<times { unsampled.withSpan("work", context: within) { _ in } }
            },
            Measurement("withValue of a context alone", times: 1_000_000) { times in
                for _ in 0..<times { InstrumentationContext.withValue(within) {} }
            },
            Measurement("withSpan, sampled", times: 4096) { times in
                for _ in 0..<times { sampled.withSpan("work", context: context) { _ in } }
                while !queue.takeBatch().isEmpty {}
            },
            Measurement("span of swift-distributed-tracing's InMemoryTracer", times: 4096) { times in
                for _ in 0..<times { memory.startSpan("GET /orders/{id}", context: context, ofKind: .server).end() }
                memory.clearFinishedSpans()
            },
        ]
    }
}
