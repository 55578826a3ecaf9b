import Compression
import Foundation
import RemoteWriteFormat
import TelemetryModel
import TestSupport
import Testing

/// The same rules over the same samples in Debian's prometheus and in Perch.
@Suite(.serialized) struct RuleCounterpartTests {
    private static let rules = """
        groups:
        - name: a
          interval: 200ms
          rules:
          - {record: 'level:max', expr: max by (room) (level), labels: {kind: max}}
          - {record: 'level:doubled', expr: level:max * 2}
          - alert: High
            expr: level:max > 5
            labels: {severity: page, place: '{{ $labels.room | toUpper }}', none: '{{ $labels.nothing }}'}
            annotations:
              summary: '{{ $labels.room }} at {{ $value | humanize }} of {{ with query "count(level)" }}{{ . | first | value }}{{ end }}'
              link: '{{ externalURL }}{{ tableLink "level" }}'
              bad: '{{ humanize "x" }}'
          - {alert: Slow, expr: level > 5, for: 600ms, keep_firing_for: 800ms}
          - {alert: Same, expr: level > 5, labels: {room: all}}
          - {alert: Patient, expr: level > 0, for: 1h}
          - {record: broken, expr: level * on (kind) level}
        - name: b
          interval: 200ms
          limit: 1
          rules:
          - {record: limited, expr: level}
          - {alert: Absent, expr: absent(nothing)}
        """

    private struct Pair {
        var perch: PerchProcess
        var prometheus: ChildProcess
        var url: String

        func write(_ values: [(room: String, value: Double)]) async throws {
            var encoder = RemoteWriteEncoder(version: .v1)
            let now = Timestamp(Date().timeIntervalSince1970 * 1000)
            for (room, value) in values {
                encoder.append(
                    RemoteWriteSeries(labels: ["__name__": "level", "room": room], samples: [Sample(timestamp: now, value: value)]))
            }
            let body = try Codec.snappyBlock.compress(encoder.finish())
            let headers = [
                "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Write-Version": "0.1.0",
            ]
            for url in [perch.url, url] {
                #expect(try await PerchProcess.send("POST", url + "/api/v1/write", headers: headers, body: body).status == 204)
            }
        }

        /// What an API says, without what differs between two servers: times, and the order of alerts.
        func shown(_ path: String, of url: String) async throws -> String {
            let answer = try await PerchProcess.get(url + path)
            func normal(_ value: Any, _ key: String = "") -> Any? {
                // Older versions leave empty labels out.
                if key == "labels", (value as? [String: Any])?.isEmpty == true { return nil }
                if key == "lastError", let text = value as? String { return text.split(separator: ": [").first.map(String.init) }
                if ["lastEvaluation", "evaluationTime", "activeAt", "keepFiringSince", "keepFiringFor"].contains(key) { return nil }
                if let object = value as? [String: Any] {
                    return object.reduce(into: [String: Any]()) { result, member in
                        if let value = normal(member.value, member.key) { result[member.key] = value }
                    }
                }
                if let list = value as? [Any] {
                    let values = list.compactMap { normal($0) }
                    return key == "alerts" ? values.sorted { text($0) < text($1) } : values
                }
                return (value as? String)?.replacing(self.url, with: "URL").replacing(perch.url, with: "URL") ?? value
            }
            func text(_ value: Any) -> String {
                (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .prettyPrinted]))
                    .map { String(decoding: $0, as: UTF8.self) } ?? "?"
            }
            guard let json = answer.json, let normalized = normal(json) else { throw PerchProcess.Failure("\(answer.text)") }
            return text(normalized)
        }

        func expectSame(_ path: String, _ what: String) async throws {
            var (theirs, ours) = ("", "")
            let end = ContinuousClock.now + PerchProcess.patience
            while ContinuousClock.now < end {
                theirs = try await shown(path, of: url)
                ours = try await shown(path, of: perch.url)
                if theirs == ours { return }
                try await Task.sleep(for: .milliseconds(50))
            }
            Issue.record("\(what): \(path)\ntheirs: \(theirs)\nours: \(ours)")
        }
    }

    private func pair(_ folder: TemporaryFolder) async throws -> Pair {
        _ = try folder.write(Self.rules, to: "rules.yml")
        let configuration = try folder.write("rule_files: ['\(folder.path)/rules.yml']\n", to: "prometheus.yml")
        let address = "127.0.0.1:\(try FreePorts.one())"
        let prometheus = try ChildProcess(
            installed("prometheus") ?? "",
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/prometheus", "--web.listen-address=\(address)",
                "--web.enable-remote-write-receiver", "--log.level=error", "--web.external-url=http://\(address)",
            ])
        let perch = try await PerchProcess(
            dataDirectory: folder.path + "/perch", configuration: configuration, arguments: ["--web.external-url", "http://\(address)"])
        try await perch.eventually("prometheus is ready") { try await PerchProcess.get("http://\(address)/-/ready").status == 200 }
        return Pair(perch: perch, prometheus: prometheus, url: "http://" + address)
    }

    @Test(.enabled(if: installed("prometheus") != nil, "prometheus is not installed"), .timeLimit(.minutes(10)))
    func `rules and alerts are those of prometheus, state by state`() async throws {
        let folder = try TemporaryFolder()
        let pair = try await pair(folder)
        for (what, values) in [
            ("quiet", [("a", 1.0), ("b", 2)]), ("one high", [("a", 6), ("b", 2)]), ("both high", [("a", 6), ("b", 12345.678)]),
            ("one low again", [("a", 0), ("b", 12345.678)]), ("quiet again", [("a", 0), ("b", 0)]),
        ] as [(String, [(String, Double)])] {
            try await pair.write(values.map { (room: $0.0, value: $0.1) })
            // Until pending became firing, and what is kept ended.
            try await Task.sleep(for: .milliseconds(2500))
            try await pair.expectSame("/api/v1/rules", what)
            try await pair.expectSame("/api/v1/alerts", what)
            for query in ["ALERTS", "level:doubled", "limited"] {
                try await pair.expectSame(
                    "/api/v1/series?match[]=\(query)&start=\(Date().timeIntervalSince1970 - 600)&end=\(Date().timeIntervalSince1970)", what)
            }
        }
        pair.prometheus.send(signal: SIGTERM)
        _ = try await pair.prometheus.status()
        #expect(try await pair.perch.terminate() == 0)
    }
}
