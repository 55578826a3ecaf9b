internal import ByteCoding
internal import Foundation
internal import RemoteReadFormat
internal import TelemetryModel

/// Writes a block as Prometheus keeps it on the disk (Prometheus, `tsdb/docs/format/index.md` and `chunks.md`), so that its own tools can
/// be asked what our chunks hold.
struct PrometheusBlock {
    private var chunkFile: [UInt8] = [0x85, 0xbd, 0x40, 0xdd, 1, 0, 0, 0]
    private var series: [(labels: LabelSet, chunks: [(times: TimeRange, reference: UInt64)])] = []
    private var sampleCount = 0

    /// Adds a series; they come in the order of their labels.
    mutating func append(_ labels: LabelSet, _ chunks: [SampleChunk]) {
        var placed: [(times: TimeRange, reference: UInt64)] = []
        for chunk in chunks {
            placed.append((chunk.times, UInt64(chunkFile.count)))
            chunkFile.appendVarint(count: chunk.bytes.count)
            let body = [UInt8(chunk.encoding.rawValue)] + chunk.bytes
            chunkFile += body
            chunkFile.appendBigEndian(CRC32C.checksum(body))
            sampleCount += Int(chunk.bytes[0]) << 8 | Int(chunk.bytes[1])
        }
        series.append((labels, placed))
    }

    /// Writes the block into a folder of blocks.
    func write(into folder: String) throws {
        let name = "01HZZZZZZZZZZZZZZZZZZZZZZZ"
        let path = folder + "/" + name
        try FileManager.default.createDirectory(atPath: path + "/chunks", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder + "/wal", withIntermediateDirectories: true)
        try Data(chunkFile).write(to: URL(filePath: path + "/chunks/000001"))
        try Data(index()).write(to: URL(filePath: path + "/index"))
        let times = series.flatMap(\.chunks).map(\.times)
        let (start, end) = (times.map(\.start).min() ?? 0, (times.map(\.end).max() ?? 0) + 1)
        let meta = """
            {"ulid":"\(name)","minTime":\(start),"maxTime":\(end),
             "stats":{"numSamples":\(sampleCount),"numSeries":\(series.count),"numChunks":\(times.count)},
             "compaction":{"level":1,"sources":["\(name)"]},"version":1}
            """
        try Data(meta.utf8).write(to: URL(filePath: path + "/meta.json"))
    }

    /// Length, content, checksum.
    private static func section(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(content.count))
        bytes += content
        bytes.appendBigEndian(CRC32C.checksum(content))
        return bytes
    }

    private func index() -> [UInt8] {
        var file: [UInt8] = [0xba, 0xaa, 0xd7, 0x00, 2]
        var offsets: [UInt64] = [UInt64(file.count)]
        let symbols = Set(series.flatMap { $0.labels.flatMap { [$0.name, $0.value] } } + [""]).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        var content: [UInt8] = []
        content.appendBigEndian(UInt32(symbols.count))
        for symbol in symbols { content.appendLengthPrefixed(symbol.utf8) }
        file += Self.section(content)
        offsets.append(UInt64(file.count))
        var postings: [[String]: [UInt32]] = [:]
        for (labels, chunks) in series {
            while file.count % 16 != 0 { file.append(0) }
            let number = UInt32(file.count / 16)
            postings[["", ""], default: []].append(number)
            for label in labels { postings[[label.name, label.value], default: []].append(number) }
            let body = entry(labels, chunks, symbols)
            file.appendVarint(count: body.count)
            file += body
            file.appendBigEndian(CRC32C.checksum(body))
        }
        // No indices of labels: nothing reads them any more.
        offsets.append(UInt64(file.count))
        var table: [UInt8] = []
        let sorted = postings.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let postingsStart = UInt64(file.count)
        table.appendBigEndian(UInt32(sorted.count))
        for (label, numbers) in sorted {
            while file.count % 4 != 0 { file.append(0) }
            table.append(2)
            for text in label { table.appendLengthPrefixed(text.utf8) }
            table.appendVarint(count: file.count)
            var list: [UInt8] = []
            list.appendBigEndian(UInt32(numbers.count))
            for number in numbers { list.appendBigEndian(number) }
            file += Self.section(list)
        }
        offsets.append(UInt64(file.count))
        file += Self.section([0, 0, 0, 0])
        offsets += [postingsStart, UInt64(file.count)]
        file += Self.section(table)
        var contents: [UInt8] = []
        for offset in offsets { contents.appendBigEndian(offset) }
        file += contents
        file.appendBigEndian(CRC32C.checksum(contents))
        return file
    }

    private func entry(_ labels: LabelSet, _ chunks: [(times: TimeRange, reference: UInt64)], _ symbols: [String]) -> [UInt8] {
        var body: [UInt8] = []
        body.appendVarint(count: labels.count)
        for label in labels {
            for text in [label.name, label.value] { body.appendVarint(count: symbols.firstIndex(of: text) ?? 0) }
        }
        body.appendVarint(count: chunks.count)
        for (index, chunk) in chunks.enumerated() {
            if index == 0 {
                body.appendZigZag(chunk.times.start)
                body.appendVarint(UInt64(chunk.times.end - chunk.times.start))
                body.appendVarint(chunk.reference)
            } else {
                body.appendVarint(UInt64(chunk.times.start - chunks[index - 1].times.end))
                body.appendVarint(UInt64(chunk.times.end - chunk.times.start))
                body.appendZigZag(Int64(chunk.reference) - Int64(chunks[index - 1].reference))
            }
        }
        return body
    }
}
