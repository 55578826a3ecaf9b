internal import TelemetryModel

/// Numbers in queries.
enum QueryNumber {
    /// Reads one, or says in Go's words why it is none.
    static func parse(_ text: String) -> Result<Double, ConversionFault> {
        Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(ConversionFault) in try NumberText.parse(bytes) }
        }
    }

    /// With six digits behind the point, as Go's `%f` writes it.
    static func fixed(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        guard value.magnitude < 1e12 else { return FloatText.fixed(value) + ".000000" }
        let millionths = UInt64((value.magnitude * 1_000_000).rounded(.toNearestOrEven))
        let fraction = String(1_000_000 + millionths % 1_000_000).dropFirst()
        return (value.sign == .minus ? "-" : "") + "\(millionths / 1_000_000).\(fraction)"
    }
}
