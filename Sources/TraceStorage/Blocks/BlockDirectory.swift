internal import ByteCoding
internal import ColumnCoding

/// What stands in front of a block: what it holds, and where each of its parts is. Small parts lie in it.
///
///     CRC32C of all that follows, u32 · version u8 · spans, traces, events, links (varints) · earliest start, u64 · latest start, and latest end,
///     less that (varints) · number of parts (varint) · for each its number, less the one before it, and its length (varints) · the small parts
struct BlockDirectory: Sendable {
    static let version: UInt8 = 1

    struct Entry: Sendable, Hashable {
        var number: Int
        var bytes: Int
        /// Where it lies in the directory; nil where it is a row of its own.
        var place: Range<Int>?
    }

    let summary: BlockSummary
    private(set) var entries: [Entry] = []
    private var bytes: [UInt8] = []

    /// - Parameter parts: in rising order of their numbers, except that columns come last.
    init(summary: BlockSummary, parts: [(number: Int, bytes: [UInt8])]) {
        self.summary = summary
        for (number, part) in parts.sorted(by: { $0.number < $1.number }) {
            let isInline = part.count <= BlockLimits.inlineBytesMax
            entries.append(Entry(number: number, bytes: part.count, place: isInline ? bytes.count..<bytes.count + part.count : nil))
            if isInline { bytes += part }
        }
    }

    func encoded() -> [UInt8] {
        var output: [UInt8] = [0, 0, 0, 0, BlockDirectory.version]
        for count in [summary.spans, summary.traces, summary.events, summary.links] { output.appendVarint(count: count) }
        output.appendLittleEndian(summary.minStart)
        output.appendVarint(summary.maxStart - summary.minStart)
        output.appendVarint(summary.maxTime - summary.minStart)
        output.appendVarint(count: entries.count)
        var before = 0
        for entry in entries {
            output.appendVarint(count: entry.number - before)
            output.appendVarint(count: entry.bytes)
            before = entry.number
        }
        output += bytes
        let sum = CRC32C.checksum(output, in: 4..<output.count)
        for shift in 0..<4 { output[shift] = UInt8(truncatingIfNeeded: sum >> UInt32(shift * 8)) }
        return output
    }

    init(decoding input: [UInt8]) throws(BlockError) {
        do throws(ByteCodingError) {
            var reader = ByteReader(input)
            let sum = try reader.readLittleEndian(UInt32.self)
            guard CRC32C.checksum(input, in: 4..<input.count) == sum else { throw ByteCodingError(.invalidValue, at: 0) }
            guard try reader.readUInt8() == BlockDirectory.version else { throw ByteCodingError(.invalidValue, at: 4) }
            var summary = BlockSummary()
            summary.spans = try reader.readCount(limit: BlockLimits.rowsMax)
            summary.traces = try reader.readCount(limit: summary.spans)
            summary.events = try reader.readCount(limit: BlockLimits.rowsMax)
            summary.links = try reader.readCount(limit: BlockLimits.rowsMax)
            summary.minStart = try reader.readLittleEndian()
            summary.maxStart = summary.minStart &+ (try reader.readVarint())
            summary.maxTime = summary.minStart &+ (try reader.readVarint())
            self.summary = summary
            var number = 0
            for _ in 0..<(try reader.readCount(limit: PartNumber.limit)) {
                number += try reader.readCount(limit: PartNumber.limit)
                guard number <= PartNumber.limit else { throw ByteCodingError(.invalidValue, at: reader.position) }
                let length = try reader.readCount(limit: Int(Int32.max))
                entries.append(Entry(number: number, bytes: length, place: nil))
            }
            for index in entries.indices where entries[index].bytes <= BlockLimits.inlineBytesMax {
                entries[index].place = try reader.readRange(count: entries[index].bytes)
            }
            guard reader.isAtEnd, summary.spans > 0, summary.traces > 0 else { throw ByteCodingError(.invalidValue, at: reader.position) }
            bytes = input
        } catch {
            throw BlockError("directory: \(error.offset == 0 ? "the checksum does not hold" : "\(error)")")
        }
    }

    /// Whether any part is a row of its own.
    var hasStoredParts: Bool { entries.contains { $0.place == nil } }

    /// The entry of a part; nil where the block has none of that number.
    func entry(_ number: Int) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].number == number ? entries[low] : nil
    }

    /// The bytes of a part that lies in the directory.
    func inlineBytes(_ place: Range<Int>) -> [UInt8] { Array(bytes[place]) }

    var memoryBytes: Int { bytes.count + entries.count * MemoryLayout<Entry>.stride }
}
