public import LabelMatching
internal import TelemetryModel

/// A text that is no matcher, with what Alertmanager says of it.
public struct MatcherSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}

/// Matchers as they are written in an Alertmanager file, on amtool's command line and in the filters of its API: `a=b`, `a="b"`,
/// `{a="b", c=~"d.*"}`, `"a name"!="b"`.
///
/// There are two languages, as in Alertmanager since 0.27: the classic one, lenient with quotes and escapes, whose names are
/// `[a-zA-Z_:][a-zA-Z0-9_:]*`; and the UTF-8 one, whose names and values are quoted as Go quotes strings where they hold a space or one of
/// ``{}!=~,\"'` ``. A text is read in both. Where only one of them takes it, that reading holds; where both do and mean different things,
/// the classic one holds.
public enum MatcherSyntax {
    /// Which languages a text is read in, as `--enable-feature` of Alertmanager chooses.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Both; see ``MatcherSyntax``.
        case fallback
        case classic = "classic-mode"
        case utf8 = "utf8-strict-mode"
    }

    /// Reads any number of matchers, parted by commas; braces around them may be left out.
    ///
    /// - Throws: ``MatcherSyntaxError`` with Alertmanager's text.
    public static func parse(_ text: String, mode: Mode = .fallback) throws(MatcherSyntaxError) -> [LabelMatcher] {
        switch mode {
        case .classic: return try ClassicMatcherParser.matchers(text)
        case .utf8: return try UTF8MatcherParser.matchers(text)
        case .fallback: break
        }
        let classic = Result { () throws(MatcherSyntaxError) in try ClassicMatcherParser.matchers(text) }
        let utf8 = Result { () throws(MatcherSyntaxError) in try UTF8MatcherParser.matchers(text) }
        return try agreed(classic, utf8)
    }

    /// Reads exactly one matcher, without braces.
    ///
    /// - Throws: ``MatcherSyntaxError`` with Alertmanager's text.
    public static func matcher(_ text: String, mode: Mode = .fallback) throws(MatcherSyntaxError) -> LabelMatcher {
        if mode == .classic { return try ClassicMatcherParser.matcher(text) }
        if text.utf8.first == UInt8(ascii: "{") || text.utf8.last == UInt8(ascii: "}") {
            throw MatcherSyntaxError("unexpected open or close brace: \(text)")
        }
        let utf8 = Result { () throws(MatcherSyntaxError) in try UTF8MatcherParser.matcher(text) }
        if mode == .utf8 { return try utf8.get() }
        let classic = Result { () throws(MatcherSyntaxError) in try ClassicMatcherParser.matcher(text) }
        return try agreed(classic, utf8)
    }

    /// The reading that holds.
    private static func agreed<Value: Equatable>(
        _ classic: Result<Value, MatcherSyntaxError>, _ utf8: Result<Value, MatcherSyntaxError>
    ) throws(MatcherSyntaxError) -> Value {
        guard case .success(let new) = utf8 else { return try classic.get() }
        guard case .success(let old) = classic, old != new else { return new }
        return old
    }
}
