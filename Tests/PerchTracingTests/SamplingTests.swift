import PerchWire
import Synchronization
import Testing
import Tracing

@testable import PerchTracing

final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}

@Suite struct SamplingTests {
    private let spans = CollectedSpans()

    @Test(
        arguments: [(0.0, 0...0), (1.0, 10_000...10_000), (0.1, 850...1150), (-3, 0...0), (7, 10_000...10_000)]
            as [(Double, ClosedRange<Int>)])
    func `a share of the traces is sampled`(share: Double, expected: ClosedRange<Int>) {
        let tracer = tracer(spans) { $0.sampler = .ratio(share) }
        for _ in 0..<10_000 { tracer.startSpan("x").end() }
        #expect(expected.contains(spans.all.count), "\(spans.all.count)")
    }

    @Test func `a whole trace is sampled or none of it`() {
        let tracer = tracer(spans) { $0.sampler = .parentBased(.ratio(0.5)) }
        for _ in 0..<200 { tracer.withSpan("outer") { _ in tracer.withSpan("inner") { _ in } } }
        let traces = Dictionary(grouping: spans.all, by: \.traceID)
        #expect(traces.count > 50 && traces.count < 150)
        #expect(traces.values.allSatisfy { $0.count == 2 })
    }

    @Test func `the caller's decision is kept where the sampler follows parents`() {
        let follows = tracer(spans) { $0.sampler = .parentBased(.always) }
        let own = tracer(spans) { $0.sampler = .always }
        var context = InstrumentationContext.topLevel
        let headers = ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00"]
        follows.extract(headers, into: &context, using: Headers())
        follows.startSpan("a", context: context).end()
        own.startSpan("b", context: context).end()
        #expect(spans.names == ["b"])
        #expect(spans.all[0].parent?.isRemote == true)
    }

    @Test func `a rate is kept, and a burst of a second's worth allowed`() {
        let limit = RateLimit(perSecond: 10)
        let second: Int64 = 1_000_000_000
        #expect((0..<100).filter { _ in limit.take(now: 5 * second) }.count == 10)
        #expect((0..<100).filter { _ in limit.take(now: 5 * second + second / 2) }.count == 5)
        #expect((0..<100).filter { _ in limit.take(now: 500 * second) }.count == 10)
        let slow = RateLimit(perSecond: 0.1)
        #expect(slow.take(now: 0))
        #expect(!slow.take(now: 9 * second))
        #expect(slow.take(now: 10 * second))
        #expect(!RateLimit(perSecond: 0).take(now: second))
        #expect(!RateLimit(perSecond: .nan).take(now: second))
    }

    @Test func `traces with an error and slow ones are kept although the sampler left them out`() {
        let tracer = tracer(spans) {
            $0.sampler = .never
            $0.tail = TailKeeping()
        }
        tracer.withSpan("fine") { _ in tracer.withSpan("child of fine") { _ in } }
        tracer.withSpan("handled") { _ in
            tracer.withSpan("failed") { $0.setStatus(SpanStatus(code: .error)) }
            tracer.withSpan("went on") { _ in }
        }
        let slow = tracer.startSpan("slow", at: Instant(nanosecondsSinceEpoch: 0))
        let late = tracer.startSpan("late", context: slow.context)
        slow.end(at: Instant(nanosecondsSinceEpoch: 2_000_000_000))
        late.end()
        #expect(spans.names == ["failed", "went on", "handled", "slow", "late"])
        #expect(spans.all.allSatisfy { !$0.context.identity.isSampled })
    }

    @Test func `what is held for traces under consideration is bounded`() {
        let tracer = tracer(spans) {
            $0.sampler = .never
            var tail = TailKeeping()
            tail.spansPerTraceMax = 10
            tail.spansMax = 30
            $0.tail = tail
        }
        let roots = (0..<5).map { tracer.startSpan("root \($0)") }
        for root in roots { for _ in 0..<20 { tracer.startSpan("child", context: root.context).end() } }
        // Ten each of three traces are held; the rest of the children is not.
        #expect(tracer.droppedHeldSpans == 70)
        #expect(!tracer.startSpan("one more").isRecording)
        for root in roots {
            root.setStatus(SpanStatus(code: .error))
            root.end()
        }
        #expect(spans.all.count == 35)
        #expect(tracer.startSpan("room again").isRecording)
    }
}

private struct Instant: TracerInstant {
    let nanosecondsSinceEpoch: UInt64
    static func < (left: Instant, right: Instant) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
}
