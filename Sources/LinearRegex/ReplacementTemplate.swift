/// A replacement with references to groups, by the rules of Go's `regexp.Expand`.
///
/// `$1` and `${1}` are a group by number, `$name` and `${name}` by name, `$$` is a dollar. Without braces the name is as long as
/// possible: `$1x` is the group named `1x`. A reference to a group that does not exist or took no part is empty; a dollar that starts
/// no reference is a dollar.
public struct ReplacementTemplate: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case text(String)
        case group(Int)
        case name(String)
    }

    /// The template as it was given.
    public let source: String
    let parts: [Part]

    public init(_ source: String) {
        self.source = source
        parts = ReplacementTemplate.parse(source)
    }

    /// Whether there are no references, so that the replacement is the same for every match.
    public var isPlainText: Bool { parts.allSatisfy { if case .text = $0 { true } else { false } } }

    private static func parse(_ source: String) -> [Part] {
        var parts: [Part] = []
        var text = ""
        let scalars = source.unicodeScalars
        var index = scalars.startIndex
        func endText() {
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
        }
        while index < scalars.endIndex {
            let scalar = scalars[index]
            index = scalars.index(after: index)
            guard scalar == "$" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            if index < scalars.endIndex, scalars[index] == "$" {
                text += "$"
                index = scalars.index(after: index)
            } else if let (name, end) = reference(in: scalars, at: index) {
                endText()
                parts.append(groupNumber(name).map { .group($0) } ?? .name(name))
                index = end
            } else {
                text += "$"
            }
        }
        endText()
        return parts
    }

    private static func reference(
        in scalars: String.UnicodeScalarView, at start: String.Index
    ) -> (name: String, end: String.Index)? {
        var index = start
        let hasBrace = index < scalars.endIndex && scalars[index] == "{"
        if hasBrace { index = scalars.index(after: index) }
        var name = ""
        while index < scalars.endIndex, isNamePart(scalars[index]) {
            name.unicodeScalars.append(scalars[index])
            index = scalars.index(after: index)
        }
        guard !name.isEmpty else { return nil }
        if hasBrace {
            guard index < scalars.endIndex, scalars[index] == "}" else { return nil }
            index = scalars.index(after: index)
        }
        return (name, index)
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: return true
        default: return false
        }
    }

    /// The number that a name is; nil for names, for numbers with a leading zero and for huge ones.
    private static func groupNumber(_ name: String) -> Int? {
        guard name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        guard name.utf8.count <= 8, name == "0" || name.utf8.first != UInt8(ascii: "0") else { return nil }
        return Int(name)
    }
}
