internal import ByteCoding
internal import Compression
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// Writes frozen generations of the head to the shards of their days.
struct HeadSeal {
    /// A series that has samples to seal.
    private struct Member {
        var number: UInt32
        var hash: UInt64
        var labels: Range<Int>
    }

    let generations: [HeadGeneration]
    /// Sorted by hash, so that a shard's series find theirs.
    private var members: [Member] = []
    private var labelBytes: [UInt8] = []
    /// The days that samples lie in, rising.
    private(set) var days: [Int] = []
    /// Told of damage in a shard that does not keep from writing.
    private let damaged: (String) -> Void

    var seriesCount: Int { members.count }

    /// - Precondition: nobody appends to the generations any more, and their series are still in the head.
    init(head: Head, generations: [HeadGeneration], damaged: @escaping (String) -> Void) {
        self.generations = generations
        self.damaged = damaged
        collectMembers(head)
        collectDays()
    }

    private mutating func collectMembers(_ head: Head) {
        for partition in head.partitions.indices {
            var places = Set<UInt32>()
            for generation in generations {
                generation.partitions[partition].columns.withLock { columns in
                    for place in 0..<UInt32(columns.placeCount) where columns.count(place) > 0 { places.insert(place) }
                    places.formUnion(columns.histograms.keys)
                    places.formUnion(columns.exemplars.keys)
                }
            }
            var bytes: [UInt8] = []
            var found: [Member] = []
            head.partitions[partition].table.withLock { table in
                for place in places.sorted() {
                    table.withLabels(place) { packed in
                        found.append(
                            Member(
                                number: Head.number(place: place, partition: partition), hash: table.entries[Int(place)].hash,
                                labels: bytes.count..<bytes.count + packed.count))
                        bytes.append(contentsOf: packed)
                    }
                }
            }
            let offset = labelBytes.count
            labelBytes += bytes
            for member in found {
                var moved = member
                moved.labels = member.labels.lowerBound + offset..<member.labels.upperBound + offset
                members.append(moved)
            }
        }
        members.sort { $0.hash < $1.hash }
    }

    private mutating func collectDays() {
        var found = Set<Int>()
        for generation in generations {
            guard let range = generation.timeRange, let days = Day.range(range) else { continue }
            if days.count == 1 {
                found.insert(days.lowerBound)
                continue
            }
            for partition in generation.partitions {
                partition.columns.withLock { columns in
                    var latest: Int?
                    columns.forEachTime { time in
                        let day = Day.of(time)
                        if day != latest { found.insert(day) }
                        latest = day
                    }
                }
            }
        }
        days = found.sorted()
    }

    /// Writes what belongs to a day and is not yet in its shard, in one transaction.
    ///
    /// - Returns: the number of samples written.
    func write(day: Int, to shard: Shard, compressor: ZstdCompressor, decompressor: ZstdDecompressor) throws(ShardStorageError) -> Int {
        let due = generations.filter { $0.number > shard.contents.sealedThrough }
        guard let last = due.last else { return 0 }
        var written = 0
        try shard.write { transaction in
            let range = Day.range(day)
            let present = members.map { days.count == 1 || hasSamples($0, in: due, range) }
            let numbers = try assignNumbers(present, transaction, compressor, decompressor)
            var writer = MetricPageWriter(seal: last.number, level: 0, transaction: transaction, compressor: compressor)
            let telling = due.filter(\.hasStarts)
            var samples = SampleColumns()
            var concernsStart = false
            for (series, member) in numbers {
                samples.removeAll()
                read(members[member], in: due, range, into: &samples)
                samples.normalize()
                if !samples.isEmpty { try writer.append(series, samples) }
                if samples.timestamps.first == range.start || samples.histograms.first?.timestamp == range.start { concernsStart = true }
                try writeExemplars(members[member], in: due, range, series: series, transaction)
                if !telling.isEmpty {
                    try writeStarts(members[member], in: telling, range, series: series, seal: last.number, transaction)
                }
            }
            try writer.finish()
            try transaction.setSealedThrough(last.number)
            try transaction.noteChange(atStart: concernsStart, least: last.number)
            written = writer.samplesWritten
        }
        return written
    }

    private func hasSamples(_ member: Member, in due: [HeadGeneration], _ range: TimeRange) -> Bool {
        var samples = SampleColumns()
        read(member, in: due, range, into: &samples)
        return !samples.isEmpty
    }

    private func read(_ member: Member, in due: [HeadGeneration], _ range: TimeRange, into samples: inout SampleColumns) {
        let place = member.number >> UInt32(SeriesReference.partitionBits)
        let partition = Int(member.number) & (SeriesReference.partitionCount - 1)
        for generation in due {
            generation.partitions[partition].columns.withLock { columns in
                columns.read(place, count: .max, in: range, timestamps: &samples.timestamps, values: &samples.values)
                if let histograms = columns.histograms[place] { samples.histograms += histograms.filter { range.contains($0.timestamp) } }
            }
        }
    }

    private func writeExemplars(
        _ member: Member, in due: [HeadGeneration], _ range: TimeRange, series: UInt32, _ transaction: ShardTransaction
    ) throws {
        let place = member.number >> UInt32(SeriesReference.partitionBits)
        let partition = Int(member.number) & (SeriesReference.partitionCount - 1)
        for generation in due {
            let exemplars = generation.partitions[partition].columns.withLock { $0.exemplars[place] ?? [] }
            for exemplar in exemplars where range.contains(exemplar.timestamp) {
                var bytes: [UInt8] = []
                HistogramCoding.encode(exemplar, into: &bytes)
                try transaction.putAttachment(series: series, time: exemplar.timestamp, data: bytes)
            }
        }
    }

    private func writeStarts(
        _ member: Member, in telling: [HeadGeneration], _ range: TimeRange, series: UInt32, seal: UInt64, _ transaction: ShardTransaction
    ) throws {
        let place = member.number >> UInt32(SeriesReference.partitionBits)
        let partition = Int(member.number) & (SeriesReference.partitionCount - 1)
        var runs: [StartRun] = []
        for generation in telling { runs += generation.partitions[partition].columns.withLock { $0.starts.runs(place) } }
        for run in runs.flattened.clipped(to: range) {
            try transaction.putStartRun(
                series: series, seal: seal, first: run.samples.start, last: run.samples.end, start: run.start)
        }
    }

    // MARK: Numbers of series in the shard

    /// Gives every member that is present its number in the shard, creating those that are new there; sorted by number.
    private func assignNumbers(
        _ present: [Bool], _ transaction: ShardTransaction, _ compressor: ZstdCompressor, _ decompressor: ZstdDecompressor
    ) throws -> [(series: UInt32, member: Int)] {
        var assigned: [(series: UInt32, member: Int)] = []
        assigned.reserveCapacity(members.count)
        var isAssigned = [Bool](repeating: false, count: members.count)
        var lastGroup: (first: UInt32, labels: [[UInt8]]) = (0, [])
        try transaction.forEachGroup { first, count, data in
            let labels: [[UInt8]]
            do { labels = try SeriesGroup.decode(data, count: count, decompressor) } catch {
                // Its series get new numbers; nothing is added to it.
                damaged("series group \(first): \(error)")
                lastGroup = (first + UInt32(Shard.seriesPerGroup), [])
                return
            }
            for (offset, packed) in labels.enumerated() where !packed.isEmpty {
                guard let member = member(packed), present[member] else { continue }
                isAssigned[member] = true
                assigned.append((first + UInt32(offset), member))
            }
            lastGroup = (first, labels)
        }
        let new = members.indices.filter { present[$0] && !isAssigned[$0] }
        if !new.isEmpty { assigned += try addSeries(new, after: lastGroup, transaction, compressor) }
        return assigned
    }

    private func member(_ packed: [UInt8]) -> Int? {
        let hash = hash64(packed)
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        while low < members.count, members[low].hash == hash {
            let labels = members[low].labels
            let isSame = labelBytes.withUnsafeBytes { all in
                packed.withUnsafeBytes { labels.count == $0.count && areEqual(all, at: labels.lowerBound, $0) }
            }
            if isSame { return low }
            low += 1
        }
        return nil
    }

    /// Numbers new series in the order of their labels, so that neighbours are alike, and writes dictionary and index.
    private func addSeries(
        _ new: [Int], after lastGroup: (first: UInt32, labels: [[UInt8]]), _ transaction: ShardTransaction, _ compressor: ZstdCompressor
    ) throws -> [(series: UInt32, member: Int)] {
        let sorted = inOrder(new)
        var group = lastGroup
        var next = max(UInt32(transaction.contents.seriesCount), group.first)
        var assigned: [(series: UInt32, member: Int)] = []
        var index = LabelIndex()
        for member in sorted {
            if group.labels.count == Shard.seriesPerGroup {
                try put(group, transaction, compressor)
                group = (next, [])
            }
            let packed = Array(labelBytes[members[member].labels])
            group.labels.append(packed)
            packed.withUnsafeBytes { index.insert($0, series: next) }
            assigned.append((next, member))
            next += 1
        }
        try put(group, transaction, compressor)
        try index.forEachPair { name, value, series in
            try transaction.addPosting(
                name: name, value: value, first: series[0], count: series.count, series: PostingCoding.encode(series[...]))
        }
        try transaction.setSeriesCount(Int(next))
        return assigned
    }

    /// The members in the order that a shard wants its series in.
    private func inOrder(_ new: [Int]) -> [Int] {
        var keys: [UInt8] = []
        var ranges: [(member: Int, key: Range<Int>)] = []
        labelBytes.withUnsafeBytes { raw in
            for member in new {
                let start = keys.count
                SeriesOrder.appendKey(of: UnsafeRawBufferPointer(rebasing: raw[members[member].labels]), to: &keys)
                ranges.append((member, start..<keys.count))
            }
        }
        keys.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            ranges.sort { left, right in
                let order = compareBytes(base + left.key.lowerBound, base + right.key.lowerBound, min(left.key.count, right.key.count))
                return order != 0 ? order < 0 : left.key.count < right.key.count
            }
        }
        return ranges.map(\.member)
    }

    private func put(
        _ group: (first: UInt32, labels: [[UInt8]]), _ transaction: ShardTransaction, _ compressor: ZstdCompressor
    ) throws {
        guard !group.labels.isEmpty else { return }
        try transaction.putGroup(first: group.first, count: group.labels.count, data: try SeriesGroup.encode(group.labels, compressor))
    }
}
