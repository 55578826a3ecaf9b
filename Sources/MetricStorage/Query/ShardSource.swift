internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import LabelMatching
internal import ShardStorage
internal import TelemetryModel

/// One shard file that statements read, as it was when it was opened. Used by one thread.
final class ShardSource {
    /// The file's name, which rows show.
    let name: String
    let path: String
    let contents: ShardContents
    let reader: ShardReader
    private let inspection: ShardInspection
    private let decompressor: ZstdDecompressor
    private let warn: (String) -> Void
    /// The group of series whose labels were read last.
    private var group: (first: UInt32, labels: [[UInt8]])?
    private var toldOf: Set<String> = []

    /// - Parameter warn: told of every part that cannot be read, once.
    init(path: String, warn: @escaping (String) -> Void) throws(ShardStorageError) {
        self.path = path
        name = path.split(separator: "/").last.map(String.init) ?? path
        self.warn = warn
        do {
            inspection = try ShardInspection(path: path, signal: StorageInspection.signal(ofShard: name) ?? "metrics")
            decompressor = try ZstdDecompressor()
        } catch {
            throw ShardStorageError(error, path: path)
        }
        contents = inspection.contents
        reader = inspection.reader
    }

    /// The labels of a series; nil where it was deleted, or where they cannot be read, which is told.
    func labels(of series: UInt32) -> LabelSet? {
        let first = series / UInt32(Shard.seriesPerGroup) * UInt32(Shard.seriesPerGroup)
        if group?.first != first {
            group = (first, [])
            do {
                guard let data = try reader.group(first: first) else {
                    throw ShardStorageError(.corrupt, "it is missing", path: path)
                }
                group = (first, try SeriesGroup.decode(data, decompressor))
            } catch {
                tell("series group \(first)", error)
            }
        }
        guard let labels = group?.labels, Int(series - first) < labels.count, !labels[Int(series - first)].isEmpty else { return nil }
        return LabelSet(canonical: labels[Int(series - first)])
    }

    /// The series that pass all matchers and may have samples in a range, sorted.
    func series(matching matchers: [LabelMatcher], in range: TimeRange) throws -> [UInt32] {
        let found = try ShardIndex(reader: reader, contents: contents).series(matching: matchers)
        return contents.series(found, withPagesFrom: range.start, through: range.end)
    }

    /// A page, opened; nil where it cannot be read, which is told.
    func page(_ page: ShardPage) -> ChunkPageCursor? {
        do {
            guard let bytes = try reader.page(page.id) else { throw ShardStorageError(.corrupt, "it is missing", path: path) }
            return ChunkPageCursor(try ChunkPage(decoding: bytes, decompressor))
        } catch {
            tell("page \(page.id)", error)
            return nil
        }
    }

    /// When samples of a series within a range began to be counted; nothing where it cannot be read, which is told.
    func startRuns(of series: UInt32, in range: TimeRange) -> [StartRun] {
        guard contents.hasStartRuns else { return [] }
        var runs: [StartRun] = []
        do {
            try reader.forEachStartRun(of: series, from: range.start, through: range.end) { first, last, start in
                runs.append(StartRun(samples: TimeRange(start: first, end: last), start: start))
            }
        } catch {
            tell("start times of series \(series)", error)
        }
        return runs
    }

    func tell(_ part: String, _ error: any Error) {
        if toldOf.insert(part).inserted { warn("\(path): \(part) cannot be read, what it holds is missing: \(error)") }
    }
}
