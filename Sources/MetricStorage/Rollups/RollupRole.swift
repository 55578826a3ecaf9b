internal import TelemetryModel

/// What a series of a rollup shard says of each bucket. It has the labels of the series that was rolled up, and ``label`` with the role.
enum RollupRole: Int, CaseIterable, Sendable {
    /// The number of samples, at the time of the last one.
    case count
    /// The sum of the values, at the time of the last float; of histograms likewise.
    case sum
    /// The least value, the first of equal ones; NaN where there is nothing else. Floats only, as `max`.
    case min
    case max
    /// The first sample as it is, where it is not also the last one.
    case first
    /// The last sample as it is, and behind it the stale marker that ends the bucket, if one does.
    case last
    /// The sum of the values before which a counter was reset: last − first + resets is its increase within the bucket. Missing where
    /// there was no reset.
    case resets

    /// The label that tells the roles of a series apart. Series that come with it are not rolled up.
    static let label = "__rollup__"

    var name: String {
        switch self {
        case .count: "count"
        case .sum: "sum"
        case .min: "min"
        case .max: "max"
        case .first: "first"
        case .last: "last"
        case .resets: "resets"
        }
    }

    /// The role that packed labels tell, and the labels without it; nil for labels without a role.
    static func split(_ packed: [UInt8]) -> (role: RollupRole, base: [UInt8])? {
        packed.withUnsafeBytes { bytes in
            var cursor = PackedLabels(bytes)
            while let found = cursor.next() {
                guard bytes[found.name].elementsEqual(label.utf8) else { continue }
                guard let role = allCases.first(where: { bytes[found.value].elementsEqual($0.name.utf8) }) else { return nil }
                return (role, Array(bytes[..<found.start]) + Array(bytes[found.value.upperBound...]))
            }
            return nil
        }
    }

    /// Packed labels with the role added.
    func added(to packed: [UInt8]) -> [UInt8] {
        var builder = LabelSetBuilder(LabelSet(canonical: packed))
        builder.set(RollupRole.label, name)
        return builder.build().packed
    }
}
