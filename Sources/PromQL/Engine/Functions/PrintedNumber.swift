#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Numbers rounded for messages.
enum PrintedNumber {
    /// Six digits after the point (`%f`).
    static func fixedPoint(_ value: Double) -> String { value.isFinite ? printed("%f", value) : special(value) }

    /// Two significant digits (`%.2g`).
    static func twoDigits(_ value: Double) -> String { value.isFinite ? printed("%.2g", value) : special(value) }

    private static func special(_ value: Double) -> String { value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }

    private static func printed(_ format: String, _ value: Double) -> String {
        // The longest `%f` has 309 digits before the point.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            let count = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
            return String(decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
