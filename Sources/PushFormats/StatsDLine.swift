/// One line of StatsD, with the extensions of DogStatsD: several values, sampling, tags.
///
///     page.views:3|c|@0.5|#route:home,region:eu
public struct StatsDLine: Sendable, Hashable {
    public enum Kind: UInt8, Sendable, Hashable {
        case counter, gauge
        /// Milliseconds.
        case timer
        /// What has no unit, and DogStatsD's distributions.
        case histogram
        case set
    }

    public struct Tag: Sendable, Hashable {
        public var name: [UInt8]
        public var value: [UInt8]
    }

    public var name: [UInt8] = []
    public var kind = Kind.counter
    /// Numbers of all kinds but sets.
    public var values: [Double] = []
    /// Whether a gauge is changed by its values, and not set to them.
    public var isRelative = false
    /// What is in a set.
    public var members: [[UInt8]] = []
    /// The part of all events that was sent; above 0, at most 1.
    public var rate = 1.0
    public var tags: [Tag] = []

    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// Reads a line, without its end; nil where it is blank, or an event or a service check of DogStatsD.
    public init?(_ line: some Collection<UInt8>) throws(Fault) {
        var bytes = Array(line)
        while let last = bytes.last, last == 0x0d || last == 0x20 { bytes.removeLast() }
        if bytes.isEmpty || bytes.starts(with: "_e{".utf8) || bytes.starts(with: "_sc|".utf8) { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard parts.count >= 2, let colon = parts[0].firstIndex(of: UInt8(ascii: ":")) else {
            throw Fault(description: "expected NAME:VALUE|TYPE")
        }
        name = Array(parts[0][..<colon])
        if name.isEmpty { throw Fault(description: "there is no name") }
        switch String(decoding: parts[1], as: UTF8.self) {
        case "c", "m": kind = .counter
        case "g": kind = .gauge
        case "ms": kind = .timer
        case "h", "d": kind = .histogram
        case "s": kind = .set
        case let other: throw Fault(description: "unknown type \"\(other.prefix(20))\"")
        }
        for part in parts.dropFirst(2) { try readExtension(part) }
        try readValues(parts[0][(colon + 1)...])
    }

    private mutating func readExtension(_ part: ArraySlice<UInt8>) throws(Fault) {
        switch part.first {
        case UInt8(ascii: "@"):
            guard let rate = Double(String(decoding: part.dropFirst(), as: UTF8.self)), rate > 0, rate <= 1 else {
                throw Fault(description: "the sample rate must be above 0 and at most 1")
            }
            self.rate = rate
        case UInt8(ascii: "#"):
            for tag in part.dropFirst().split(separator: UInt8(ascii: ",")) {
                let colon = tag.firstIndex(of: UInt8(ascii: ":")) ?? tag.endIndex
                if colon == tag.startIndex { continue }
                // A tag without a value is true.
                let value = colon < tag.endIndex ? Array(tag[(colon + 1)...]) : Array("true".utf8)
                tags.append(Tag(name: Array(tag[..<colon]), value: value))
            }
        // Container, time and whatever else may come.
        default: break
        }
    }

    private mutating func readValues(_ text: ArraySlice<UInt8>) throws(Fault) {
        for part in text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            if part.isEmpty { throw Fault(description: "there is no value") }
            if kind == .set {
                members.append(Array(part))
                continue
            }
            if kind == .gauge, part.first == UInt8(ascii: "+") || part.first == UInt8(ascii: "-") { isRelative = true }
            guard let value = Double(String(decoding: part, as: UTF8.self)), value.isFinite else {
                throw Fault(description: "invalid value \"\(String(decoding: part.prefix(40), as: UTF8.self))\"")
            }
            values.append(value)
        }
    }
}
