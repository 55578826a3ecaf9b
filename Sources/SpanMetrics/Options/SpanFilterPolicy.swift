public import LinearRegex
public import TelemetryModel

/// A rule that says which spans are counted.
///
/// A span that passes an `exclude` policy is left out. Of the others, one that passes any `includeAny` policy is counted, and so is one that
/// passes all `include` policies; without either kind of policy, every one is.
public struct SpanFilterPolicy: Sendable, Hashable {
    public enum Role: Sendable, Hashable { case include, includeAny, exclude }

    /// What of a span a condition looks at.
    public enum Subject: Sendable, Hashable {
        case kind, status, name
        case spanAttribute(String)
        case resourceAttribute(String)
    }

    public enum Test: Sendable, Hashable {
        case string(String)
        case int(Int64)
        case double(Double)
        case bool(Bool)
        /// Of a string, anywhere in it.
        case pattern(LinearPattern)
    }

    public struct Condition: Sendable, Hashable {
        public var subject: Subject
        public var test: Test

        public init(_ subject: Subject, _ test: Test) {
            self.subject = subject
            self.test = test
        }
    }

    public var role: Role
    /// All of them have to hold.
    public var conditions: [Condition]

    public init(_ role: Role, _ conditions: [Condition]) {
        self.role = role
        self.conditions = conditions
    }
}

/// Kinds and status codes as labels and filters write them: the names of OTLP's protobuf.
public enum SpanWord {
    static let kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map { "SPAN_KIND_" + $0 }
    static let statusCodes = ["UNSET", "OK", "ERROR"].map { "STATUS_CODE_" + $0 }

    /// The name of a kind; unknown ones are given by their number.
    public static func kind(_ kind: SpanKind) -> String {
        kinds.indices.contains(Int(kind.rawValue)) ? kinds[Int(kind.rawValue)] : String(kind.rawValue)
    }

    public static func status(_ status: SpanStatusCode) -> String {
        statusCodes.indices.contains(Int(status.rawValue)) ? statusCodes[Int(status.rawValue)] : String(status.rawValue)
    }

    /// The kind of a name such as `SPAN_KIND_SERVER`.
    public static func kind(named name: String) -> SpanKind? { kinds.firstIndex(of: name).map { SpanKind(rawValue: Int32($0)) } }

    public static func status(named name: String) -> SpanStatusCode? {
        statusCodes.firstIndex(of: name).map { SpanStatusCode(rawValue: Int32($0)) }
    }
}
