internal import Foundation
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// A shard read with `sqlite3`, `zstd` and `od`, by the very commands that `docs/storage-format.md` gives.
@Suite struct StockToolTests {
    private static let noon = StorageFixture.noon
    private static let tools = ["sqlite3", "zstd", "od", "tail", "wc"]
    private static let hasTools = tools.allSatisfy { tool in
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: $0 + "/" + tool)
        }
    }

    /// The blocks of commands of the section "By hand".
    private static func commands() throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/storage-format.md"), encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("By hand\n") })
        return section.components(separatedBy: "```sh\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    private static func run(_ script: String, in folder: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-e", "-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(script)")
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func numbers(_ line: String) -> [Int64] { line.split { $0 == " " || $0 == "|" }.compactMap { Int64($0) } }

    /// A varint of the format, as the page describes it.
    private static func varint(_ bytes: [UInt8], _ position: inout Int) -> Int {
        var (value, shift) = (0, 0)
        while true {
            let byte = bytes[position]
            position += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    @Test(.enabled(if: hasTools, "sqlite3, zstd or od is not installed")) func aStrangerReadsAShard() throws {
        let fixture = try StorageFixture()
        var batch = MetricBatch()
        for series in 0..<300 {
            batch.beginSeries(["__name__": series < 120 ? "apples" : "pears", "host": "h\(series)"])
            for step in 0..<20 { batch.append(timestamp: Self.noon + Timestamp(step) * 1000, value: Double(series * step)) }
        }
        _ = try fixture.storage.append(batch)
        try fixture.storage.flush()
        let folder = fixture.directory + "/by-hand"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try fixture.storage.close()
        try FileManager.default.copyItem(atPath: fixture.directory + "/2026-11-22.sqlite", toPath: folder + "/2026-11-22.sqlite")

        let commands = try Self.commands()
        try #require(commands.count == 6)
        let output = try commands.map { try Self.run($0, in: folder) }

        // What the file is.
        #expect(output[0].prefix(2) == ["1347568456", "2"])
        #expect(output[0].contains("signal|metrics"))
        #expect(output[0].contains("series_count|300"))
        #expect(output[1] == ["apples|120", "pears|180"])

        // The dictionary: lengths and texts in turn.
        let group = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/group.bin")))
        var (position, found): (Int, [[String]]) = (0, [])
        while position < group.count {
            let end = Self.varint(group, &position) + position
            var texts: [String] = []
            while position < end {
                let length = Self.varint(group, &position)
                texts.append(String(decoding: group[position..<position + length], as: UTF8.self))
                position += length
            }
            found.append(texts)
        }
        #expect(found.count == 256)
        #expect(found.allSatisfy { $0.count == 4 && $0[0] == "__name__" && $0[2] == "host" })
        #expect(Set(found.map { $0[3] }).count == 256)
        #expect(output[2].count >= 4)

        // The index.
        let posting = output[3][0].split(separator: "|")
        #expect(posting.count == 3 && posting[1] == "120")
        let steps = stride(from: 0, to: posting[2].utf8.count, by: 2).compactMap { offset -> UInt8? in
            let start = posting[2].index(posting[2].startIndex, offsetBy: offset)
            return UInt8(posting[2][start..<posting[2].index(start, offsetBy: 2)], radix: 16)
        }
        var (place, series): (Int, [Int]) = (0, [])
        while place < steps.count { series.append((series.last ?? 0) + Self.varint(steps, &place)) }
        let apples = found.indices.filter { found[$0][1] == "apples" }
        #expect(series == apples)

        // The header of a page says what its row says.
        let lines = output[4].drop { !$0.contains("P   C   P") }.map { $0 }
        try #require(lines.count == 5)
        let (sizes, times, bounds, row) = (Self.numbers(lines[1]), Self.numbers(lines[2]), Self.numbers(lines[3]), Self.numbers(lines[4]))
        #expect(times == Array(row[0..<3]))
        #expect(bounds == Array(row[3..<5]))
        #expect(times[1] == Self.noon && times[2] == Self.noon + 19_000)
        let page = try Data(contentsOf: URL(fileURLWithPath: folder + "/page.bin"))
        #expect(Int64(page.count) == row[5])
        // One chunk a series, twenty samples each.
        #expect(sizes[2] * 20 == times[0])
        #expect(output[5].compactMap { Int64($0) } == [sizes[1]])
    }
}
