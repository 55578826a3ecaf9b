/// What the numbers of a graph count, which decides how its axis is divided and labelled.
public enum QuantityUnit: String, Sendable, Hashable, CaseIterable {
    /// Plain numbers: 950, 1.2k, 3M.
    case none
    /// 512 B, 1.5 KiB, 2 GiB.
    case bytes
    /// 250 ms, 1.5 s, 2 m.
    case seconds
    /// A ratio: 0.25 shows as 25%.
    case ratio
}

extension QuantityUnit {
    /// A number with few digits and its unit: `1.5k`, `512 MiB`, `250 ms`, `25%`.
    ///
    /// - Parameter step: the distance to the next label, which decides how many decimals are needed; nil for three digits in all.
    public func text(_ value: Double, step: Double? = nil) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        let magnitude = value.magnitude
        if magnitude < (step ?? 0) * 1e-9 || value == 0 { return zero }
        switch self {
        case .none:
            if magnitude < 1e-6 || magnitude >= 1e15 { return QuantityUnit.scientific(value) }
            let scales: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")]
            return QuantityUnit.scaled(value, step, scales, separator: "")
        case .ratio: return QuantityUnit.scaled(value * 100, step.map { $0 * 100 }, [(1, "%")], separator: "")
        case .bytes:
            let scales: [(Double, String)] = [
                (0x1p60, "EiB"), (0x1p50, "PiB"), (0x1p40, "TiB"), (0x1p30, "GiB"), (0x1p20, "MiB"), (0x1p10, "KiB"), (1, "B"),
            ]
            return QuantityUnit.scaled(value, step, scales, separator: " ")
        case .seconds:
            let scales: [(Double, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")]
            return QuantityUnit.scaled(value, step, scales, separator: " ")
        }
    }

    private var zero: String {
        switch self {
        case .none: "0"
        case .bytes: "0 B"
        case .seconds: "0 s"
        case .ratio: "0%"
        }
    }

    private static func scaled(_ value: Double, _ step: Double?, _ scales: [(Double, String)], separator: String) -> String {
        // Half a unit in the last digit must not push 999.9 to "1000" of the smaller unit.
        let (scale, suffix) = scales.first { value.magnitude >= $0.0 * 0.9995 } ?? scales[scales.count - 1]
        let number = value / scale
        var decimals = number.magnitude < 9.995 ? 2 : number.magnitude < 99.95 ? 1 : 0
        if scale == 1 && suffix.isEmpty && number.magnitude < 1 { decimals = 6 }
        if let step { decimals = max(0, min(9, Int((-(step / scale).log10Floor)))) + (isRound(step / scale) ? 0 : 1) }
        var text = fixed(number, decimals: decimals)
        if step == nil || suffix.isEmpty { text = withoutTrailingZeros(text) }
        return text + (suffix.isEmpty ? "" : separator + suffix)
    }

    private static func isRound(_ step: Double) -> Bool {
        let digits = step / pow10(step.log10Floor)
        return (digits - digits.rounded()).magnitude < 1e-9
    }

    private static func scientific(_ value: Double) -> String {
        let exponent = value.magnitude.log10Floor
        return withoutTrailingZeros(fixed(value / pow10(exponent), decimals: 2)) + "e\(exponent)"
    }

    private static func withoutTrailingZeros(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }

    /// A number with so many decimals; it has to be below 10^15.
    private static func fixed(_ value: Double, decimals: Int) -> String {
        let scale = pow10(decimals)
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 1e18 else { return "\(value)" }
        var digits = String(UInt64(scaled))
        if decimals > 0 {
            digits = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -decimals))
        }
        return (value < 0 && scaled > 0 ? "-" : "") + digits
    }
}

/// A power of ten.
package func pow10(_ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent.magnitude { result *= 10 }
    return exponent < 0 ? 1 / result : result
}

extension Double {
    /// The exponent of the greatest power of ten that is not above the magnitude; 0 for 0.
    package var log10Floor: Int {
        guard self != 0, isFinite else { return 0 }
        var exponent = 0
        var scaled = magnitude
        while scaled >= 10 {
            scaled /= 10
            exponent += 1
        }
        while scaled < 1 - 1e-12 {
            scaled *= 10
            exponent -= 1
        }
        return exponent
    }
}
