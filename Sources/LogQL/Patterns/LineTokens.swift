internal import TelemetryModel

/// A line cut into tokens. Blanks between them are kept as counts.
struct LineTokens {
    /// What each token is in ``bytes``; nil for one that always differs.
    private(set) var ranges: [Range<Int>?] = []
    /// Of each token how many blanks stand before it; one element more for those at the end.
    private(set) var blanks: [Int] = []
    /// The line or the part of it that was cut.
    private(set) var bytes: ArraySlice<UInt8> = []
    /// Whether the tokens are only a part of the line, so that something stands before and behind them.
    private(set) var isPart = false

    private static let equals = UInt8(ascii: "=")
    private static let quote = UInt8(ascii: "\"")

    /// Names of JSON members that hold what people read, in the order in which they are looked for.
    private static let messageNames = ["log", "message", "msg", "msg_", "_msg", "content"].map { Array($0.utf8) }
    /// Keys of logfmt whose values always differ, in small letters.
    private static let variableKeys = ["ts", "t", "traceid", "time", "timestamp"].map { Array($0.utf8) }

    /// Cuts a line; false where it is none that patterns are made of.
    mutating func cut(_ line: ArraySlice<UInt8>, _ limits: PatternLimits) -> Bool {
        ranges.removeAll(keepingCapacity: true)
        blanks.removeAll(keepingCapacity: true)
        isPart = false
        guard line.count <= limits.lineBytesMax, let first = line.first else { return false }
        if first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") {
            guard let message = LineTokens.message(line) else { return false }
            isPart = true
            bytes = message
            cutText(limits.tokensMax)
        } else {
            bytes = line
            if !cutLogfmt(limits.tokensMax) { cutText(limits.tokensMax) }
        }
        return ranges.count >= limits.tokensMin && ranges.count <= limits.tokensMax
    }

    // MARK: Text

    /// Words, and marks between them. `-`, `_`, `.`, `:` and `/` are parts of words.
    private mutating func cutText(_ tokensMax: Int) {
        ranges.removeAll(keepingCapacity: true)
        blanks.removeAll(keepingCapacity: true)
        var start = bytes.startIndex
        var gap = 0
        var index = bytes.startIndex
        while index < bytes.endIndex, ranges.count <= tokensMax {
            let (scalar, width) = UTF8Characters.decode(bytes, at: index)
            let end = index + width
            if let scalar, !LineTokens.isWordPart(scalar) {
                add(start..<index, &gap)
                if scalar == " " { gap += 1 } else { add(index..<end, &gap) }
                start = end
            }
            index = end
        }
        add(start..<bytes.endIndex, &gap)
        blanks.append(gap)
    }

    private mutating func add(_ range: Range<Int>, _ gap: inout Int) {
        guard !range.isEmpty else { return }
        ranges.append(range)
        blanks.append(gap)
        gap = 0
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            switch UInt8(truncatingIfNeeded: scalar.value) {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
                UInt8(ascii: "/"):
                return true
            // Signs that are neither punctuation nor blanks stay where they are, as in Loki.
            case UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "^"), UInt8(ascii: "`"),
                UInt8(ascii: "|"), UInt8(ascii: "~"), 0..<0x20, 0x7f:
                return true
            default: return false
            }
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            return false
        default: return true
        }
    }

    // MARK: Logfmt

    /// Keys with their `=`, and values with their quotes. False where the line is not made of such pairs alone.
    private mutating func cutLogfmt(_ tokensMax: Int) -> Bool {
        var index = bytes.startIndex
        var gap = 0
        while index < bytes.endIndex {
            if bytes[index] == 0x20 {
                gap += 1
                index += 1
                continue
            }
            guard ranges.count <= tokensMax, ranges.isEmpty || gap > 0, let pair = pair(index) else { return false }
            add(pair.key, &gap)
            if !pair.value.isEmpty {
                let key = bytes[pair.key].dropLast().map { $0 | 0x20 }
                ranges.append(LineTokens.variableKeys.contains(key) ? nil : pair.value)
                blanks.append(0)
            }
            index = pair.value.upperBound
        }
        blanks.append(gap)
        return ranges.count >= 2
    }

    /// A key with its `=`, and the value behind it.
    private func pair(_ start: Int) -> (key: Range<Int>, value: Range<Int>)? {
        var index = start
        while index < bytes.endIndex, bytes[index] != LineTokens.equals {
            guard bytes[index] > 0x20, bytes[index] != LineTokens.quote else { return nil }
            index += 1
        }
        guard index < bytes.endIndex, index > start else { return nil }
        let key = start..<index + 1
        index += 1
        let valueStart = index
        if index < bytes.endIndex, bytes[index] == LineTokens.quote {
            index += 1
            while index < bytes.endIndex, bytes[index] != LineTokens.quote { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
            guard index < bytes.endIndex else { return nil }
            return (key, valueStart..<index + 1)
        }
        while index < bytes.endIndex, bytes[index] > 0x20 {
            if bytes[index] == LineTokens.quote { return nil }
            index += 1
        }
        return (key, valueStart..<index)
    }

    // MARK: JSON

    /// The text of the member that people read, as it stands in the line.
    private static func message(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let scan = JSONScan(bytes: Array(line))
        var best: (rank: Int, range: Range<Int>)?
        do {
            var members = try JSONMembers(scan, 0..<scan.bytes.count)
            while let value = try members.next() {
                guard value.kind == .string, let rank = messageNames.firstIndex(where: { scan.bytes[members.key].elementsEqual($0) }) else {
                    continue
                }
                if best.map({ rank < $0.rank }) ?? true { best = (rank, value.range) }
            }
        } catch {
            // What stands before the fault counts.
        }
        return best.map { scan.bytes[$0.range] }
    }
}
