/// What is taken from a sender at most. Beyond a limit the request, or the series at fault alone, is refused with the reason.
public struct IngestionLimits: Sendable, Hashable {
    /// Bytes of a request after decompression.
    public var decodedBytesMax: Int
    /// Labels of a series, the metric name included.
    public var labelsPerSeriesMax: Int
    /// Bytes of a label's name.
    public var labelNameBytesMax: Int
    /// Bytes of a label's value.
    public var labelValueBytesMax: Int
    /// How far ahead of the clock a sample may be, in milliseconds.
    public var futureMilliseconds: Int64

    public init(
        decodedBytesMax: Int = 64 << 20, labelsPerSeriesMax: Int = 256, labelNameBytesMax: Int = 1024, labelValueBytesMax: Int = 64 << 10,
        futureMilliseconds: Int64 = 10 * 60_000
    ) {
        self.decodedBytesMax = decodedBytesMax
        self.labelsPerSeriesMax = labelsPerSeriesMax
        self.labelNameBytesMax = labelNameBytesMax
        self.labelValueBytesMax = labelValueBytesMax
        self.futureMilliseconds = futureMilliseconds
    }
}
