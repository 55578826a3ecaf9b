/// How names of OpenTelemetry become names of metrics and labels (`otlp.translation_strategy` of a Prometheus 3 file).
public enum OTLPTranslationStrategy: String, Sendable, Hashable, CaseIterable {
    /// What is no classic name becomes underscores; units and `_total` are added. The default.
    case underscoreEscapingWithSuffixes = "UnderscoreEscapingWithSuffixes"
    /// What is no classic name becomes underscores; nothing is added.
    case underscoreEscapingWithoutSuffixes = "UnderscoreEscapingWithoutSuffixes"
    /// Names stay as they are; units and `_total` are added.
    case noUTF8EscapingWithSuffixes = "NoUTF8EscapingWithSuffixes"
    /// Names stay as they are.
    case noTranslation = "NoTranslation"

    /// Whether units and `_total` are added.
    public var addsSuffixes: Bool { self == .underscoreEscapingWithSuffixes || self == .noUTF8EscapingWithSuffixes }
    /// Whether names are made classic ones.
    public var escapes: Bool { self == .underscoreEscapingWithSuffixes || self == .underscoreEscapingWithoutSuffixes }
}

/// A name that leaves nothing when it is translated.
public struct OTLPNameError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
