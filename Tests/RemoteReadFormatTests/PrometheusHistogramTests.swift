internal import Foundation
internal import RemoteReadFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// Debian's prometheus, asked what our chunks of histograms hold. Its promtool prints floats only.
@Suite struct PrometheusHistogramTests {
    private static let prometheus = ["/usr/bin/prometheus", "/usr/local/bin/prometheus"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private static let base: Timestamp = 1_700_000_000_000

    private static func columns(isFloat: Bool) -> SampleColumns {
        var columns = SampleColumns()
        for index in 0..<150 {
            // Resets after sixty, so that there are several chunks.
            let count = Double(index % 60 + 1) * (isFloat ? 1.5 : 1)
            columns.histograms.append(
                HistogramSample(
                    timestamp: base + Int64(index) * 15_000,
                    histogram: NativeHistogram(
                        schema: 0, zeroThreshold: index < 100 ? 0.001 : 0x1p-128, zeroCount: 2, count: count * 3 + 2, sum: count * 5,
                        positiveSpans: [.init(offset: 0, length: 1), .init(offset: 1, length: 1)],
                        negativeSpans: [.init(offset: 1, length: 1)], positiveBuckets: [count, count], negativeBuckets: [count],
                        isFloat: isFloat)))
        }
        return columns
    }

    @Test(.enabled(if: prometheus != nil, "prometheus is not installed"), .timeLimit(.minutes(10)))
    func `prometheus reads our chunks of histograms as what they were made of`() async throws {
        let folder = NSTemporaryDirectory() + "perch-block-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var block = PrometheusBlock()
        for (name, isFloat) in [("floats", true), ("integers", false)] {
            block.append(["__name__": name], SampleChunk.chunks(of: Self.columns(isFloat: isFloat)))
        }
        try block.write(into: folder)
        let configuration = folder + "/prometheus.yml"
        try Data("global: {}\n".utf8).write(to: URL(filePath: configuration))
        let port = try FreePorts.one()
        let process = Process()
        process.executableURL = URL(filePath: Self.prometheus ?? "")
        process.arguments = [
            "--config.file=\(configuration)", "--storage.tsdb.path=\(folder)", "--storage.tsdb.retention.time=100y",
            "--web.listen-address=127.0.0.1:\(port)", "--enable-feature=native-histograms", "--log.level=error",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        for (name, isFloat) in [("floats", true), ("integers", false)] {
            let expected = Self.columns(isFloat: isFloat).histograms
            let found = try await Self.histograms(name, port: port)
            try #require(found.count == expected.count, "\(name)")
            for (got, sample) in zip(found, expected) {
                #expect(Int64((got.time * 1000).rounded()) == sample.timestamp)
                #expect(got.count == sample.histogram.count)
                #expect(got.sum == sample.histogram.sum)
                #expect(got.buckets == [sample.histogram.negativeBuckets[0], 2] + sample.histogram.positiveBuckets)
            }
        }
    }

    private struct Found {
        var time: Double
        var count: Double
        var sum: Double
        var buckets: [Double]
    }

    /// All samples of a series, once the server answers.
    private static func histograms(_ name: String, port: Int) async throws -> [Found] {
        let end = base / 1000 + 150 * 15
        let url = URL(string: "http://127.0.0.1:\(port)/api/v1/query?query=\(name)%5B1h%5D&time=\(end)")
        for _ in 0..<900 {
            guard let url, let (data, _) = try? await URLSession.shared.data(from: url),
                let answer = try? JSONSerialization.jsonObject(with: data) as? [String: Any], answer["status"] as? String == "success",
                let result = (answer["data"] as? [String: Any])?["result"] as? [[String: Any]]
            else {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            return (result.first?["histograms"] as? [[Any]] ?? []).map { pair in
                let histogram = pair[1] as? [String: Any] ?? [:]
                func number(_ value: Any?) -> Double { (value as? String).flatMap { Double($0) } ?? .nan }
                return Found(
                    time: pair[0] as? Double ?? 0, count: number(histogram["count"]), sum: number(histogram["sum"]),
                    buckets: (histogram["buckets"] as? [[Any]] ?? []).map { number($0.last) })
            }
        }
        return []
    }
}
