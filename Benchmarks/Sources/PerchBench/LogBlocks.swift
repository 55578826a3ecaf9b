internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// Log lines in columns in memory, as a warm storage has them: an hour of 84 streams in blocks one after the other in time. Each line is a JSON object of
/// about 330 bytes.
struct LogBlocks: LogSource {
    let blocks: [LogBlock]
    let start: Int64 = 1_790_000_000_000_000_000
    let end: Int64
    static let hour: Int64 = 3_600_000_000_000

    /// All blocks share one content, but for their times.
    init(blockCount: Int, rowsPerBlock: Int) {
        let content = LogContent(rows: rowsPerBlock)
        let length = LogBlocks.hour / Int64(blockCount)
        let start = start
        blocks = (0..<blockCount).map { LogBlock(content, number: $0, start: start + Int64($0) * length, length: length) }.reversed()
        end = start + LogBlocks.hour
    }

    func tables(_ selection: LogSelection, budget: QueryBudget) -> [any LogTable] {
        blocks.filter { $0.times.upperBound >= selection.start && $0.times.lowerBound < selection.end }
    }

    func streams(_ selection: LogSelection, budget: QueryBudget) -> [LabelSet] {
        blocks[0].logFrame.streams.filter { stream in selection.matchers.allSatisfy { $0.matches(stream) } }
    }
}

/// What the lines of a block say, in columns.
final class LogContent: Sendable {
    let streams: [LabelSet]
    let streamStarts: [Int32]
    let leaves: [DocumentLeaf]
    let columns: [LogColumn]
    /// The text before each leaf, and behind the last one.
    let literals: [[UInt8]]
    /// A place in the order of time, from 0 up to the number of rows.
    let ranks: [Int]

    init(rows: Int) {
        var random = SeededGenerator(seed: 7)
        var streams: [LabelSet] = []
        for service in ["gateway", "cart", "catalog", "checkout", "payment", "search", "users"] {
            for environment in ["prod", "staging", "dev"] {
                for level in ["debug", "info", "warn", "error"] {
                    streams.append(["env": environment, "level": level, "service": service])
                }
            }
        }
        self.streams = streams.sorted()
        streamStarts = (0...streams.count).map { Int32(rows * $0 / streams.count) }
        var ranks: [Int] = []
        for stream in streams.indices {
            let count = Int(streamStarts[stream + 1] - streamStarts[stream])
            for place in 0..<count { ranks.append(place * rows / count + stream % Swift.max(1, rows / count)) }
        }
        self.ranks = ranks
        let parts: [(String, DocumentLeaf.Kind, Int)] = [
            (#"{"ts":""#, .string, rows), (#"","caller":""#, .string, 40), (#"","msg":""#, .string, 200), (#"","method":""#, .string, 4),
            (#"","path":""#, .string, 2000), (#"","status":"#, .number, 8), (#","duration_ms":"#, .number, 500),
            (#","trace_id":""#, .string, rows), (#"","user":{"id":""#, .string, 5000), (#"","plan":""#, .string, 3),
        ]
        let paths = [
            ["ts"], ["caller"], ["msg"], ["method"], ["path"], ["status"], ["duration_ms"], ["trace_id"], ["user", "id"], ["user", "plan"],
        ]
        leaves = zip(paths, parts).map { DocumentLeaf(path: $0, kind: $1.1) }
        literals = parts.map { Array($0.0.utf8) } + [Array(#""}}"#.utf8)]
        columns = zip(paths, parts).map { path, part in
            var column = LogColumn(codes: [], values: PackedTexts())
            for value in 0..<part.2 { column.values.append(LogContent.value(path.last ?? "", value, &random).utf8) }
            for row in 0..<rows { column.codes.append(part.2 == rows ? Int32(row) : Int32.random(in: 0..<Int32(part.2), using: &random)) }
            return column
        }
    }

    private static func value(_ name: String, _ number: Int, _ random: inout SeededGenerator) -> String {
        switch name {
        case "status": return String([200, 200, 201, 204, 301, 404, 500, 503][number])
        case "duration_ms": return String(number)
        case "trace_id": return String(random.next() | 1 << 63, radix: 16) + String(random.next() | 1 << 63, radix: 16)
        case "ts": return "2026-11-22T10:00:00.\(100_000_000 + number)Z"
        case "method": return ["GET", "PUT", "POST", "DELETE"][number]
        default: return "\(name)-\(number) of the shop, as it is written in lines"
        }
    }
}

/// One block.
final class LogBlock: LogTable {
    let content: LogContent
    let logFrame: LogFrame
    let times: ClosedRange<Int64>
    private let number: Int
    let storedBytes = 4_000_000

    init(_ content: LogContent, number: Int, start: Int64, length: Int64) {
        self.content = content
        self.number = number
        let rows = content.ranks.count
        let times = content.ranks.map { start + Int64($0) * (length / Int64(rows + 1)) }
        logFrame = LogFrame(streams: content.streams, streamStarts: content.streamStarts, times: times)
        self.times = (times.min() ?? 0)...(times.max() ?? 0)
    }

    var rowCount: Int { content.ranks.count }

    func frame(budget: QueryBudget) -> LogFrame { logFrame }

    func metadataNames(budget: QueryBudget) -> [String] { [] }

    func metadata(_ name: String, budget: QueryBudget) -> LogColumn? { nil }

    /// As filters of ids do, only one block says so.
    func mayContain(_ needle: [UInt8], budget: QueryBudget) -> Bool { number == 5 }

    func rows(mayContain needle: [UInt8], budget: QueryBudget) -> [Int32]? { nil }

    func lines(of rows: [Int32], budget: QueryBudget) -> PackedTexts {
        var (bytes, ends): ([UInt8], [Int]) = ([], [])
        bytes.reserveCapacity(rows.count * 360)
        ends.reserveCapacity(rows.count)
        for row in rows {
            for (literal, column) in zip(content.literals, content.columns) {
                bytes.append(contentsOf: literal)
                bytes.append(contentsOf: column.values.bytes[column.values.range(Int(column.codes[Int(row)]))])
            }
            bytes.append(contentsOf: content.literals[content.columns.count])
            ends.append(bytes.count)
        }
        return PackedTexts(bytes: bytes, ends: ends)
    }

    func lineLengths(budget: QueryBudget) -> [Int32] { [Int32](repeating: 330, count: rowCount) }

    func documents(budget: QueryBudget) -> LogDocuments? {
        LogDocuments(rowShapes: [Int32](repeating: 0, count: rowCount), shapes: [DocumentShape(leaves: content.leaves)])
    }

    func leaf(_ leaf: Int, ofShape shape: Int, budget: QueryBudget) -> LogColumn { content.columns[leaf] }
}
