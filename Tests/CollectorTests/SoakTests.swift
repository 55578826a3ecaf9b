import Compression
import Foundation
import RemoteWriteFormat
import Synchronization
import TelemetryModel
import TestSupport
import Testing

/// The real server under load for a long time: pods come and go, queries are asked, the head is sealed and shards are merged. Memory, open
/// files and the disk must not grow with what is gone.
///
/// `PERCH_SOAK_SECONDS` sets the length (default 20, 600 in `make soak`). Time is sped up thirtyfold for what is sent: samples stand 15 s
/// apart, come every half second, and a pod lives for an hour that takes two minutes.
@Suite(.serialized) struct SoakTests {
    private var seconds: Int { ProcessInfo.processInfo.environment["PERCH_SOAK_SECONDS"].flatMap(Int.init) ?? 20 }

    @Test(.timeLimit(.minutes(120))) func memoryFilesAndDiskStayFlat() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data")
        let load = SoakLoad(seconds: seconds)
        let every = max(seconds / 20, 1)
        print("soak: \(seconds) s, a line every \(every) s")
        print("     s    samples  live series  all series  RSS MB  open files  disk MB")
        var readings: [SoakReading] = []
        async let queries = SoakQueries(load: load, seconds: seconds).run(against: perch)
        let start = ContinuousClock.now
        for round in 0..<seconds * 2 {
            try await load.send(round: round, to: perch)
            if round % (every * 4) == every * 4 - 1 { _ = try await perch.post("/-/flush") }
            if round % (every * 2) == every * 2 - 1 {
                let reading = try SoakReading(of: perch, samples: load.samplesSent(through: round))
                readings.append(reading)
                let elapsed = (ContinuousClock.now - start).components.seconds
                print(reading.line(after: Int(elapsed), live: load.liveSeries, all: load.allSeries(through: round)))
            }
            let due = start + .milliseconds(500) * (round + 1)
            if due > .now { try await Task.sleep(until: due, clock: .continuous) }
        }
        let answered = try await queries
        print("soak: \(answered) queries answered, all counts right")
        check(readings)
        #expect(try await perch.terminate() == 0)
    }

    /// The last third against the middle one: by then every page of code was touched and caches are full.
    private func check(_ readings: [SoakReading]) {
        let third = readings.count / 3
        let middle = readings[third..<2 * third]
        let last = readings.suffix(third)
        let rss = (middle.map(\.rssBytes).max() ?? 0, last.map(\.rssBytes).max() ?? 0)
        #expect(rss.1 < rss.0 * 5 / 4 + (24 << 20), "memory grew from \(rss.0 >> 20) to \(rss.1 >> 20) MB")
        let files = (middle.map(\.openFiles).max() ?? 0, last.map(\.openFiles).max() ?? 0)
        #expect(files.1 <= files.0 + 8, "open files grew from \(files.0) to \(files.1)")
        if let final = readings.last {
            // Journal, indexes and shards; the data itself takes less than a byte a sample once it is merged.
            let bound = final.samples * 4 + (64 << 20)
            #expect(final.diskBytes < bound, "\(final.diskBytes) bytes on the disk for \(final.samples) samples")
        }
    }
}

/// What is sent: a fixed number of pods at any time, each replaced by a new one when its hour is over, one after another.
private struct SoakLoad: Sendable {
    let pods = 100
    let seriesPerPod = 40
    /// Rounds that a pod lives.
    let lifetime = 240
    /// Milliseconds from round to round.
    let step: Int64 = 15_000
    let start: Int64
    let sent = SentRounds()

    /// The last round is now.
    init(seconds: Int) { start = Int64(Date().timeIntervalSince1970 * 1000) - Int64(seconds * 2) * 15_000 }

    var liveSeries: Int { pods * seriesPerPod }
    func time(of round: Int) -> Int64 { start + Int64(round) * step }
    func samplesSent(through round: Int) -> Int { liveSeries * (round + 1) }

    /// How often the pod at a place was replaced. Places take turns.
    func life(of place: Int, in round: Int) -> Int { (round + place * lifetime / pods) / lifetime }
    func allSeries(through round: Int) -> Int { (0..<pods).reduce(0) { $0 + life(of: $1, in: round) + 1 } * seriesPerPod }

    func send(round: Int, to perch: PerchProcess) async throws {
        var encoder = RemoteWriteEncoder(version: .v1)
        for place in 0..<pods {
            let pod = "pod-\(place)-\(life(of: place, in: round))"
            for number in 0..<seriesPerPod {
                let labels = LabelSet([
                    ("__name__", "soak_\(number % 8)_total"), ("number", "\(number)"), ("place", "\(place)"), ("pod", pod),
                ])
                let value = Double(round * (number + 1)) + Double(place) / 4
                encoder.append(RemoteWriteSeries(labels: labels, samples: [Sample(timestamp: time(of: round), value: value)]))
            }
        }
        let answer = try await perch.writeRemotely(encoder.finish())
        if answer.status == 204 { sent.set(round) }
        guard answer.status == 204 else { throw PerchProcess.Failure("round \(round) was answered \(answer.status): \(answer.text)") }
    }
}

/// How far the load has come.
private final class SentRounds: Sendable {
    private let round = Atomic<Int>(-1)
    /// The last round that was answered; -1 before the first.
    var latest: Int { round.load(ordering: .relaxed) }
    func set(_ latest: Int) { round.store(latest, ordering: .relaxed) }
}

/// Queries beside the load, whose answers are known.
private struct SoakQueries: Sendable {
    let load: SoakLoad
    let seconds: Int

    func run(against perch: PerchProcess) async throws -> Int {
        var answered = 0
        let start = ContinuousClock.now
        try await Task.sleep(for: .seconds(3))
        while load.sent.latest < 0 { try await Task.sleep(for: .milliseconds(100)) }
        while ContinuousClock.now - start < .seconds(seconds - 2) {
            // What was sent some rounds ago is there, wherever it is by now.
            let round = max(0, load.sent.latest - 120)
            let time = Double(load.time(of: round)) / 1000
            let counts = try await perch.instant("count(soak_3_total)", by: "none", at: time)
            #expect(counts[""].map { Int($0) >= load.liveSeries / 8 } ?? false, "\(counts) in round \(round)")
            _ = try await perch.instant("topk(3, sum by (place) (rate(soak_1_total[10m])))", by: "place", at: time)
            _ = try await perch.get("/api/v1/label/pod/values")
            answered += 3
            try await Task.sleep(for: .milliseconds(200))
        }
        return answered
    }
}

/// What the process holds at one moment.
private struct SoakReading {
    let samples: Int
    let rssBytes: Int
    let openFiles: Int
    let diskBytes: Int

    init(of perch: PerchProcess, samples: Int) throws {
        self.samples = samples
        let process = "/proc/\(perch.child.identifier)"
        let status = try String(contentsOfFile: process + "/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kilobytes = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0
        rssBytes = kilobytes << 10
        openFiles = try FileManager.default.contentsOfDirectory(atPath: process + "/fd").count
        var bytes = 0
        let names = FileManager.default.enumerator(atPath: perch.dataDirectory)
        while let name = names?.nextObject() as? String {
            // Files go while this looks.
            let values = try? URL(filePath: perch.dataDirectory + "/" + name).resourceValues(forKeys: [.totalFileAllocatedSizeKey])
            bytes += values?.totalFileAllocatedSize ?? 0
        }
        diskBytes = bytes
    }

    func line(after seconds: Int, live: Int, all: Int) -> String {
        func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        return [
            padded("\(seconds)", 6), padded("\(samples)", 11), padded("\(live)", 13), padded("\(all)", 12),
            padded("\(rssBytes >> 20)", 8), padded("\(openFiles)", 12), padded("\(diskBytes >> 20)", 9),
        ].joined()
    }
}
