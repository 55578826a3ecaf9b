import Compression
import Foundation
import RemoteWriteFormat
import Synchronization
import TelemetryModel
import TestSupport
import Testing

/// `kill -9` at a random moment while two senders write: whatever was acknowledged is there afterwards, each sample with its value.
@Suite(.serialized) struct KillTests {
    /// PERCH_KILLS=200 makes the long run.
    private var kills: Int { ProcessInfo.processInfo.environment["PERCH_KILLS"].flatMap(Int.init) ?? 6 }

    @Test(.timeLimit(.minutes(60))) func nothingAcknowledgedIsLost() async throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        print("kill test: seed \(generator.seed), \(kills) kills")
        let start = Int64(Date().timeIntervalSince1970 * 1000) - 3_600_000
        var acknowledged = [0, 0]
        let progress = Progress()
        for round in 0..<kills {
            let perch = try await PerchProcess(dataDirectory: folder.path)
            let lifetime = Double.random(in: 0.05...0.6, using: &generator)
            let (firstDone, secondDone) = (acknowledged[0], acknowledged[1])
            async let first = Sender(index: 0, start: start, from: firstDone).run(against: perch) { progress.add(0) }
            async let second = Sender(index: 1, start: start, from: secondDone).run(against: perch) {
                progress.add(1)
            }
            if round % 3 == 1 { _ = try? await perch.post("/-/flush") }
            // On a machine that is busy, nothing may have come through before the moment of the last kill.
            if round == kills - 1 { try await perch.eventually("both senders got through") { progress.count == 2 } }
            try await Task.sleep(for: .seconds(lifetime))
            try await perch.killHard()
            acknowledged = await [first, second]
        }
        let perch = try await PerchProcess(dataDirectory: folder.path)
        for index in 0..<2 {
            let end = Double(start + Int64(acknowledged[index]) * 1000) / 1000
            let selector = "kill_test{sender=\"\(index)\"}"
            // A batch that was in flight when the server died may be there as well: ask up to the last acknowledged time.
            let counts = try await perch.instant("count_over_time(\(selector)[2h])", by: "series", at: end)
            let sums = try await perch.instant("sum_over_time(\(selector)[2h])", by: "series", at: end)
            let expectedSum = (1...max(1, acknowledged[index])).reduce(0.0) { $0 + Double($1) }
            #expect(acknowledged[index] > 0)
            for series in 0..<Sender.seriesCount {
                #expect(counts["\(series)"] == Double(acknowledged[index]), "sender \(index), series \(series), seed \(generator.seed)")
                #expect(
                    sums["\(series)"] == expectedSum + Double(series * acknowledged[index]),
                    "sender \(index), series \(series), seed \(generator.seed)")
            }
        }
        #expect(try await perch.terminate() == 0)
    }
}

/// Which senders had an acknowledgement.
private final class Progress: Sendable {
    private let senders = Mutex<Set<Int>>([])
    var count: Int { senders.withLock { $0.count } }
    func add(_ sender: Int) { senders.withLock { _ = $0.insert(sender) } }
}

/// Writes one sample a series and request, and says how many requests were acknowledged.
private struct Sender {
    static let seriesCount = 20
    let index: Int
    let start: Int64
    let from: Int

    func run(against perch: PerchProcess, onAcknowledged: @Sendable () -> Void) async -> Int {
        var done = from
        while true {
            let step = done + 1
            var encoder = RemoteWriteEncoder(version: .v1)
            for series in 0..<Self.seriesCount {
                encoder.append(
                    RemoteWriteSeries(
                        labels: ["__name__": "kill_test", "sender": "\(index)", "series": "\(series)"],
                        samples: [Sample(timestamp: start + Int64(step) * 1000, value: Double(step + series))]))
            }
            do {
                let answer = try await perch.writeRemotely(encoder.finish())
                guard answer.status == 204 else {
                    Issue.record("remote write answered \(answer.status): \(answer.text)")
                    return done
                }
                done = step
                onAcknowledged()
            } catch {
                return done  // the server is gone; what it did not acknowledge does not count
            }
        }
    }
}

extension PerchProcess {
    /// Sends a remote write message as Prometheus does.
    func writeRemotely(_ message: [UInt8], version: RemoteWriteVersion = .v1) async throws -> Answer {
        let body = try Codec.snappyBlock.compress(message)
        return try await post(
            "/api/v1/write",
            headers: [
                "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf;proto=\(version.messageName)",
                "X-Prometheus-Remote-Write-Version": version == .v1 ? "0.1.0" : "2.0.0",
            ], body: body)
    }
}
