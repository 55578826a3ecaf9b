public import TelemetryModel

/// A number that stands for a label set: FNV-1a (64 bits) over names and values in order of the names, each followed by the byte 255,
/// as `prometheus/common` computes it, so that it is the same in Perch and in Alertmanager.
public struct AlertFingerprint: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let value: UInt64

    public init(value: UInt64) { self.value = value }

    /// O(bytes of the labels).
    public init(_ labels: LabelSet) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) {
            hash ^= UInt64(byte)
            hash = hash &* 0x100_0000_01b3
        }
        var ranges = labels.labelRanges
        while let label = ranges.next() {
            for byte in labels.packed[label.name] { add(byte) }
            add(255)
            for byte in labels.packed[label.value] { add(byte) }
            add(255)
        }
        value = hash
    }

    /// Reads 16 hexadecimal digits; nil for anything else.
    public init?(parsing text: String) {
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16), !text.hasPrefix("+") else { return nil }
        self.value = value
    }

    /// 16 hexadecimal digits, as the Alertmanager API shows it.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}
