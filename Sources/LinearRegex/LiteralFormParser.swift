/// Reads a regular expression as literals, small character classes, options, alternatives and gaps, and gives up on everything else.
///
/// Giving up is always right (RE2 decides then), so every doubt ends in nil.
struct LiteralFormParser {
    private typealias Alternative = LiteralForm.Alternative

    private let bytes: [UInt8]
    private let anchored: Bool
    private var position = 0
    private static let literalAlternativesMax = 4096
    private static let gapAlternativesMax = 16
    private static let depthMax = 16

    init(_ bytes: [UInt8], anchored: Bool) {
        self.bytes = bytes
        self.anchored = anchored
    }

    mutating func parse() -> [LiteralForm.Alternative]? {
        guard let alternatives = parseAlternation(depth: 0), position == bytes.count else { return nil }
        let withGaps = alternatives.count { $0.wholeLiteral == nil }
        return withGaps > LiteralFormParser.gapAlternativesMax ? nil : alternatives
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func parseAlternation(depth: Int) -> [Alternative]? {
        guard depth < LiteralFormParser.depthMax else { return nil }
        var result: [Alternative] = []
        while true {
            guard let branch = parseConcatenation(depth: depth) else { return nil }
            result += branch
            guard result.count <= LiteralFormParser.literalAlternativesMax else { return nil }
            guard next == UInt8(ascii: "|") else { return result }
            position += 1
        }
    }

    private mutating func parseConcatenation(depth: Int) -> [Alternative]? {
        var result = [Alternative(pieces: [])]
        var isAtStart = true
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            // In an expression that is anchored anyway, ^ at the start and $ at the end say nothing.
            if anchored, depth == 0, byte == UInt8(ascii: "^"), isAtStart {
                position += 1
                guard !isRepetition(next) else { return nil }
                continue
            }
            if anchored, depth == 0, byte == UInt8(ascii: "$") {
                position += 1
                guard next == nil || next == UInt8(ascii: "|") else { return nil }
                continue
            }
            isAtStart = false
            guard let atom = parseAtom(depth: depth), let joined = product(result, atom) else { return nil }
            result = joined
        }
        return result
    }

    private mutating func parseAtom(depth: Int) -> [Alternative]? {
        guard let byte = next else { return nil }
        position += 1
        var atom: [Alternative]
        switch byte {
        case UInt8(ascii: "."): return parseGap()
        case UInt8(ascii: "("):
            guard let group = parseGroup(depth: depth) else { return nil }
            atom = group
        case UInt8(ascii: "["):
            guard let characters = parseClass() else { return nil }
            atom = characters.map { Alternative(pieces: [.literal([$0])]) }
        case UInt8(ascii: "\\"):
            guard let escaped = next, LiteralFormParser.isPunctuation(escaped) else { return nil }
            position += 1
            atom = [Alternative(pieces: [.literal([escaped])])]
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "]"),
            UInt8(ascii: "^"), UInt8(ascii: "$"):
            return nil
        default:
            guard let character = takeCharacter(startingWith: byte) else { return nil }
            atom = [Alternative(pieces: [.literal(character)])]
        }
        if next == UInt8(ascii: "?") {
            position += 1
            atom.append(Alternative(pieces: []))
        }
        return isRepetition(next) ? nil : atom
    }

    /// After a dot: only `.*` and `.+` (also in their lazy forms, which match the same texts) are gaps.
    private mutating func parseGap() -> [Alternative]? {
        let least: Int
        switch next {
        case UInt8(ascii: "*"): least = 0
        case UInt8(ascii: "+"): least = 1
        default: return nil
        }
        position += 1
        if next == UInt8(ascii: "?") { position += 1 }
        return isRepetition(next) ? nil : [Alternative(pieces: [.gap(atLeast: least)])]
    }

    private mutating func parseGroup(depth: Int) -> [Alternative]? {
        if next == UInt8(ascii: "?") {
            guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: ":") else { return nil }
            position += 2
        }
        guard let group = parseAlternation(depth: depth + 1), next == UInt8(ascii: ")") else { return nil }
        position += 1
        return group
    }

    /// The members of a class of plain ASCII letters, digits and a few marks, with ranges among letters or digits.
    private mutating func parseClass() -> [UInt8]? {
        var members: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "]") { return members.isEmpty ? nil : members }
            guard LiteralFormParser.isPlainInClass(byte) else { return nil }
            if next == UInt8(ascii: "-") {
                guard position + 1 < bytes.count, LiteralFormParser.isPlainInClass(bytes[position + 1]), byte <= bytes[position + 1] else {
                    return nil
                }
                members += byte...bytes[position + 1]
                position += 2
            } else {
                members.append(byte)
            }
        }
        return nil
    }

    /// A whole UTF-8 character, so that a `?` behind it means all of it.
    private mutating func takeCharacter(startingWith first: UInt8) -> [UInt8]? {
        var character = [first]
        guard first >= 0x80 else { return character }
        while let byte = next, byte & 0xc0 == 0x80 {
            character.append(byte)
            position += 1
        }
        return character
    }

    private func product(_ left: [Alternative], _ right: [Alternative]) -> [Alternative]? {
        guard left.count * right.count <= LiteralFormParser.literalAlternativesMax else { return nil }
        var result: [Alternative] = []
        result.reserveCapacity(left.count * right.count)
        for first in left {
            for second in right {
                guard let joined = join(first, second) else { return nil }
                result.append(joined)
            }
        }
        return result
    }

    private func join(_ left: Alternative, _ right: Alternative) -> Alternative? {
        var pieces = left.pieces
        for piece in right.pieces {
            switch (pieces.last, piece) {
            case (.literal(let before), .literal(let bytes)): pieces[pieces.count - 1] = .literal(before + bytes)
            case (.gap(let before), .gap(let least)):
                // A byte is not a character: two characters at least cannot be told by counting bytes.
                guard before + least <= 1 else { return nil }
                pieces[pieces.count - 1] = .gap(atLeast: before + least)
            default: pieces.append(piece)
            }
        }
        return Alternative(pieces: pieces)
    }

    private func isRepetition(_ byte: UInt8?) -> Bool {
        switch byte {
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"): true
        default: false
        }
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
        default: false
        }
    }

    private static func isPlainInClass(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
