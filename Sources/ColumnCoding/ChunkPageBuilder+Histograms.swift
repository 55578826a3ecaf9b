internal import ByteCoding
public import TelemetryModel

extension ChunkPageBuilder {
    /// Appends native histograms of one series as one chunk, or as several where they are so different that one would be unwieldy.
    ///
    /// - Precondition: the series is not below that of the chunk before; timestamps rise; there is at least one histogram, and not more
    ///   than ``TimestampColumn/countMax``.
    public mutating func append(series: UInt32, histograms: ArraySlice<HistogramSample>) {
        precondition(!histograms.isEmpty && histograms.count <= TimestampColumn.countMax, "BUG: chunk of no histograms or too many")
        guard let columns = HistogramColumns(histograms) else {
            let middle = histograms.startIndex + histograms.count / 2
            append(series: series, histograms: histograms[..<middle])
            append(series: series, histograms: histograms[middle...])
            return
        }
        let timestamps = histograms.map(\.timestamp)
        let timestampColumn = appendTimestamps(timestamps.span)
        let before = directory.valueColumnCount
        var indices: [Int] = []
        let totals = [histograms.map(\.histogram.count), histograms.map(\.histogram.sum), histograms.map(\.histogram.zeroCount)]
        for column in totals + columns.positive.columns + columns.negative.columns {
            indices.append(appendValues(column.span, timestampColumn: timestampColumn))
        }
        let headColumn = directory.valueColumnCount
        directory.appendValueColumn()
        valueSink.head.append(ValueColumnForm.histogramByte)
        valueSink.head.appendLengthPrefixed(columns.head(distances: indices.map { headColumn - $0 }))
        directory.append(histogramsOf: series, timestampColumn: timestampColumn, ownColumns: headColumn - before)
    }
}

extension HistogramColumns {
    /// What puts the columns together again.
    ///
    ///     flags      u8: 1 where buckets are told apart by their place among the others
    ///     columns    number of columns of positive, of negative buckets (varints)
    ///     distances  how many value columns back each stands: count, sum, zero count, positive and negative buckets (varints)
    ///     indices    bucket index of each column as distance from the one before (zig-zag varints); absent with the flag
    ///     layouts    number (varint), then each (`HistogramLayout`)
    ///     runs       layout and number of histograms that have it in a row (varints), until all have one
    func head(distances: [Int]) -> [UInt8] {
        var bytes: [UInt8] = [isOrdinal ? 1 : 0]
        bytes.appendVarint(count: positive.indices.count)
        bytes.appendVarint(count: negative.indices.count)
        for distance in distances { bytes.appendVarint(count: distance) }
        if !isOrdinal {
            for indices in [positive.indices, negative.indices] {
                var previous: Int64 = 0
                for index in indices {
                    bytes.appendZigZag(index - previous)
                    previous = index
                }
            }
        }
        bytes.appendVarint(count: layouts.count)
        for layout in layouts { layout.append(to: &bytes) }
        var start = 0
        while start < layoutOfSample.count {
            var end = start + 1
            while end < layoutOfSample.count, layoutOfSample[end] == layoutOfSample[start] { end += 1 }
            bytes.appendVarint(count: layoutOfSample[start])
            bytes.appendVarint(count: end - start)
            start = end
        }
        return bytes
    }
}
