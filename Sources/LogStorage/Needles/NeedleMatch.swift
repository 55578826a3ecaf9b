internal import TelemetryModel

/// A part of a needle, and whether a text that has it must begin or end with it.
struct NeedlePart {
    let bytes: ArraySlice<UInt8>
    var beginsText: Bool
    var endsText: Bool
}

/// Pieces that make a text one after the other: the text between what varies, and what varies.
///
/// Says whether a text made of them may contain a needle: `false` only where none does.
struct PieceSequence {
    enum Piece {
        case literal([UInt8])
        /// Something that varies: whether its text may have a part of the needle, and how long it may be.
        case varying(lengths: ClosedRange<Int>, mayHave: (NeedlePart) throws -> Bool)
    }

    let pieces: [Piece]

    /// Whether some text may have the part.
    ///
    /// - Parameter beyondOne: whether it has to reach over more than what varies in one place.
    func mayHave(_ part: NeedlePart, beyondOne: Bool = false) throws -> Bool {
        let needle = part.bytes
        let (first, end) = (needle.startIndex, needle.endIndex)
        if needle.isEmpty { return true }
        // How much of the needle may lie before the present piece, directly in front of it.
        var reached: Set<Int> = [first]
        for (index, piece) in pieces.enumerated() {
            if !part.beginsText { reached.insert(first) }
            let isLast = index == pieces.count - 1
            var next: Set<Int> = []
            for start in reached {
                // Where the needle begins in this piece, it may begin anywhere in it.
                let beginsAnywhere = start == first && !part.beginsText
                switch piece {
                case .literal(let literal):
                    if PieceSequence.ends(literal, needle[start...], beginsAnywhere: beginsAnywhere, isLast: isLast, part.endsText, &next) {
                        return true
                    }
                case .varying(let lengths, let mayHave):
                    if !(beyondOne && beginsAnywhere), !part.endsText || isLast,
                        try mayHave(NeedlePart(bytes: needle[start...], beginsText: !beginsAnywhere, endsText: part.endsText))
                    {
                        return true
                    }
                    let isWhole = !(beyondOne && beginsAnywhere)
                    try extend(needle[start...], index, lengths, beginsAnywhere: beginsAnywhere, isWhole: isWhole, mayHave, &next)
                }
            }
            reached = next
        }
        return reached.contains(end)
    }

    /// Finds how much of a needle may lie before the next piece, where the one at an index ends within the needle.
    ///
    /// - Parameter isWhole: whether all of the needle may lie before it.
    private func extend(
        _ rest: ArraySlice<UInt8>, _ index: Int, _ lengths: ClosedRange<Int>, beginsAnywhere: Bool, isWhole: Bool,
        _ mayHave: (NeedlePart) throws -> Bool, _ next: inout Set<Int>
    ) rethrows {
        let least = beginsAnywhere ? 0 : lengths.lowerBound
        let most = min(isWhole ? rest.count : rest.count - 1, lengths.upperBound)
        guard least <= most else { return }
        var following: UInt8?
        if index + 1 < pieces.count, case .literal(let literal) = pieces[index + 1] { following = literal.first }
        for length in least...most {
            let end = rest.startIndex + length
            // What does not go on with the next piece leads nowhere.
            if next.contains(end) || length < rest.count && following.map({ $0 != rest[end] }) ?? false { continue }
            let isPossible =
                try length == 0 || mayHave(NeedlePart(bytes: rest[rest.startIndex..<end], beginsText: !beginsAnywhere, endsText: true))
            if isPossible { next.insert(end) }
        }
    }

    /// Holds a literal against the rest of a needle.
    ///
    /// - Parameter next: gets how much of the needle lies before the next piece.
    /// - Returns: whether the needle ends within the literal.
    private static func ends(
        _ literal: [UInt8], _ rest: ArraySlice<UInt8>, beginsAnywhere: Bool, isLast: Bool, _ endsText: Bool, _ next: inout Set<Int>
    ) -> Bool {
        for offset in 0...(beginsAnywhere ? literal.count : 0) {
            let available = literal.count - offset
            let shared = min(available, rest.count)
            guard literal[offset..<offset + shared].elementsEqual(rest.prefix(shared)) else { continue }
            if rest.count <= available, !endsText { return true }
            // The needle may end with the literal, or go on behind it.
            if rest.count >= available { next.insert(rest.startIndex + available) }
        }
        return false
    }
}

extension PackedTexts {
    /// Whether some text has the part.
    func has(_ part: NeedlePart) -> Bool { (0..<count).contains { has(part, $0) } }

    /// Whether a text has the part.
    func has(_ part: NeedlePart, _ index: Int) -> Bool { TextSearch.has(bytes[range(index)], part) }
}

/// Looks for needles in texts.
enum TextSearch {
    static func has(_ text: ArraySlice<UInt8>, _ part: NeedlePart) -> Bool {
        let needle = part.bytes
        guard needle.count <= text.count else { return false }
        if part.beginsText, part.endsText { return text.elementsEqual(needle) }
        if part.beginsText { return text.prefix(needle.count).elementsEqual(needle) }
        if part.endsText { return text.suffix(needle.count).elementsEqual(needle) }
        return text.withUnsafeBytes { text in needle.withUnsafeBytes { contains(text, $0) } }
    }

    /// Whether a text contains a needle.
    static func contains(_ text: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer) -> Bool {
        guard needle.count <= text.count else { return false }
        guard let first = needle.first else { return true }
        let last = text.count - needle.count
        var index = 0
        while index <= last {
            if text[index] == first {
                var length = 1
                while length < needle.count, text[index &+ length] == needle[length] { length &+= 1 }
                if length == needle.count { return true }
            }
            index &+= 1
        }
        return false
    }
}
