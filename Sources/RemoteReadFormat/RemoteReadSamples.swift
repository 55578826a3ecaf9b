internal import ByteCoding
internal import RemoteWriteFormat
public import TelemetryModel

/// Writes the message `prometheus.ReadResponse`: a result for each query, with the samples of its series.
public struct RemoteReadSamples: Sendable {
    private var writer = ProtobufWriter()
    // Series are the same message as in remote write, under the same number.
    private var series = RemoteWriteEncoder(version: .v1)

    public init() {}

    /// Adds a series to the present result.
    public mutating func append(_ labels: LabelSet, _ columns: SampleColumns) {
        var elements: [RemoteWriteElement] = []
        elements.reserveCapacity(columns.count)
        for (time, value) in zip(columns.timestamps, columns.values) { elements.append(RemoteWriteElement(time: time, .sample(value))) }
        for sample in columns.histograms { elements.append(RemoteWriteElement(time: sample.timestamp, .histogram(sample.histogram))) }
        series.append(packed: labels.packed, elements)
    }

    /// Ends the result of a query.
    public mutating func endResult() { writer.write(1, bytes: series.finish()) }

    /// The message, uncompressed.
    public var bytes: [UInt8] { writer.bytes }
}
