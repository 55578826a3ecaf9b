/// A regular expression that is nothing but literals and gaps (`.*`, `.+`), so that plain byte comparison decides it.
///
/// It is a list of alternatives; each is a run of literals with gaps between and around them.
final class LiteralForm: Sendable {
    struct Alternative: Sendable, Hashable {
        enum Piece: Sendable, Hashable {
            case literal([UInt8])
            /// Any bytes, at least so many (0 or 1).
            case gap(atLeast: Int)
        }

        var pieces: [Piece]

        /// The literal that this is, where it has no gap.
        var wholeLiteral: [UInt8]? {
            if pieces.isEmpty { return [] }
            if pieces.count == 1, case .literal(let bytes) = pieces[0] { return bytes }
            return nil
        }

        /// What every match begins with.
        var prefix: [UInt8] {
            if let first = pieces.first, case .literal(let bytes) = first { return bytes }
            return []
        }
    }

    let alternatives: [Alternative]
    /// Sorted, where every alternative is a whole literal and the expression is anchored.
    let literals: [[UInt8]]?
    private let anchored: Bool

    /// Nil where the expression is not of this form.
    ///
    /// - Parameter anchored: whether it must match the whole text, dots matching line feeds too.
    init?(_ source: String, anchored: Bool) {
        var parser = LiteralFormParser(Array(source.utf8), anchored: anchored)
        guard var alternatives = parser.parse() else { return nil }
        if !anchored {
            guard let trimmed = LiteralForm.trimmingOuterGaps(alternatives) else { return nil }
            alternatives = trimmed
        }
        self.alternatives = alternatives
        self.anchored = anchored
        let whole = alternatives.compactMap(\.wholeLiteral)
        literals = anchored && whole.count == alternatives.count ? LiteralForm.sortedUnique(whole) : nil
    }

    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let literals { return LiteralForm.contains(literals, bytes) }
        for alternative in alternatives where anchored ? matchesWhole(alternative, bytes) : occurs(alternative, bytes) { return true }
        return false
    }

    /// Whether one of the alternatives is any text at all.
    var matchesEverything: Bool {
        alternatives.contains { $0.pieces == [.gap(atLeast: 0)] || (!anchored && $0.pieces.isEmpty) }
    }

    /// The longest prefix that all alternatives share.
    var commonPrefix: [UInt8] {
        guard anchored, var shared = alternatives.first?.prefix else { return [] }
        for alternative in alternatives.dropFirst() {
            let prefix = alternative.prefix
            var length = 0
            while length < min(shared.count, prefix.count), shared[length] == prefix[length] { length += 1 }
            shared.removeSubrange(length...)
        }
        return shared
    }

    /// For a search anywhere in a text: `.*` around a literal says nothing. Other gaps depend on line feeds, so they are left to RE2.
    private static func trimmingOuterGaps(_ alternatives: [Alternative]) -> [Alternative]? {
        var trimmed: [Alternative] = []
        for alternative in alternatives {
            var pieces = alternative.pieces[...]
            if pieces.first == .gap(atLeast: 0) { pieces = pieces.dropFirst() }
            if pieces.last == .gap(atLeast: 0) { pieces = pieces.dropLast() }
            let kept = Alternative(pieces: Array(pieces))
            guard kept.wholeLiteral != nil else { return nil }
            trimmed.append(kept)
        }
        return trimmed
    }

    private static func sortedUnique(_ literals: [[UInt8]]) -> [[UInt8]] {
        var unique: [[UInt8]] = []
        for literal in literals.sorted(by: { $0.lexicographicallyPrecedes($1) }) where unique.last != literal { unique.append(literal) }
        return unique
    }

    private static func contains(_ sorted: [[UInt8]], _ bytes: UnsafeRawBufferPointer) -> Bool {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            let order = compare(sorted[middle], bytes)
            if order == 0 { return true }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return false
    }

    private static func compare(_ literal: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Int {
        let order = ByteSearch.compare(literal, bytes, count: min(literal.count, bytes.count))
        return order != 0 ? order : literal.count - bytes.count
    }

    /// Takes each literal at its leftmost place, which leaves most to the later ones; the last must end the text.
    private func matchesWhole(_ alternative: Alternative, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        var gap: Int?
        for (index, piece) in alternative.pieces.enumerated() {
            switch piece {
            case .gap(let atLeast): gap = atLeast
            case .literal(let literal):
                guard let least = gap else {
                    guard ByteSearch.hasLiteral(bytes, literal, at: position) else { return false }
                    position += literal.count
                    continue
                }
                if index == alternative.pieces.count - 1 {
                    let start = bytes.count - literal.count
                    return start >= position + least && ByteSearch.hasLiteral(bytes, literal, at: start)
                }
                guard let found = ByteSearch.firstIndex(of: literal, in: bytes, from: position + least) else { return false }
                position = found + literal.count
                gap = nil
            }
        }
        guard let least = gap else { return position == bytes.count }
        return bytes.count - position >= least
    }

    private func occurs(_ alternative: Alternative, _ bytes: UnsafeRawBufferPointer) -> Bool {
        ByteSearch.firstIndex(of: alternative.wholeLiteral ?? [], in: bytes, from: 0) != nil
    }
}
