internal import ColumnCoding
internal import TelemetryModel

extension ChunkPageCursor {
    /// Appends the samples of a series from all its chunks that touch a range of times; some outside of the range may come along.
    ///
    /// - Returns: whether the times of the floats rise, also from what was there.
    @discardableResult
    mutating func read(_ series: UInt32, in range: TimeRange, into samples: inout SampleColumns) throws(ColumnCodingError) -> Bool {
        var rises = true
        for chunk in page.chunkRange(of: series) {
            let entry = page.chunks[chunk]
            guard entry.minTime <= range.end, entry.maxTime >= range.start else { continue }
            switch entry.kind {
            case .float:
                if try !decode(chunk: chunk, timestamps: &samples.timestamps, values: &samples.values) { rises = false }
            case .histogram: try decode(chunk: chunk, histograms: &samples.histograms)
            }
        }
        return rises
    }
}
