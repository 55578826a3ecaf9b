internal import Foundation
internal import RemoteReadFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Debian's promtool, asked what our chunks hold.
@Suite struct PromtoolTests {
    private static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func `promtool reads our chunks, floats and histograms, as what they were made of`() throws {
        var generator = SeededGenerator(seed: 12)
        var block = PrometheusBlock()
        var expected: Set<String> = []
        let base: Timestamp = 1_700_000_000_000
        for number in 0..<20 {
            var columns = SampleColumns()
            var time = base
            for index in 0..<Int.random(in: 1...300, using: &generator) {
                time += Int64.random(in: 1...(number % 2 == 0 ? 20_000 : 3_000_000), using: &generator)
                let value = number % 3 == 0 ? Double(index) : number % 3 == 1 ? Double(Int.random(in: -50...50, using: &generator)) : 1
                columns.append(time, value)
                expected.insert("{__name__=\"metric\", n=\"\(number + 10)\"} \(Int(value)) \(time)")
            }
            block.append(["__name__": "metric", "n": "\(number + 10)"], SampleChunk.chunks(of: columns))
        }
        var columns = SampleColumns()
        for index in 0..<150 {
            let count = Double(index % 60 + 1)
            columns.histograms.append(
                HistogramSample(
                    timestamp: base + Int64(index) * 15_000,
                    histogram: NativeHistogram(
                        schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: count * 3 + 2, sum: count * 5,
                        positiveSpans: [.init(offset: 0, length: 2)], negativeSpans: [.init(offset: 1, length: 1)],
                        positiveBuckets: [count, count], negativeBuckets: [count], isFloat: false)))
        }
        block.append(["__name__": "native"], SampleChunk.chunks(of: columns))
        let folder = NSTemporaryDirectory() + "perch-block-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try block.write(into: folder)

        let process = Process()
        process.executableURL = URL(filePath: Self.promtool ?? "")
        process.arguments = ["tsdb", "dump", folder]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let lines = output.split(separator: "\n").map(String.init)
        let floats = Set(lines.filter { $0.contains("metric") })
        #expect(process.terminationStatus == 0, "\(output.suffix(2000))")
        #expect(floats.count == expected.count)
        #expect(floats.symmetricDifference(expected).sorted().prefix(6) == [])
        // Not all versions of the tool print histograms.
        let natives = lines.filter { $0.contains("native") }
        if !natives.isEmpty {
            #expect(natives.count == 150)
            #expect(natives[0].contains("count:5") && natives[0].contains("sum:5"), "\(natives[0])")
        }
    }
}
