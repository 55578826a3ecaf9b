internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Takes the samples of some series within a range of times out of a shard.
///
/// Pages are replaced by such that never held the samples; a page keeps its seal, so the order of writes stays. A series that has nothing
/// left loses its labels: its number stays empty. Each transaction does some groups of series as a whole.
struct SeriesDeletion {
    /// Why samples are taken out.
    enum Reason {
        /// A user said so: what is made of them is made anew, and nothing of them stays on the disk.
        case wish
        /// They are too old.
        case age
        /// Others will come in their place, so labels stay.
        case replacement
    }

    /// Pages of groups that are done in one transaction, in bytes.
    private static let transactionBytes = 4 << 20

    private struct Group {
        var first: UInt32
        var series: Set<UInt32> = []
        /// All pages of the group.
        var pages: [ShardPage] = []
    }

    private let shard: Shard
    private let range: TimeRange
    private let reason: Reason
    private let stepReached: (@Sendable (MetricStorageStep) -> Void)?
    private let compressor: ZstdCompressor
    private let decompressor: ZstdDecompressor
    /// What could not be read, and is therefore left as it is.
    private(set) var problems: [String] = []

    init(shard: Shard, range: TimeRange, reason: Reason, stepReached: (@Sendable (MetricStorageStep) -> Void)?) throws {
        self.shard = shard
        self.reason = reason
        self.range = range
        self.stepReached = stepReached
        compressor = try ZstdCompressor(level: 3)
        decompressor = try ZstdDecompressor()
    }

    /// Deletes; it is on the disk when this returns.
    ///
    /// - Parameter series: numbers in the shard, sorted.
    /// - Precondition: nobody else writes the shard meanwhile.
    mutating func delete(_ series: [UInt32]) throws {
        var due: [Group] = []
        var bytes = 0
        for group in groups(of: series) {
            due.append(group)
            bytes += group.pages.reduce(0) { $0 + $1.bytes }
            if bytes >= SeriesDeletion.transactionBytes {
                try delete(due)
                due = []
                bytes = 0
            }
        }
        if !due.isEmpty { try delete(due) }
    }

    /// Deletes in one transaction.
    ///
    /// - Returns: the series that are left to do.
    /// - Precondition: nobody else writes the shard meanwhile.
    mutating func deleteSome(_ series: [UInt32]) throws -> [UInt32] {
        var due: [Group] = []
        var bytes = 0
        for group in groups(of: series) {
            if bytes >= SeriesDeletion.transactionBytes { break }
            due.append(group)
            bytes += group.pages.reduce(0) { $0 + $1.bytes }
        }
        if !due.isEmpty { try delete(due) }
        let done = due.reduce(0) { $0 + $1.series.count }
        return Array(series.dropFirst(done))
    }

    private func groups(of series: [UInt32]) -> [Group] {
        let size = UInt32(Shard.seriesPerGroup)
        var groups: [Group] = []
        for number in series {
            if groups.last?.first != number / size * size { groups.append(Group(first: number / size * size)) }
            groups[groups.count - 1].series.insert(number)
        }
        var index = 0
        for page in shard.contents.pages {
            while index < groups.count, groups[index].first + (size - 1) < page.firstSeries { index += 1 }
            guard index < groups.count else { break }
            if page.firstSeries >= groups[index].first { groups[index].pages.append(page) }
        }
        return groups
    }

    private mutating func delete(_ groups: [Group]) throws {
        try shard.write { transaction in
            stepReached?(.deletionWriting)
            var gonePairs: [[UInt8]: Set<UInt32>] = [:]
            for group in groups { try delete(group, transaction, &gonePairs) }
            try removePostings(gonePairs, transaction)
            if reason == .wish {
                try transaction.requireErasure()
                try transaction.noteChange(atStart: range.contains(Day.range(shard.day).start))
            }
        }
        stepReached?(.deletionCommitted)
    }

    private mutating func delete(
        _ group: Group, _ transaction: ShardTransaction, _ gonePairs: inout [[UInt8]: Set<UInt32>]
    ) throws {
        var left: Set<UInt32> = []
        for page in group.pages {
            let covered = page.firstSeries...page.lastSeries
            guard group.series.contains(where: covered.contains) else { continue }
            if reason == .replacement && (page.minTime > range.end || page.maxTime < range.start) { continue }
            let isCovered = range.start <= page.minTime && page.maxTime <= range.end && covered.allSatisfy(group.series.contains)
            if isCovered {
                try transaction.retirePage(page.id)
                continue
            }
            do { left.formUnion(try replace(page, group.series, transaction)) } catch let error as ShardStorageError { throw error } catch {
                problems.append("page \(page.id): \(error)")
                left.formUnion(group.series.filter(covered.contains))
            }
        }
        if reason == .replacement { return }
        for number in group.series {
            try transaction.deleteAttachments(of: number, from: range.start, through: range.end)
            if try !left.contains(number) && transaction.hasAttachments(of: number) { left.insert(number) }
        }
        try forget(group.series.subtracting(left), ofGroup: group.first, transaction, &gonePairs)
    }

    /// Replaces a page that has samples to delete.
    ///
    /// - Returns: the series to delete from that have samples left in it.
    private func replace(_ page: ShardPage, _ series: Set<UInt32>, _ transaction: ShardTransaction) throws -> Set<UInt32> {
        guard let bytes = try transaction.page(page.id) else { throw ByteCodingError(.truncated, at: 0) }
        var cursor = ChunkPageCursor(try ChunkPage(decoding: bytes, decompressor))
        let chunks = cursor.page.chunks
        let isTouched = chunks.contains { series.contains($0.series) && $0.minTime <= range.end && $0.maxTime >= range.start }
        guard isTouched else { return series.intersection(chunks.map(\.series)) }
        // All of it is read before anything is written: where a column is damaged the page stays as it is.
        var contents: [(series: UInt32, samples: SampleColumns)] = []
        for number in Set(chunks.map(\.series)).sorted() {
            var samples = SampleColumns()
            try cursor.read(number, in: .all, into: &samples)
            samples.normalize()
            if series.contains(number) { samples.remove(range) }
            if !samples.isEmpty { contents.append((number, samples)) }
        }
        var writer = MetricPageWriter(seal: page.seal, level: page.level, transaction: transaction, compressor: compressor)
        do {
            for (number, samples) in contents { try writer.append(number, samples) }
            try writer.finish()
            try transaction.retirePage(page.id)
        } catch {
            throw ShardStorageError(error, path: shard.path)
        }
        return series.intersection(contents.map(\.series))
    }

    /// Empties the labels of series that have nothing left.
    private mutating func forget(
        _ gone: Set<UInt32>, ofGroup first: UInt32, _ transaction: ShardTransaction, _ gonePairs: inout [[UInt8]: Set<UInt32>]
    ) throws {
        guard !gone.isEmpty, let data = try transaction.group(first: first) else { return }
        var labels: [[UInt8]]
        do { labels = try SeriesGroup.decode(data, decompressor) } catch {
            problems.append("series group \(first): \(error)")
            return
        }
        for number in gone where Int(number - first) < labels.count {
            labels[Int(number - first)].withUnsafeBytes { packed in
                var cursor = PackedLabels(packed)
                while let label = cursor.next() {
                    gonePairs[[UInt8](packed[label.start..<label.value.upperBound]), default: []].insert(number)
                }
            }
            labels[Int(number - first)] = []
        }
        try transaction.putGroup(first: first, count: labels.count, data: try SeriesGroup.encode(labels, compressor))
    }

    private func removePostings(_ gonePairs: [[UInt8]: Set<UInt32>], _ transaction: ShardTransaction) throws {
        for (pair, gone) in gonePairs {
            let (name, value) = pair.withUnsafeBytes { packed -> (String, String) in
                var cursor = PackedLabels(packed)
                guard let label = cursor.next() else { return ("", "") }
                return (String(decoding: packed[label.name], as: UTF8.self), String(decoding: packed[label.value], as: UTF8.self))
            }
            for list in try transaction.postings(name: name, value: value) {
                var series: [UInt32] = []
                try list.series.withUnsafeBytes {
                    try PostingCoding.decode($0, count: list.count, limit: Int(UInt32.max), into: &series)
                }
                let left = series.filter { !gone.contains($0) }
                guard left.count < series.count else { continue }
                try transaction.deletePosting(name: name, value: value, first: list.first)
                if let first = left.first {
                    try transaction.addPosting(
                        name: name, value: value, first: first, count: left.count, series: PostingCoding.encode(left[...]))
                }
            }
        }
    }
}
