internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import TelemetryModel

/// Messages of batches.
enum RemoteWriteMessages {
    /// Endings of the names of series that belong to a family without them.
    private static let endings = ["_total", "_bucket", "_count", "_sum", "_info", "_gcount", "_gsum"]

    /// The message of a batch, uncompressed.
    ///
    /// - Parameter metadata: what is known of a family; goes along in 2.0.
    static func message(
        of batch: SendBatch, _ version: RemoteWriteVersion, metadata: (String) -> MetricMetadata?
    ) -> [UInt8] {
        var encoder = RemoteWriteEncoder(version: version)
        var elements: [RemoteWriteElement] = []
        var index = 0
        while index < batch.items.count {
            let first = batch.items[index]
            elements.removeAll(keepingCapacity: true)
            while index < batch.items.count, batch.items[index].series == first.series {
                elements.append(batch.items[index].element)
                index += 1
            }
            let about = version == .v2 ? Self.metadata(of: first.labels, metadata) : nil
            encoder.append(packed: first.labels, elements, metadata: about)
        }
        return encoder.finish()
    }

    private static func metadata(of packed: [UInt8], _ find: (String) -> MetricMetadata?) -> MetricMetadata? {
        guard let name = LabelSet(canonical: packed).metricName else { return nil }
        if let found = find(name) { return found }
        guard let ending = endings.first(where: { name.hasSuffix($0) }) else { return nil }
        return find(String(name.dropLast(ending.count)))
    }
}
