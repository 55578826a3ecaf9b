/// The bounds of exponential buckets.
///
/// Bucket `i` of schema `n` ends at 2^(i · 2^-n). The bounds within one power of two come from a table, so that every machine and every
/// run gives the same bits as Prometheus: its table was made by repeated multiplication, and is a unit in the last place away from the
/// nearest double in places.
public enum ExponentialBounds {
    /// 2^(2^-n) for n in 1...8, as the table below is built from them.
    private static let factors: [Double] = [
        0x1.6a09e667f3bccp+0, 0x1.306fe0a31b715p+0, 0x1.172b83c7d517bp+0, 0x1.0b5586cf9890fp+0,
        0x1.059b0d3158574p+0, 0x1.02c9a3e778061p+0, 0x1.0163da9fb3335p+0, 0x1.00b1afa5abcbfp+0,
    ]

    /// The 256 bounds of schema 8 in [0.5, 1). Those of schema `n` are every 2^(8-n)th of them.
    ///
    /// A bound that the coarser schema has too is taken from there; one between is the bound before it times the factor.
    private static let fractions: [Double] = {
        var bounds = [0.5]
        for factor in factors {
            bounds = bounds.flatMap { [$0, $0 * factor] }
        }
        return bounds
    }()

    /// The upper bound of a bucket on the positive side.
    ///
    /// The last bucket of finite numbers ends at the greatest finite number; the one after it, of infinite observations, at +Inf.
    ///
    /// - Parameter schema: an exponential schema; others are clamped to -4...8.
    public static func upper(of index: Int, schema: Int32) -> Double {
        let schema = min(max(Int(schema), -4), 8)
        if schema < 0 {
            // Far outside of what a double can say, so that the shift cannot overflow.
            let exponent = min(max(index, -1 << 20), 1 << 20) << -schema
            if exponent == 1024 { return .greatestFiniteMagnitude }
            return scaled(1, exponent)
        }
        let fraction = fractions[(index & (1 << schema - 1)) << (8 - schema)]
        let exponent = index >> schema + 1
        if fraction == 0.5 && exponent == 1025 { return .greatestFiniteMagnitude }
        return scaled(fraction, exponent)
    }

    /// The index of the bucket of a lower schema that holds a bucket.
    static func index(_ index: Int, from schema: Int32, to target: Int32) -> Int { (index - 1) >> Int(schema - target) + 1 }

    private static func scaled(_ significand: Double, _ exponent: Int) -> Double {
        Double(sign: .plus, exponent: min(max(exponent, -5000), 5000), significand: significand)
    }
}

extension NativeHistogram {
    /// The upper bound of bucket `index` on the positive side: of the schema, or the custom one (+Inf behind the last, -Inf before the first).
    public func upperBound(of index: Int) -> Double { upperBound(of: index, schema: schema) }

    func upperBound(of index: Int, schema: Int32) -> Double {
        guard schema == NativeHistogram.customBucketsSchema else { return ExponentialBounds.upper(of: index, schema: schema) }
        if index < 0 { return -.infinity }
        return index < customBounds.count ? customBounds[index] : .infinity
    }

    /// Whether the schema is one of the exponential ones.
    public var isExponential: Bool { NativeHistogram.exponentialSchemas.contains(schema) }
}
