internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import SpanMetrics

struct TraceSamplerTests {
    /// A sampler with a clock, and what it said of each span: `(message, index)`.
    private struct Bench {
        var sampler: TraceSampler
        var now = SpanMaker.epoch
        var kept: Set<TraceSampler.HeldSpan> = []
        var dropped: Set<TraceSampler.HeldSpan> = []
        private var next = 0

        init(_ options: SamplingOptions) { sampler = TraceSampler(options, seed: 1) }

        @discardableResult
        mutating func take(service: String = "shop", _ build: (inout SpanMaker) -> Void) -> Int {
            let message = SpanMaker.message {
                $0.resource(service)
                build(&$0)
            }
            let number = next
            next += 1
            message.withUnsafeBytes { bytes in
                guard let scan = try? SpanScan(bytes) else { return }
                let identity = Identity(of: Array(service.utf8), seed: 1)
                note(sampler.take(number, scan, services: scan.resources.map { _ in identity }, now: now))
            }
            return number
        }

        mutating func decide() { note(sampler.decideDue(now: now)) }

        private mutating func note(_ decisions: [TraceSampler.Decision]) {
            for decision in decisions {
                for span in decision.spans {
                    #expect(!kept.contains(span) && !dropped.contains(span), "a span was decided on twice")
                    if decision.isKept { kept.insert(span) } else { dropped.insert(span) }
                }
            }
        }
    }

    private func options(_ change: (inout SamplingOptions) -> Void = { _ in }) -> SamplingOptions {
        var options = SamplingOptions()
        options.isEnabled = true
        options.windowMilliseconds = 1000
        change(&options)
        return options
    }

    @Test func errorsAreKeptAtOnceWithAllThatCameBefore() {
        var bench = Bench(options())
        bench.take { $0.span("a", trace: 1, id: 1) }
        #expect(bench.kept.isEmpty)
        bench.take { $0.span("b", trace: 1, id: 2, parent: 1, status: .error) }
        #expect(bench.kept.count == 2)
        bench.take { $0.span("late", trace: 1, id: 3, parent: 1) }
        #expect(bench.kept.count == 3)
        #expect(bench.sampler.statistics.traces == [.error: 1])
        #expect(bench.sampler.statistics.lateSpansKept == 1)
    }

    @Test func whatIsNeitherIsLeftOutAtTheEndOfItsWindow() {
        var bench = Bench(options())
        bench.take { $0.span("a", trace: 1, id: 1) }
        bench.now += 999
        bench.decide()
        #expect(bench.dropped.isEmpty)
        bench.now += 1
        bench.decide()
        #expect(bench.dropped.count == 1)
        // Even an error that comes too late.
        bench.take { $0.span("late", trace: 1, id: 2, status: .error) }
        #expect(bench.dropped.count == 2)
        #expect(bench.sampler.statistics.traces == [.sampledOut: 1])
        #expect(bench.sampler.currentStatistics.heldTraces == 0)
        #expect(bench.sampler.statistics.heldBytes == 0)
    }

    @Test func slowTracesAreKept() {
        var bench = Bench(options { $0.slowMilliseconds = 500 })
        bench.take { $0.span("fast", trace: 1, id: 1, ms: 499) }
        bench.take { $0.span("slow", trace: 2, id: 1, ms: 500) }
        // Two spans that are slow together.
        bench.take { $0.span("one", trace: 3, id: 1, ms: 10, end: -495) }
        bench.take { $0.span("two", trace: 3, id: 2, ms: 10, end: 0) }
        #expect(bench.kept.count == 3)
        #expect(bench.sampler.statistics.traces == [.slow: 2])
    }

    @Test func eachServiceMayKeepSomeTracesInASecond() {
        var bench = Bench(
            options {
                $0.tracesPerSecond = 2
                $0.tracesPerSecondByService = ["quiet": 0.5, "off": 0]
            })
        for second in 0..<10 {
            for index in 0..<20 {
                for (offset, service) in ["shop", "quiet", "off", "stock"].enumerated() {
                    bench.take(service: service) { $0.span(trace: UInt64(second * 1000 + index * 10 + offset + 1), id: 1) }
                }
            }
            bench.now += 1000
            bench.decide()
        }
        #expect(bench.sampler.statistics.traces[.rate] == 2 * 10 + 2 * 10 + 5)
    }

    @Test func aPartOfTheRestIsKeptByTheTraceID() {
        var bench = Bench(options { $0.probability = 0.3 })
        var generator = SeededGenerator(seed: 11)
        var expected = 0
        for _ in 0..<2000 {
            let trace = generator.next()
            if TraceSampler.isTaken(TraceID(high: 0xabc, low: trace), 0.3) { expected += 1 }
            bench.take { $0.span(trace: trace, id: 1) }
        }
        bench.now += 1000
        bench.decide()
        #expect(bench.kept.count == expected)
        #expect((500...700).contains(expected))
        #expect(!TraceSampler.isTaken(TraceID(high: 0, low: 1), 0))
        #expect(TraceSampler.isTaken(TraceID(high: 0, low: 1), 1))
    }

    @Test func theRootSaysWhichServiceATraceIsOf() {
        var bench = Bench(options { $0.tracesPerSecondByService = ["front": 1] })
        bench.take(service: "back") { $0.span(trace: 1, id: 2, parent: 1) }
        bench.take(service: "front") { $0.span(trace: 1, id: 1) }
        bench.take(service: "back") { $0.span(trace: 1, id: 3, parent: 1) }
        bench.now += 1000
        bench.decide()
        #expect(bench.kept.count == 3)
    }

    @Test func whereThereIsNoRoomTheOldestAreDecidedOnEarly() {
        var bench = Bench(options { $0.heldTracesMax = 10 })
        for trace in 1...25 { bench.take { $0.span(trace: UInt64(trace), id: 1) } }
        bench.decide()
        #expect(bench.sampler.currentStatistics.heldTraces == 10)
        #expect(bench.sampler.statistics.earlyDecisions == 15)
        #expect(Set(bench.dropped.map(\.message)) == Set(0..<15))
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func decisionsAreThoseOfANaiveImplementation(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let options = options {
            $0.probability = 0.2
            $0.slowMilliseconds = 300
            $0.decisionsMax = 1_000_000
            $0.heldBytesMax = .max
        }
        var bench = Bench(options)
        /// Of each trace: since when it is held, its extent, its spans, and what was decided.
        struct Naive {
            var since: Timestamp
            var start = UInt64.max
            var end: UInt64 = 0
            var spans: [TraceSampler.HeldSpan] = []
            var isKept: Bool?
        }
        var naive: [UInt64: Naive] = [:]
        for _ in 0..<400 {
            let traces = (0..<Int.random(in: 1...4, using: &generator)).map { _ in UInt64.random(in: 1...120, using: &generator) }
            let spans = traces.map { trace in
                (
                    trace, Double.random(in: 1...150, using: &generator), Double.random(in: -300...0, using: &generator),
                    Int.random(in: 0..<40, using: &generator) == 0
                )
            }
            let number = bench.take { maker in
                for (index, span) in spans.enumerated() {
                    maker.span(trace: span.0, id: UInt64(index + 1), ms: span.1, end: span.2, status: span.3 ? .error : .unset)
                }
            }
            for (index, span) in spans.enumerated() {
                var trace = naive[span.0] ?? Naive(since: bench.now)
                trace.spans.append(.init(message: number, index: Int32(index)))
                if trace.isKept == nil {
                    let end = UInt64(SpanMaker.epoch * 1_000_000 + Int64(span.2 * 1e6))
                    trace.start = min(trace.start, end - UInt64(span.1 * 1e6))
                    trace.end = max(trace.end, end)
                    if span.3 || trace.end - trace.start >= 300_000_000 { trace.isKept = true }
                }
                naive[span.0] = trace
            }
            bench.now += Int64.random(in: 0...120, using: &generator)
            bench.decide()
            for (id, trace) in naive where trace.isKept == nil && bench.now - trace.since >= 1000 {
                naive[id]?.isKept = TraceSampler.isTaken(TraceID(high: 0xabc, low: id), 0.2)
            }
        }
        let kept = Set(naive.values.filter { $0.isKept == true }.flatMap(\.spans))
        let dropped = Set(naive.values.filter { $0.isKept == false }.flatMap(\.spans))
        let held = naive.values.filter { $0.isKept == nil }.flatMap(\.spans)
        #expect(bench.kept == kept, "seed \(seed)")
        #expect(bench.dropped == dropped, "seed \(seed)")
        #expect(bench.sampler.statistics.heldSpans == held.count, "seed \(seed)")
    }

    @Test func decisionsAreForgottenOnlyForNewerOnes() {
        var memory = DecisionMemory(countMax: 10)
        for trace in 1...5 { memory.set(TraceID(high: 0, low: UInt64(trace)), trace % 2 == 0) }
        for trace in 6...9 { memory.set(TraceID(high: 0, low: UInt64(trace)), true) }
        #expect(memory.find(TraceID(high: 0, low: 1)) == false)
        for trace in 10...14 { memory.set(TraceID(high: 0, low: UInt64(trace)), true) }
        #expect(memory.count <= 10)
        // What was asked for lately is known still; what was not is gone.
        #expect(memory.peek(TraceID(high: 0, low: 1)) == false)
        #expect(memory.peek(TraceID(high: 0, low: 2)) == nil)
    }
}
