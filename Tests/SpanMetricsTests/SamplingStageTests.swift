internal import Foundation
internal import Ingestion
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import SpanMetrics

/// Keeps spans in memory, and refuses for a while if told so.
private final class SpanKeeper: SpanAppending {
    struct State {
        var spans: [SpanRecord] = []
        var services: [String] = []
        var isUnavailable = false
        var calls = 0
    }

    let state = Mutex(State())

    func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome {
        state.withLock { state in
            state.calls += 1
            var outcome = SpanAppendOutcome(.unavailable)
            if state.isUnavailable { return outcome }
            guard let batch = try? SpanBatch(otlp: Array(message)) else { return SpanAppendOutcome(.malformed) }
            state.spans += batch.spans
            state.services += batch.spans.map { batch.resources[$0.resource].serviceName ?? "" }
            outcome = SpanAppendOutcome(.accepted)
            outcome.acceptedSpans = batch.spans.count
            return outcome
        }
    }

    var ids: [UInt64] { state.withLock { $0.spans.map(\.spanID.bits).sorted() } }
    func setUnavailable(_ value: Bool) { state.withLock { $0.isUnavailable = value } }
}

private final class TestClock: Sendable {
    let time = Mutex(SpanMaker.epoch)
    var now: Timestamp { time.withLock { $0 } }
    func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

struct SamplingStageTests {
    private let directory = FileManager.default.temporaryDirectory.path + "/perch-sampling-\(UInt64.random(in: .min ... .max))"
    private let keeper = SpanKeeper()
    private let clock = TestClock()

    private func stage(_ change: (inout SamplingOptions) -> Void = { _ in }) throws -> SamplingStage {
        var options = SamplingOptions()
        options.isEnabled = true
        options.windowMilliseconds = 1000
        change(&options)
        let clock = clock
        return try SamplingStage(options, directory: directory, syncsEveryAppend: false, next: keeper, now: { clock.now })
    }

    private func segments() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".sqlite") }
    }

    private func remove() throws { try FileManager.default.removeItem(atPath: directory) }

    @Test func keptSpansArriveAsTheyWere() throws {
        let stage = try stage()
        let message = SpanMaker.message {
            $0.resource("shop", [.text("host.name", "h")])
            $0.span("kept", .server, trace: 1, id: 1, status: .error, message: "why", [.text("k", "v")])
            $0.span("not", trace: 2, id: 2)
            $0.resource("stock")
            $0.span("kept too", trace: 1, id: 3, parent: 1)
        }
        let outcome = message.withUnsafeBytes { stage.append(otlp: $0) }
        #expect(outcome.status == .accepted)
        #expect(outcome.acceptedSpans == 3)
        #expect(keeper.ids.isEmpty)
        try stage.work()
        #expect(keeper.ids == [1, 3])
        let sent = try SpanBatch(otlp: message)
        let kept = keeper.state.withLock { $0.spans.first { $0.spanID.bits == 1 } }
        #expect(kept?.attributes == sent.spans[0].attributes)
        #expect(kept?.statusMessage == "why")
        #expect(keeper.state.withLock { $0.services }.sorted() == ["shop", "stock"])
        clock.advance(1000)
        try stage.work()
        #expect(keeper.ids == [1, 3])
        #expect(stage.statistics.spans == [.error: 1, .sampledOut: 1])
        #expect(stage.statistics.lateSpansKept == 1)
        try stage.close()
        try remove()
    }

    @Test func whatIsHeldSurvivesACrash() throws {
        let first = try stage { $0.probability = 1 }
        for id in 1...5 {
            let message = SpanMaker.message {
                $0.resource("shop")
                $0.span(trace: UInt64(id), id: UInt64(id))
            }
            #expect(message.withUnsafeBytes { first.append(otlp: $0) }.status == .accepted)
        }
        try first.work()
        #expect(keeper.ids.isEmpty)
        // Nothing is handed on when it is closed, as when it is killed.
        try first.close()
        let second = try stage { $0.probability = 1 }
        #expect(second.statistics.heldSpans == 5)
        clock.advance(1000)
        try second.work()
        #expect(keeper.ids == [1, 2, 3, 4, 5])
        try second.close()

        let third = try stage { $0.probability = 1 }
        #expect(third.statistics.heldSpans == 0)
        try third.close()
        try remove()
    }

    @Test func whereNothingCanBeHandedOnItIsTriedAgain() throws {
        let stage = try stage()
        keeper.setUnavailable(true)
        let message = SpanMaker.message {
            $0.resource("shop")
            $0.span(trace: 1, id: 1, status: .error)
        }
        #expect(message.withUnsafeBytes { stage.append(otlp: $0) }.status == .accepted)
        try stage.work()
        try stage.work()
        #expect(stage.statistics.failedDeliveries == 2)
        keeper.setUnavailable(false)
        try stage.work()
        #expect(keeper.ids == [1])
        try stage.close()
        try remove()
    }

    @Test func noMoreIsTakenThanCanBeHandedOn() throws {
        let stage = try stage { $0.heldBytesMax = 1 << 20 }
        keeper.setUnavailable(true)
        let text = String(repeating: "x", count: 100_000)
        var taken = 0
        var refused = 0
        for id in 1...40 {
            let message = SpanMaker.message {
                $0.resource("shop")
                $0.span(trace: UInt64(id), id: UInt64(id), status: .error, [.text("text", text)])
            }
            switch message.withUnsafeBytes({ stage.append(otlp: $0) }).status {
            case .accepted: taken += 1
            case .unavailable: refused += 1
            default: Issue.record("refused for good")
            }
            try stage.work()
        }
        #expect(taken > 10 && refused > 10)
        keeper.setUnavailable(false)
        try stage.work()
        #expect(keeper.ids.count == taken)
        try stage.close()
        try remove()
    }

    @Test func withoutSamplingWhatWasHeldIsKept() throws {
        let stage = try stage()
        let message = SpanMaker.message {
            $0.resource("shop")
            for id in 1...3 { $0.span(trace: UInt64(id), id: UInt64(id)) }
        }
        _ = message.withUnsafeBytes { stage.append(otlp: $0) }
        try stage.close()
        keeper.setUnavailable(true)
        #expect(throws: (any Error).self) { try SamplingStage.handOnLeftovers(in: directory, to: keeper) }
        keeper.setUnavailable(false)
        #expect(try SamplingStage.handOnLeftovers(in: directory, to: keeper) == 3)
        #expect(keeper.ids == [1, 2, 3])
        #expect(try SamplingStage.handOnLeftovers(in: directory, to: keeper) == 0)
        try remove()
    }

    /// Messages, crashes and refusals at random: what was acknowledged is kept, or its trace was left out.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func nothingIsLostButByDecision(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var stage = try stage { $0.probability = 0.4 }
        var acknowledged: [UInt64: [UInt64]] = [:]
        var failed: Set<UInt64> = []
        var next: UInt64 = 1
        for _ in 0..<200 {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0:
                try stage.close()
                stage = try self.stage { $0.probability = 0.4 }
            case 1: keeper.setUnavailable(Bool.random(using: &generator))
            default: break
            }
            var spans: [(trace: UInt64, id: UInt64, isError: Bool)] = []
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                spans.append((UInt64.random(in: 1...60, using: &generator), next, Int.random(in: 0..<30, using: &generator) == 0))
                next += 1
            }
            let message = SpanMaker.message { maker in
                maker.resource("shop")
                for span in spans { maker.span(trace: span.trace, id: span.id, status: span.isError ? .error : .unset) }
            }
            if message.withUnsafeBytes({ stage.append(otlp: $0) }).status == .accepted {
                for span in spans {
                    acknowledged[span.trace, default: []].append(span.id)
                    if span.isError { failed.insert(span.trace) }
                }
            }
            clock.advance(Int64.random(in: 0...300, using: &generator))
            try stage.work()
        }
        keeper.setUnavailable(false)
        clock.advance(2000)
        try stage.work()
        clock.advance(2000)
        try stage.work()
        let kept = Set(keeper.ids)
        for (trace, spans) in acknowledged where TraceSampler.isTaken(TraceID(high: 0xabc, low: trace), 0.4) {
            // Whatever happened, such a trace is always kept whole.
            #expect(spans.allSatisfy { kept.contains($0) }, "seed \(seed), trace \(trace)")
        }
        let wrong = kept.filter { id in
            guard let trace = acknowledged.first(where: { $0.value.contains(id) })?.key else { return true }
            return !failed.contains(trace) && !TraceSampler.isTaken(TraceID(high: 0xabc, low: trace), 0.4)
        }
        #expect(wrong.isEmpty, "seed \(seed)")
        #expect(stage.statistics.heldSpans == 0)
        #expect(try segments().count <= 2, "seed \(seed)")
        try stage.close()
        try remove()
    }
}
