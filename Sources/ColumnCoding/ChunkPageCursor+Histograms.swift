internal import ByteCoding
public import TelemetryModel

extension ChunkPageCursor {
    /// Appends the histograms of one chunk of native histograms.
    ///
    /// - Precondition: `index` is a place in ``ChunkPage/chunks``.
    /// - Throws: ``ColumnCodingError``; what was appended by then is to be thrown away.
    public mutating func decode(chunk index: Int, histograms: inout [HistogramSample]) throws(ColumnCodingError) {
        let entry = page.directory.chunks[index]
        guard entry.kind == .histogram else { throw ColumnCodingError(.kindMismatch, at: 0, "chunk \(index) holds no histograms") }
        do throws(ByteCodingError) {
            guard case .histogram(let range) = page.directory.values[entry.valueColumn].form.encoding else {
                throw ByteCodingError(.invalidValue, at: 0)
            }
            let head = try HistogramHead(page.body, in: range, count: entry.count)
            try decodeClock(entry.timestampColumn)
            var columns: [[Double]] = []
            columns.reserveCapacity(head.distances.count)
            for distance in head.distances {
                let column = entry.valueColumn - distance
                guard column >= 0, page.directory.values[column].count == entry.count else {
                    throw ByteCodingError(.invalidValue, at: range.lowerBound)
                }
                var values: [Double] = []
                try appendValues(of: column, into: &values)
                columns.append(values)
            }
            head.assemble(times: clockTimes, columns: columns, into: &histograms)
        } catch {
            throw ColumnCodingError(error, reading: "chunk \(index) of series \(entry.series)")
        }
    }
}
