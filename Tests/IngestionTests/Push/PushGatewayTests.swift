internal import Foundation
internal import Ingestion
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Pushed groups")
struct PushGatewayTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "perch-push-\(UUID().uuidString)").path
    private let storage = RecordingStorage()
    private static let text = "text/plain; version=0.0.4"
    private static let job: LabelSet = ["job": "backup", "instance": "a"]

    private func gateway(_ now: Timestamp = 5000, limits: PushGateway.Limits = .init()) throws -> PushGateway {
        try PushGateway(storage: storage, folder: folder, limits: limits, now: { now }) { file, reason in Issue.record("\(file): \(reason)")
        }
    }

    /// The newest sample of each series, without those about pushes.
    private func newest(_ withTimes: Bool = false) -> [String: String] {
        storage.state.withLock { state in
            var newest: [String: String] = [:]
            for series in state.series {
                guard let last = series.samples.last, withTimes || series.labels.metricName?.hasPrefix("push_") != true else { continue }
                let value = Double(bitPattern: last.1)
                newest[series.labels.description] = StaleMarker.matches(value) ? "stale" : "\(value)"
            }
            return newest
        }
    }

    private func push(_ gateway: PushGateway, _ text: String, replaces: Bool = true, to labels: LabelSet = job) -> PushGateway.Status {
        gateway.push(Array(text.utf8), contentType: Self.text, to: labels, replaces: replaces).status
    }

    @Test func `what is pushed is written with its grouping labels, and again at every interval`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gateway = try gateway()
        #expect(push(gateway, "# TYPE done counter\n# HELP done About.\ndone{step=\"1\",job=\"other\"} 3\nfree 4\n") == .accepted)
        #expect(
            newest(true) == [
                #"done{instance="a", job="backup", step="1"}"#: "3.0", #"free{instance="a", job="backup"}"#: "4.0",
                #"push_time_seconds{instance="a", job="backup"}"#: "5.0", #"push_failure_time_seconds{instance="a", job="backup"}"#: "0.0",
            ])
        #expect(storage.state.withLock { $0.metadata["done"] } == MetricMetadata(type: .counter, help: "About."))
        try gateway.writeAll()
        #expect(storage.state.withLock { $0.series.count } == 8)
    }

    @Test func `a push replaces all, or the families that it brings, and what is gone ends`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gateway = try gateway()
        _ = push(gateway, "a{x=\"1\"} 1\na{x=\"2\"} 1\nb 1\n")
        #expect(push(gateway, "a{x=\"1\"} 2\n", replaces: false) == .accepted)
        #expect(
            newest() == [
                #"a{instance="a", job="backup", x="1"}"#: "2.0", #"a{instance="a", job="backup", x="2"}"#: "stale",
                #"b{instance="a", job="backup"}"#: "1.0",
            ])
        #expect(push(gateway, "c 1\n") == .accepted)
        #expect(newest()[#"b{instance="a", job="backup"}"#] == "stale" && newest()[#"c{instance="a", job="backup"}"#] == "1.0")
        #expect(gateway.delete(Self.job).status == .accepted && gateway.counts.groups == 0)
        #expect(newest(true).values.allSatisfy { $0 == "stale" })
        #expect(gateway.delete(["job": "unknown"]).status == .accepted)
    }

    @Test func `groups are there again after a restart`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try gateway()
        _ = push(first, "# TYPE a gauge\na 1\nb 1\n")
        for round in 0..<5 { _ = push(first, "b \(round)\n", replaces: false) }
        _ = push(first, "z 1\n", to: ["job": "gone"])
        _ = first.delete(["job": "gone"])
        let second = try gateway(9000)
        #expect(second.counts.groups == 1)
        try second.writeAll()
        #expect(newest(true)[#"push_time_seconds{instance="a", job="backup"}"#] == "5.0")
        #expect(newest()[#"a{instance="a", job="backup"}"#] == "1.0" && newest()[#"b{instance="a", job="backup"}"#] == "4.0")
    }

    @Test func `pushes that make no sense are refused, and when that was is told`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gateway = try gateway()
        #expect(push(gateway, "# TYPE a counter\na 1\n") == .accepted)
        #expect(push(gateway, "a 1 1000\n", to: ["job": "timed"]) == .rejected)
        #expect(push(gateway, "a 1\na 2\n", to: ["job": "twice"]) == .rejected)
        #expect(push(gateway, "# TYPE a gauge\na 1\n", to: ["job": "clash"]) == .rejected)
        for job in ["timed", "twice", "clash"] { #expect(newest(true)[#"push_failure_time_seconds{job="\#(job)"}"#] == "5.0") }
        #expect(push(gateway, "a{ 1\n", to: ["job": "malformed"]) == .rejected)
        #expect(newest(true)[#"push_failure_time_seconds{job="malformed"}"#] == nil)
    }

    @Test func `there is a bound on groups and series`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var limits = PushGateway.Limits()
        limits.groupsMax = 2
        limits.seriesMax = 7
        let gateway = try gateway(limits: limits)
        #expect(push(gateway, "a 1\n", to: ["job": "1"]) == .accepted)
        #expect(push(gateway, "a 1\nb 1\nc 1\n", to: ["job": "2"]) == .full)
        #expect(push(gateway, "a 1\n", to: ["job": "2"]) == .accepted)
        #expect(push(gateway, "a 1\n", to: ["job": "3"]) == .full)
        #expect(push(gateway, "a 2\n", to: ["job": "1"]) == .accepted)
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `damaged files and pages never trap`(seed: UInt64) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var generator = SeededGenerator(seed: seed)
        let gateway = try gateway()
        let page = Array("# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 3\na_count 2\n".utf8)
        checkDamageNeverTraps(page, rounds: 300, using: &generator) { page in
            for type in [Self.text, "application/vnd.google.protobuf"] {
                _ = gateway.push(page, contentType: type, to: Self.job, replaces: true)
            }
        }
        _ = gateway.push(page, contentType: Self.text, to: Self.job, replaces: true)
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        let file = URL(filePath: folder + "/" + name)
        let good = Array(try Data(contentsOf: file))
        for round in 0..<100 {
            var bad = good
            bad[Int.random(in: 0..<bad.count, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            try Data(bad).write(to: file)
            let faults = Mutex(0)
            let opened = try PushGateway(storage: storage, folder: folder, now: { 1 }) { _, _ in faults.withLock { $0 += 1 } }
            #expect(faults.withLock { $0 } == 1 && opened.counts.groups == 0, "round \(round)")
        }
    }
}
