import Foundation
import OTLPFormat
import Synchronization
import TelemetryModel
import TestSupport
import Testing
import TraceStorage

/// Backups of the traces of a running server, and what is restored from them, compared span by span.
@Suite(.serialized) struct TraceTransferTests {
    /// Everything that is known of a span.
    private struct Span: Hashable {
        var span: SpanRecord
        var resource: ResourceRecord
        var scope: ScopeRecord

        init(_ record: SpanRecord, of batch: SpanBatch) {
            (span, resource, scope) = (record, batch.resources[record.resource], batch.scopes[record.scope])
            (span.resource, span.scope) = (0, 0)
        }
    }

    private static func spans(_ batch: SpanBatch) -> [Span] { batch.spans.map { Span($0, of: batch) } }

    /// Spans that say something in every place, today and yesterday, and one more of a trace of the round before.
    private static func batch(_ round: Int, now: UInt64, after previous: SpanBatch?) -> SpanBatch {
        var generator = SeededGenerator(seed: UInt64(round))
        var batch = generator.spanBatch(spans: 25)
        for index in batch.spans.indices {
            // The generator has all in one day of 2023.
            let shift = now - 1_700_000_000_000_000_000 - 1 << 41 - (round % 3 == 0 ? 86_400_000_000_000 : 0)
            batch.spans[index].start += shift
            batch.spans[index].end += shift
        }
        if let old = previous?.spans.first {
            batch.spans[0].traceID = old.traceID
            batch.spans[0].parentSpanID = old.spanID
            (batch.spans[0].start, batch.spans[0].end) = (old.start + 1, old.start + 2)
        }
        return batch
    }

    /// All spans of a data directory that no server has open.
    private func restored(_ directory: String) throws -> [Span] {
        var options = TraceStorageOptions()
        options.runsInBackground = false
        let damage = Mutex<[String]>([])
        options.report = { event in if case .damaged(let file, let reason) = event { damage.withLock { $0.append(file + reason) } } }
        let storage = try TraceStorage(directory: directory + "/traces", options: options) {
            UInt64(Date().timeIntervalSince1970) * 1_000_000_000
        }
        defer { try? storage.close() }
        let ids = try storage.tables(from: 0, through: .max).flatMap { try $0.frame().traceIDs }
        let found = try Set(ids).flatMap { id in try storage.trace(id).map(Self.spans) ?? [] }
        #expect(damage.withLock { $0 } == [])
        return found
    }

    /// A sender goes on while backups over the network and beside the server are made; each holds what was acknowledged before it began, and
    /// nothing that was not sent.
    @Test(.timeLimit(.minutes(10)), arguments: [true, false]) func tracesOfAServerUnderLoadAreBackedUp(isRemote: Bool) async throws {
        let folder = try TemporaryFolder()
        // Metrics that are made of spans would be news in each backup.
        let configuration = try folder.write("traces: {span_metrics: false, service_graphs: false}\n", to: "perch.yml")
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        let now = UInt64(Date().timeIntervalSince1970) * 1_000_000_000
        // What was begun, and how much of it is acknowledged.
        let sent = Mutex<(begun: [Span], acknowledged: Int)>(([], 0))
        let isOver = Mutex(false)
        async let sender: Void = {
            var round = 0
            var previous: SpanBatch?
            while !isOver.withLock({ $0 }) {
                let batch = Self.batch(round, now: now, after: previous)
                sent.withLock { $0.begun += Self.spans(batch) }
                let taken = try await server.post("/v1/traces", headers: ["Content-Type": "application/x-protobuf"], body: batch.otlp)
                guard taken.status == 200, taken.body.isEmpty else { throw PerchProcess.Failure("\(taken.status): \(taken.text)") }
                sent.withLock { $0.acknowledged = $0.begun.count }
                previous = batch
                round += 1
                if round % 7 == 0 { _ = try await server.post("/-/flush") }
            }
        }()
        let place = isRemote ? ["--url", server.url] : ["--data-dir", server.dataDirectory]
        let backup = ["storage", "backup", folder.path + "/backup"] + place
        for turn in 0..<3 {
            while sent.withLock({ $0.acknowledged }) < (turn + 1) * 250 { try await Task.sleep(for: .milliseconds(5)) }
            let acknowledged = sent.withLock { Set($0.begun.prefix($0.acknowledged)) }
            let made = try await run(PerchProcess.executable, backup)
            #expect(made.status == 0, "\(made)")
            let begun = sent.withLock { Set($0.begun) }
            let target = folder.path + "/restored-\(turn)"
            let put = try await run(PerchProcess.executable, ["storage", "restore", folder.path + "/backup", "--data-dir", target])
            #expect(put.status == 0, "\(put)")
            let found = try restored(target)
            #expect(Set(found).count == found.count, "turn \(turn): spans are there twice")
            #expect(acknowledged.subtracting(found).isEmpty, "turn \(turn): \(acknowledged.subtracting(found).count) are lost")
            #expect(Set(found).isSubset(of: begun), "turn \(turn): spans that nobody sent")
        }
        isOver.withLock { $0 = true }
        try await sender
        // At rest nothing needs to be copied again, and the restored data are those of the server, for its APIs too.
        _ = try await server.post("/-/flush")
        // Not at once: files that were written to just now are copied again.
        try await server.eventually("nothing to copy") {
            let still = try await run(PerchProcess.executable, backup)
            #expect(still.status == 0, "\(still)")
            return still.output.contains(" 0 files copied (0 bytes)")
        }
        let last = folder.path + "/last"
        #expect(try await run(PerchProcess.executable, ["storage", "restore", folder.path + "/backup", "--data-dir", last]).status == 0)
        let all = sent.withLock { $0.begun }
        let found = try restored(last)
        #expect(found.count == all.count && Set(found) == Set(all))
        let second = try await PerchProcess(dataDirectory: last)
        for id in Set(all.map(\.span.traceID)).sorted().prefix(10) {
            let path = "/tempo/api/traces/" + id.hexadecimal
            #expect(try await second.get(path).text == server.get(path).text, "\(id.hexadecimal)")
        }
        #expect(try await run(PerchProcess.executable, ["storage", "verify", "--data-dir", last]).status == 0)
    }
}
