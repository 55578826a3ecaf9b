/// A regular expression that is matched in time linear in the text (RE2): the syntax and meaning of Go's `regexp`.
///
/// Expressions made of literals and `.*` are decided without RE2. May be shared between threads and copied for nothing.
public struct LinearPattern: Sendable {
    /// The expression as it was given.
    public let source: String
    /// Whether it must match the whole text, as `^(?s:…)$` (label matchers, relabelling). Otherwise it is searched for anywhere, and
    /// a dot matches no line feed unless `(?s)` says so.
    public let isAnchored: Bool
    private let compiled: CompiledPattern
    private var form: LiteralForm? { compiled.form }
    private var program: RE2Program { compiled.program }

    /// Compiles an expression.
    ///
    /// - Throws: ``LinearPatternError`` that says which part is wrong.
    public init(_ source: String, anchored: Bool) throws(LinearPatternError) {
        self.source = source
        isAnchored = anchored
        compiled = try CompiledPattern(source, anchored: anchored)
    }

    /// Whether the expression matches: the whole text where it is anchored, else any part of it.
    public func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { compiled.matches(bytes) }

    /// Whether the expression matches a text.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the expression matches a part of an array.
    ///
    /// - Precondition: the range lies within the array.
    public func matches(_ bytes: [UInt8], in range: Range<Int>) -> Bool {
        bytes.withUnsafeBytes { matches(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The texts that the expression matches, where these are a few fixed ones (sorted by bytes, unique); else nil. Only for anchored ones.
    /// The empty text may be among them.
    public var literalAlternatives: [String]? { form?.literals?.map { String(decoding: $0, as: UTF8.self) } }

    /// What every matching text starts with, as far as is known without trying; often empty. Only for anchored expressions.
    public var literalPrefix: String {
        guard isAnchored else { return "" }
        var prefix = form?.commonPrefix ?? program.commonPrefix
        // The shared bytes may end within a character.
        while !prefix.isEmpty {
            if let text = String(validating: prefix, as: UTF8.self) { return text }
            prefix.removeLast()
        }
        return ""
    }

    /// Whether every text matches.
    public var matchesEverything: Bool { form?.matchesEverything ?? false }

    /// The number of capturing groups, the whole match not counted.
    public var groupCount: Int { program.groupCount }

    /// The name of each group by its number; the whole match (number 0) and unnamed groups have none.
    public var groupNames: [String?] { program.groupNames }

    /// One match: where it and its groups lie.
    public struct Match: Sendable, Hashable {
        /// The byte range of each group by its number, the whole match first; nil for a group that took no part.
        public let groups: [Range<Int>?]
        /// The byte range of the whole match.
        public var range: Range<Int> { groups[0] ?? 0..<0 }
    }

    /// The leftmost match that starts at `start` or later.
    ///
    /// - Precondition: `start` is within the bytes or at their end.
    public func firstMatch(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Match? {
        precondition(start >= 0 && start <= bytes.count, "BUG: search starts outside of the bytes")
        return program.find(in: bytes, from: start).map { Match(groups: $0) }
    }

    /// The leftmost match in a text; ranges count UTF-8 bytes.
    public func firstMatch(in text: String) -> Match? {
        var text = text
        return text.withUTF8 { firstMatch(in: UnsafeRawBufferPointer($0)) }
    }
}

extension LinearPattern: Hashable {
    public static func == (left: LinearPattern, right: LinearPattern) -> Bool {
        left.isAnchored == right.isAnchored && left.source.utf8.elementsEqual(right.source.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(isAnchored)
        for byte in source.utf8 { hasher.combine(byte) }
    }
}

extension LinearPattern: CustomStringConvertible {
    public var description: String { source }
}
