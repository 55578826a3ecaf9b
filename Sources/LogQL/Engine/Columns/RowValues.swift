internal import QueryModel
internal import TelemetryModel

/// The values of samples that are made of rows.
enum RowValues {
    /// 1 for each row.
    case ones
    /// The lengths of lines.
    case lengths([Int32])
    /// The same for all; nil for no samples.
    case constant(Double?)
    /// Of each value of a column.
    case column(Int, [ColumnValue])

    /// What a value of a column gives.
    enum ColumnValue {
        case sample(Double)
        /// An empty value gives no sample.
        case none
        /// It cannot be converted, which is for the pipeline to say.
        case open
    }

    /// What the values of a label give; nil where lines have to be looked at.
    static func unwrapped(_ unwrap: UnwrapTest, _ source: LabelColumns.Source, _ labels: LabelColumns, stream: Int) -> RowValues? {
        func convert(_ bytes: UnsafeRawBufferPointer) -> Double? {
            do throws(ConversionFault) { return try unwrap.convert(bytes) } catch { return nil }
        }
        switch source {
        case .unknown: return nil
        case .absent: return .constant(nil)
        case .stream(let range):
            guard let value = labels.withStreamValue(range, stream: stream, convert) else { return nil }
            return .constant(value)
        case .column(let column):
            let texts = labels.columns[column].values
            let values = texts.bytes.withUnsafeBytes { bytes in
                (0..<texts.count).map { index -> ColumnValue in
                    let range = texts.range(index)
                    if range.isEmpty { return .none }
                    return convert(UnsafeRawBufferPointer(rebasing: bytes[range])).map { .sample($0) } ?? .open
                }
            }
            return .column(column, values)
        }
    }
}
