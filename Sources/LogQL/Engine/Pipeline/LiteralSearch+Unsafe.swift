#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Looks for a text in many lines: first for that of its bytes which is rarest in logs.
struct LiteralSearch: Sendable {
    let literal: [UInt8]
    /// The place of the byte that is looked for first.
    private let place: Int

    init(_ literal: [UInt8]) {
        self.literal = literal
        place = literal.indices.min { LiteralSearch.commonness(literal[$0]) < LiteralSearch.commonness(literal[$1]) } ?? 0
    }

    /// How often a byte is met, roughly; less is rarer.
    private static func commonness(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: " "), UInt8(ascii: "e"), UInt8(ascii: "0"): 9
        case UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"): 8
        case UInt8(ascii: "a"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "t"), UInt8(ascii: "s"), UInt8(ascii: "r"),
            UInt8(ascii: "n"):
            8
        case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "l"), UInt8(ascii: "_"): 7
        case UInt8(ascii: "a")...UInt8(ascii: "z"): 6
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): 4
        default: 3
        }
    }

    func isIn(_ line: UnsafeRawBufferPointer) -> Bool {
        guard literal.count <= line.count else { return false }
        guard let base = line.baseAddress, !literal.isEmpty else { return literal.isEmpty }
        // The byte that is looked for stands from here on, and before there.
        var position = place
        let end = line.count - literal.count + place + 1
        return literal.withUnsafeBytes { literal in
            guard let wanted = literal.baseAddress else { return true }
            while position < end {
                guard let found = memchr(base + position, Int32(literal[place]), end - position) else { return false }
                position = UnsafeRawPointer(found) - base
                if memcmp(base + position - place, wanted, literal.count) == 0 { return true }
                position += 1
            }
            return false
        }
    }
}
