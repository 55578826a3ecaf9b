import Foundation
import RemoteWriteFormat
import TelemetryModel
import TestSupport
import Testing

/// Sending on to receivers that fail in every way.
@Suite(.serialized) struct RemoteWriteTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - Parameter timeout: long enough that a machine which is busy does not make the sender send a batch again that was taken.
    private func configuration(_ url: String, _ more: String = "", global: String = "{}", timeout: String = "60s") throws -> String {
        try folder.write(
            """
            global: \(global)
            remote_write:
              - url: \(url)
                name: sink
                remote_timeout: \(timeout)
                queue_config: {batch_send_deadline: 100ms, max_samples_per_send: 50, max_backoff: 200ms\(more.isEmpty ? "" : ", " + more)}
            """, to: "perch.yml")
    }

    private func start(_ configuration: String) async throws -> PerchProcess {
        try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
    }

    /// Appends a sample to each of some series, `rounds` times; values count on from `first`.
    private func load(_ perch: PerchProcess, rounds: Int, series: Int = 20, from first: Int, base: Int64) async throws {
        for round in first..<(first + rounds) {
            var encoder = RemoteWriteEncoder(version: .v1)
            for number in 0..<series {
                encoder.append(
                    RemoteWriteSeries(
                        labels: ["__name__": "sent", "n": "\(number)"],
                        samples: [Sample(timestamp: base + Int64(round) * 1000, value: Double(round))]))
            }
            let answer = try await perch.writeRemotely(encoder.finish())
            #expect(answer.status == 204, "\(answer.text)")
        }
    }

    /// Every sample was taken in order, and so many times more than once at most.
    private func expectAll(_ sink: RemoteWriteSink, rounds: Int, series: Int = 20, doubledMax: Int) {
        var doubled = 0
        for number in 0..<series {
            let values = sink.values(of: "__name__=sent,n=\(number)")
            var firsts: [Double] = []
            for value in values where !firsts.contains(value) { firsts.append(value) }
            #expect(firsts == (0..<rounds).map { Double($0) }, "series \(number)")
            doubled += values.count - firsts.count
        }
        #expect(doubled <= doubledMax)
    }

    private func metric(_ perch: PerchProcess, _ name: String) async throws -> Double {
        let page = try await perch.get("/metrics").text
        return page.split(separator: "\n").filter {
            $0.hasPrefix(name) && (name.contains("{") || ($0.dropFirst(name.count).first.map { "{ ".contains($0) } ?? false))
        }
        .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    private var base: Int64 { Int64(Date().timeIntervalSince1970) * 1000 - 600_000 }

    @Test(.timeLimit(.minutes(10)))
    func `a clean stop and a start send nothing twice and lose nothing`() async throws {
        let sink = try await RemoteWriteSink()
        let configuration = try configuration(sink.url)
        let base = base
        var perch = try await start(configuration)
        try await load(perch, rounds: 20, from: 0, base: base)
        #expect(try await perch.terminate() == 0)
        perch = try await start(configuration)
        try await load(perch, rounds: 20, from: 20, base: base)
        // Sealing in between moves the journal away from under the reader.
        #expect(try await perch.post("/-/flush").status == 200)
        try await load(perch, rounds: 10, from: 40, base: base)
        try await perch.eventually("all samples") { sink.counts.values.allSatisfy { $0.count == 50 } && sink.counts.count == 20 }
        #expect(try await perch.terminate() == 0)
        expectAll(sink, rounds: 50, doubledMax: 0)
        let first = sink.seen[0].headers
        #expect(first["content-encoding"] == "snappy")
        #expect(first["content-type"] == "application/x-protobuf")
        #expect(first["x-prometheus-remote-write-version"] == "0.1.0")
        #expect(first["user-agent"]?.hasPrefix("Perch/") == true)
    }

    @Test(.timeLimit(.minutes(4)))
    func `an outage with a restart and a kill in the middle loses nothing`() async throws {
        let sink = try await RemoteWriteSink { _ in .fail(503, body: "out of order today") }
        let configuration = try configuration(sink.url)
        let base = base
        var perch = try await start(configuration)
        try await load(perch, rounds: 10, from: 0, base: base)
        #expect(try await perch.post("/-/flush").status == 200)
        try await perch.eventually("retries") { sink.seen.contains { $0.headers["retry-attempt"] != nil } }
        try await perch.eventually("they are counted") { try await metric(perch, "prometheus_remote_storage_samples_retried_total") > 0 }
        try await perch.eventually("the reason is told") { perch.child.printed.contains("out of order today") }
        #expect(try await perch.terminate() == 0)
        perch = try await start(configuration)
        try await load(perch, rounds: 10, from: 10, base: base)
        try await perch.killHard()
        perch = try await start(configuration)
        try await load(perch, rounds: 10, from: 20, base: base)
        #expect(try await perch.post("/-/flush").status == 200)
        try await perch.eventually("files of the queue") { try await metric(perch, "perch_remote_write_queue_bytes") > 0 }
        #expect(sink.taken.isEmpty)
        sink.answer { _ in .take() }
        try await perch.eventually("all samples") {
            sink.counts.values.allSatisfy { $0.count == 30 } && sink.counts.count == 20
        }
        expectAll(sink, rounds: 30, doubledMax: 0)
        // What was kept for the remote alone goes.
        try await load(perch, rounds: 1, from: 30, base: base)
        try await perch.eventually("the queue's files to go") { try await metric(perch, "perch_remote_write_queue_bytes") == 0 }
        // Killed while it sends: what was on its way comes twice at most.
        let killing = perch
        async let loading: Void = load(killing, rounds: 40, from: 31, base: base)
        while sink.counts.values.first?.count ?? 0 < 45 { try await Task.sleep(for: .milliseconds(5)) }
        try await killing.killHard()
        _ = try? await loading
        perch = try await start(configuration)
        let stored = Int(try await perch.instant("sum(count_over_time(sent{n=\"0\"}[1h]))", by: "")[""] ?? 0)
        try await load(perch, rounds: 71 - stored, from: stored, base: base)
        try await perch.eventually("the rest") { sink.counts.values.allSatisfy { $0.count == 71 } }
        expectAll(sink, rounds: 71, doubledMax: 100)
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `the queue on the disk is bounded: the oldest goes, is counted and told of, and what comes later arrives`() async throws {
        let sink = try await RemoteWriteSink { _ in .fail(503, body: "away") }
        let configuration = try folder.write(
            """
            storage: {remote_write_queue_size: 16MB}
            remote_write:
              - url: \(sink.url)
                queue_config: {batch_send_deadline: 100ms, capacity: 20, max_samples_per_send: 10, max_shards: 1, max_backoff: 200ms}
            """, to: "perch.yml")
        let perch = try await start(configuration)
        // Long labels fill the queue with few samples. Seals move four segments of ten megabytes to it, of which one fits.
        var (generator, written) = (SeededGenerator(seed: 11), 0)
        for part in 0..<4 {
            var encoder = RemoteWriteEncoder(version: .v1)
            for number in 0..<170 {
                let text = String(decoding: generator.bytes(60_000).map { 0x21 + $0 % 64 }, as: UTF8.self)
                encoder.append(
                    RemoteWriteSeries(
                        labels: ["__name__": "sent", "n": "\(part) \(number)", "text": text],
                        samples: [Sample(timestamp: base + Int64(part) * 1000, value: Double(number))]))
                written += 1
            }
            let answer = try await perch.writeRemotely(encoder.finish())
            #expect(answer.status == 204, "\(answer.text)")
            #expect(try await perch.post("/-/flush").status == 200)
            let kept = try await metric(perch, "perch_remote_write_queue_bytes")
            #expect(kept > 0 && kept <= 16 * 1_048_576)
        }
        sink.answer { _ in .take() }
        try await load(perch, rounds: 1, series: 5, from: 0, base: base)
        try await perch.eventually("what comes later") { sink.counts.keys.filter { !$0.contains("text=") }.count == 5 }
        let dropped = try await metric(perch, #"prometheus_remote_storage_samples_dropped_total{reason="queue_full""#)
        // Those of the first segments that had not been read by then; the last one is whole.
        let arrived = sink.counts.keys.filter { $0.contains("text=") }
        #expect(dropped > 300 && Int(dropped) + arrived.count == written, "\(dropped) dropped, \(arrived.count) arrived of \(written)")
        #expect(arrived.filter { $0.contains("n=3 ") }.count == 170)
        #expect(perch.child.printed.contains("its queue on the disk was full"))
        let remotes = try await perch.get("/api/v1/status/remote_write").text
        #expect(remotes.contains("queue_full"), "\(remotes)")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `hangs and resets are survived, in order`() async throws {
        let sink = try await RemoteWriteSink { request in
            switch request.number % 5 {
            case 0: .reset(taking: false)
            case 2: .fail(500)
            case 3 where request.number < 4: .hang
            default: .take()
            }
        }
        let perch = try await start(try configuration(sink.url, timeout: "5s"))
        try await load(perch, rounds: 30, from: 0, base: base)
        try await perch.eventually("all samples") {
            sink.counts.values.allSatisfy { $0.count == 30 } && sink.counts.count == 20
        }
        expectAll(sink, rounds: 30, doubledMax: 0)
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `what is refused is counted and told, and 429 waits as long as it says where it is retried`() async throws {
        let sink = try await RemoteWriteSink { request in
            request.number == 0
                ? .fail(400, body: "no such tenant") : request.number == 1 ? .fail(429, headers: ["Retry-After": "2"]) : .take()
        }
        let perch = try await start(try configuration(sink.url, "retry_on_http_429: true"))
        try await load(perch, rounds: 1, from: 0, base: base)
        try await perch.eventually("the refusal") { try await metric(perch, "prometheus_remote_storage_samples_failed_total") == 20 }
        try await perch.eventually("the reason is told") { perch.child.printed.contains("no such tenant") }
        try await load(perch, rounds: 1, from: 1, base: base)
        try await perch.eventually("the second batch") { !sink.taken.isEmpty }
        let seen = sink.seen
        #expect(seen.count == 3)
        #expect(seen[2].time - seen[1].time >= 1.9)
        try await perch.eventually("the status") {
            let status = try await perch.get("/api/v1/status/remote_write").json as? [String: Any]
            let remote = ((status?["data"] as? [String: Any])?["remotes"] as? [[String: Any]])?.first
            return remote?["samplesFailed"] as? Int == 20 && remote?["samplesSent"] as? Int == 20 && remote?["name"] as? String == "sink"
        }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `a receiver of 1_0 that is sent 2_0 gets everything in 1_0`() async throws {
        let sink = try await RemoteWriteSink { $0.version == .v2 ? .fail(415, body: "what is this") : .take() }
        let silent = try await RemoteWriteSink()
        let configuration = try folder.write(
            """
            remote_write:
              - {url: '\(sink.url)', protobuf_message: io.prometheus.write.v2.Request, queue_config: {batch_send_deadline: 100ms}}
              - {url: '\(silent.url)', protobuf_message: io.prometheus.write.v2.Request, queue_config: {batch_send_deadline: 100ms}}
            """, to: "perch.yml")
        let perch = try await start(configuration)
        try await load(perch, rounds: 2, from: 0, base: base)
        try await perch.eventually("samples in 1.0") {
            [sink, silent].allSatisfy { sink in
                let taken = sink.taken.filter { $0.version == .v1 }.flatMap(\.samples).count
                return taken == 40
            }
        }
        #expect(sink.seen[0].headers["content-type"] == "application/x-protobuf;proto=io.prometheus.write.v2.Request")
        #expect(sink.seen[0].headers["x-prometheus-remote-write-version"] == "2.0.0")
        try await perch.eventually("the remark") { perch.child.printed.contains("does not understand remote write 2.0") }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `labels are added and rewritten, and a reload keeps the place of remotes that stay`() async throws {
        let (first, second) = (try await RemoteWriteSink(), try await RemoteWriteSink())
        func file(_ rules: String, _ urls: [(String, String)]) throws -> String {
            let entries = urls.map { name, url in
                """
                  - {url: '\(url)', name: \(name), queue_config: {batch_send_deadline: 100ms}, write_relabel_configs: [\(rules)]}
                """
            }
            return try folder.write(
                "global: {external_labels: {region: eu, n: none}}\nremote_write:\n" + entries.joined(separator: "\n") + "\n",
                to: "perch.yml")
        }
        let keep = "{source_labels: [n], regex: '[0-4]', action: keep}"
        let perch = try await start(try file(keep, [("a", first.url)]))
        try await load(perch, rounds: 3, from: 0, base: base)
        try await perch.eventually("five series") { first.counts.values.filter { $0.count == 3 }.count == 5 }
        #expect(first.counts.keys.sorted() == (0..<5).map { "__name__=sent,n=\($0),region=eu" })
        try await perch.eventually("the others are counted") {
            try await metric(perch, "prometheus_remote_storage_samples_dropped_total") == 45
        }

        first.answer { _ in .fail(500) }
        try await load(perch, rounds: 3, from: 3, base: base)
        // The first remote gets another rule, the second is new and gets what comes from now on.
        _ = try file("{target_label: zone, replacement: x}", [("a", first.url), ("b", second.url)])
        #expect(try await perch.post("/-/reload").status == 200)
        try await load(perch, rounds: 3, from: 6, base: base)
        first.answer { _ in .take() }
        try await perch.eventually("what was not sent before") {
            first.counts["__name__=sent,n=1,region=eu,zone=x"]?.count == 6
                && second.counts["__name__=sent,n=9,region=eu,zone=x"]?.count == 3
        }
        #expect(first.values(of: "__name__=sent,n=1,region=eu") == [0, 1, 2])
        #expect(first.values(of: "__name__=sent,n=1,region=eu,zone=x") == [3, 4, 5, 6, 7, 8])
        #expect(second.values(of: "__name__=sent,n=1,region=eu,zone=x") == [6, 7, 8])

        // A remote that is gone is forgotten.
        _ = try file("{target_label: zone, replacement: x}", [("b", second.url)])
        #expect(try await perch.post("/-/reload").status == 200)
        try await perch.eventually("the remark") { perch.child.printed.contains("not configured any more") }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `samples beyond the age limit are left out`() async throws {
        let sink = try await RemoteWriteSink()
        let perch = try await start(try configuration(sink.url, "sample_age_limit: 1h"))
        let now = Int64(Date().timeIntervalSince1970) * 1000
        try await perch.load(series: "aged", values: [(now - 7_200_000, 1), (now, 2)])
        try await perch.eventually("the young one") { sink.values(of: "__name__=aged") == [2] }
        try await perch.eventually("the count") { try await metric(perch, "prometheus_remote_storage_samples_dropped_total") == 1 }
        #expect(try await perch.terminate() == 0)
    }
}
