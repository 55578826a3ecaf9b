import Compression
import Foundation
import TelemetryModel
import Testing

@testable import GraphImage

@Suite struct LineGraphTests {
    private static let minute: Int64 = 60_000

    private func graph(_ change: (inout LineGraph.Options) -> Void = { _ in }, series: [LineGraph.Series]? = nil) -> LineGraph {
        var options = LineGraph.Options(range: TimeRange(start: 0, end: 60 * Self.minute))
        options.title = "load > 10 & rising"
        options.unit = .seconds
        options.threshold = 10
        change(&options)
        let wave = LineGraph.Series(
            name: "job=\"a<b\"", times: (0...60).map { $0 * Self.minute }, values: (0...60).map { 8 + 6 * sin(Double($0) / 6) })
        let flat = LineGraph.Series(name: "job=\"b\"", times: [0, 30, 31].map { $0 * Self.minute }, values: [2, .nan, 4])
        return LineGraph(series ?? [wave, flat], options: options)
    }

    /// Runs a script of Python on some bytes; its standard output, or nil where there is no Python or it failed.
    private func python(_ script: String, _ input: [UInt8]) throws -> String? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("graph-\(UUID().uuidString)")
        try Data(input).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: output, as: UTF8.self) : nil
    }

    @Test func `the SVG is XML with what was asked for`() throws {
        let svg = graph().svg
        #expect(svg.contains("width=\"600\" height=\"240\""))
        #expect(svg.contains("load &gt; 10 &amp; rising") && svg.contains("job=\"a&lt;b\""))
        #expect(svg.contains("stroke-dasharray") && svg.contains(">10 s</text>"))
        #expect(svg.contains(">00:30</text>"), "a time of the axis")
        let counted = try python(
            """
            import sys, xml.dom.minidom as m
            d = m.parse(sys.argv[1])
            print(len(d.getElementsByTagName('polyline')), len(d.getElementsByTagName('text')))
            """, Array(svg.utf8))
        let numbers = try #require(counted, "python3 could not read it").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        #expect(numbers.count == 2 && numbers[0] > 10 && numbers[1] > 10)
    }

    @Test func `the PNG decodes to as many pixels, with lines on white`() throws {
        let png = graph().png
        let told = try python(
            """
            import struct, sys, zlib
            d = open(sys.argv[1], 'rb').read()
            assert d[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
            p, data, names = 8, b'', []
            while p < len(d):
                n, name = struct.unpack('>I4s', d[p:p + 8])
                body = d[p + 8:p + 8 + n]
                assert struct.unpack('>I', d[p + 8 + n:p + 12 + n])[0] == zlib.crc32(name + body)
                names.append(name.decode())
                if name == b'IHDR': head = struct.unpack('>IIBBBBB', body)
                if name == b'IDAT': data += body
                p += 12 + n
            w, h = head[0], head[1]
            raw = zlib.decompress(data)
            assert len(raw) == (w * 3 + 1) * h
            rows, above = [], bytes(w * 3)
            for y in range(h):
                line = raw[y * (w * 3 + 1):(y + 1) * (w * 3 + 1)]
                assert line[0] == 2
                above = bytes((a + b) & 255 for a, b in zip(line[1:], above))
                rows.append(above)
            pixels = {bytes(r[x:x + 3]) for r in rows for x in range(0, w * 3, 3)}
            print(*names, *head, int(bytes([255] * 3) in pixels), int(bytes([0x1f, 0x77, 0xb4]) in pixels), len(pixels) > 20)
            """, png)
        #expect(told?.trimmingCharacters(in: .whitespacesAndNewlines) == "IHDR IDAT IEND 600 240 8 2 0 0 0 1 1 True")
    }

    @Test func `gaps are not bridged, and what is not finite is a gap`() {
        func lines(_ svg: String) -> Int { svg.components(separatedBy: "stroke-width=\"1.6\"").count - 1 }
        let times = (0...60).map { $0 * Self.minute }
        let whole = LineGraph.Series(name: "w", times: times, values: times.map { _ in 1 })
        #expect(lines(graph(series: [whole]).svg) == 1)
        let holed = LineGraph.Series(name: "h", times: times, values: times.indices.map { $0 == 30 ? .infinity : 1 })
        #expect(lines(graph(series: [holed]).svg) == 2)
        let away = times.filter { !(20 * Self.minute...40 * Self.minute).contains($0) }
        #expect(lines(graph(series: [.init(name: "a", times: away, values: away.map { _ in 1 })]).svg) == 2)
    }

    @Test func `many points become no more than a few a column`() {
        let count = 200_000
        let series = LineGraph.Series(
            name: "many", times: (0..<count).map { Int64($0) * 18 }, values: (0..<count).map { Double($0 * 7919 % 1000) })
        let graph = graph(series: [series])
        #expect(graph.svg.utf8.count < 100_000)
        #expect(graph.png.count < 60_000)
    }

    @Test func `odd input is drawn, or left out, and never traps`() {
        let odd: [LineGraph.Series] = [
            .init(name: "", times: [], values: []),
            .init(name: "ends", times: [.min, 0, .max], values: [1, 2, 3]),
            .init(name: "huge", times: [0, 1, 2], values: [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0]),
            .init(name: "tiny", times: [0, 1], values: [.leastNonzeroMagnitude, -0.0]),
            .init(name: String(repeating: "名前 ", count: 300) + "\u{0}\u{7}", times: [5], values: [.nan]),
            .init(name: "ragged", times: [1, 2, 3], values: [1]),
        ]
        for unit in QuantityUnit.allCases {
            for (width, height) in [(0, 0), (120, 80), (-5, 99_999)] {
                let graph = graph(
                    {
                        $0.unit = unit
                        ($0.width, $0.height) = (width, min(height, 300))
                        $0.threshold = .infinity
                        $0.range = TimeRange(start: 0, end: 0)
                    }, series: odd)
                #expect(graph.svg.hasSuffix("</svg>\n") && graph.png.count > 60)
            }
        }
        #expect(graph(series: []).svg.contains("no data"))
    }

    @Test func `each character of ASCII has a picture of its own`() {
        let pictures = (33..<127).map { Array(BitmapFont.rows(of: Character(Unicode.Scalar($0)))) }
        #expect(Set(pictures).count == pictures.count)
        #expect(BitmapFont.rows(of: "ü").count == 9)
        #expect(BitmapFont.width("abc") == 17)
    }

    @Test func `a legend that is too long says how many are left`() {
        let series = (0..<9).map { LineGraph.Series(name: "s\($0)", times: [0, 1000], values: [1, 2]) }
        let svg = graph(series: series).svg
        #expect(svg.contains(">and 5 more<") && svg.contains(">s3  2 s<") && !svg.contains(">s4  2 s<"))
    }
}
