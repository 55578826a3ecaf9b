import PerchWire
import TestSupport
import Testing
import Tracing

@testable import PerchTracing

private struct OtherKey<Tag>: InstrumentationContextKey { typealias Value = String }

@Suite struct TracingStateTests {
    private func state(_ generator: inout SeededGenerator) -> TracingState {
        var state = TracingState()
        if Int.random(in: 0..<8, using: &generator) > 0 {
            let identity = SpanIdentity(
                traceID: TraceID(high: UInt64.random(in: 0...9, using: &generator), low: 7),
                spanID: SpanID(UInt64.random(in: 1...9, using: &generator)),
                flags: [0, 0, 0, 1, 2, 3][Int.random(in: 0..<6, using: &generator)])
            let text = ["", "", "", "vendor=1"][Int.random(in: 0..<4, using: &generator)]
            state.trace = TraceContext(identity: identity, state: text, isRemote: Bool.random(using: &generator))
        }
        state.isSuppressed = Int.random(in: 0..<6, using: &generator) == 0
        return state
    }

    @Test func `what a context was told last is what it tells, whatever else it holds`() {
        let seed = UInt64.random(in: 0...1_000_000)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var context = InstrumentationContext.topLevel
            for _ in 0..<12 {
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: context[OtherKey<Int>.self] = "a"
                case 1: context[OtherKey<Bool>.self] = "b"
                case 2: context[OtherKey<String>.self] = "c"
                case 3: context.baggage["user"] = "d"
                default: break
                }
                let state = state(&generator)
                context.setTracingState(state)
                let found = context.tracingState
                #expect(found?.trace == state.trace && found?.isSuppressed == state.isSuppressed, "seed \(seed)")
                let isLeftOut = state.isSuppressed || state.trace?.identity.isSampled == false
                #expect(context.isLeftOut == (isLeftOut && context.count <= 4), "seed \(seed)")
                var entries = 0
                context.forEach { key, _ in
                    let keys: [Any.Type] = [TracingEntryKey.self, LeftOutTraceKey.self, RemoteLeftOutTraceKey.self]
                    if keys.contains(where: { key.keyType == $0 }) { entries += 1 }
                }
                #expect(entries == 1, "seed \(seed)")
            }
        }
    }

    @Test func `a trace that its caller left out is left out, and carried on`() {
        let queue = SpanQueue()
        let tracer = PerchTracer(sink: queue)
        var context = InstrumentationContext.topLevel
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        tracer.extract(["traceparent": parent], into: &context, using: Headers())
        #expect(context.traceContext?.isRemote == true)
        let span = tracer.startSpan("work", context: context)
        #expect(!span.isRecording)
        var headers: [String: String] = [:]
        tracer.inject(span.context, into: &headers, using: Headers())
        #expect(headers["traceparent"] == parent)
        span.end()
        #expect(queue.count == 0)
    }
}
