internal import TelemetryModel

/// The label sets of up to 256 series with neighbouring numbers, decoded, with their hashes.
struct LabelGroup: Sendable {
    let labels: [LabelSet]
    /// ``LabelSet/stableHash`` of each.
    let hashes: [UInt64]

    init(_ packed: [[UInt8]]) {
        labels = packed.map { LabelSet(canonical: $0) }
        hashes = labels.map(\.stableHash)
    }

    var count: Int { labels.count }

    /// Bytes in memory, about.
    var memoryBytes: Int { labels.reduce(0) { $0 + $1.packed.count + 56 } }
}
