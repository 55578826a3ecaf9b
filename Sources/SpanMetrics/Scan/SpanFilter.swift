internal import ByteCoding
internal import LinearRegex
internal import OTLPFormat
internal import TelemetryModel

/// Filter policies with the keys that they look for numbered.
struct SpanFilter: Sendable {
    private struct Condition: Sendable {
        enum Subject: Sendable { case kind, status, name, span(Int), resource(Int) }
        var subject: Subject
        var test: SpanFilterPolicy.Test
    }

    private var include: [[Condition]] = []
    private var includeAny: [[Condition]] = []
    private var exclude: [[Condition]] = []
    /// Whether attributes of spans are looked at.
    private(set) var usesSpanAttributes = false

    init(_ policies: [SpanFilterPolicy], _ keys: inout AttributeKeys) {
        for policy in policies {
            var conditions: [Condition] = []
            for condition in policy.conditions {
                let subject: Condition.Subject
                switch condition.subject {
                case .kind: subject = .kind
                case .status: subject = .status
                case .name: subject = .name
                case .spanAttribute(let key):
                    subject = .span(keys.number(of: key))
                    usesSpanAttributes = true
                case .resourceAttribute(let key): subject = .resource(keys.number(of: key))
                }
                conditions.append(Condition(subject: subject, test: condition.test))
            }
            switch policy.role {
            case .include: include.append(conditions)
            case .includeAny: includeAny.append(conditions)
            case .exclude: exclude.append(conditions)
            }
        }
    }

    var isEmpty: Bool { include.isEmpty && includeAny.isEmpty && exclude.isEmpty }

    /// Whether a span is counted.
    func passes(_ span: ObservedSpan) -> Bool {
        if isEmpty { return true }
        if exclude.contains(where: { matches($0, span) }) { return false }
        if includeAny.contains(where: { matches($0, span) }) { return true }
        if !include.isEmpty { return include.allSatisfy { matches($0, span) } }
        return includeAny.isEmpty
    }

    private func matches(_ conditions: [Condition], _ span: ObservedSpan) -> Bool {
        conditions.allSatisfy { condition in
            switch condition.subject {
            case .kind: SpanFilter.matches(SpanWord.kind(span.scanned.kind), condition.test)
            case .status: SpanFilter.matches(SpanWord.status(span.scanned.statusCode), condition.test)
            case .name: SpanFilter.matches(String(decoding: span.message[span.scanned.name], as: UTF8.self), condition.test)
            case .span(let key):
                span.place(key).isFound && SpanFilter.matches(value: span.place(key).range, of: span.message, condition.test)
            case .resource(let key):
                span.context.values[key].map { value in
                    value.encoded.withUnsafeBytes { SpanFilter.matches(value: 0..<$0.count, of: $0, condition.test) }
                } ?? false
            }
        }
    }

    private static func matches(_ text: String, _ test: SpanFilterPolicy.Test) -> Bool {
        switch test {
        case .string(let wanted): text == wanted
        case .pattern(let pattern): pattern.matches(text)
        default: false
        }
    }

    /// Tests a value (`AnyValue`), which has to be of the type that the test is for.
    private static func matches(value place: Range<Int>, of message: UnsafeRawBufferPointer, _ test: SpanFilterPolicy.Test) -> Bool {
        var cursor = ProtobufCursor(message, in: place)
        guard let tag = try? cursor.nextTag() else { return false }
        switch (test, tag) {
        case (.string(let wanted), 0x0a): return (try? cursor.readRange()).map { message[$0].elementsEqual(wanted.utf8) } ?? false
        case (.pattern(let pattern), 0x0a):
            return (try? cursor.readRange()).map { pattern.matches(UnsafeRawBufferPointer(rebasing: message[$0])) } ?? false
        case (.bool(let wanted), 0x10): return (try? cursor.readVarint()).map { ($0 != 0) == wanted } ?? false
        case (.int(let wanted), 0x18): return (try? cursor.readVarint()).map { Int64(bitPattern: $0) == wanted } ?? false
        case (.double(let wanted), 0x21): return (try? cursor.readFixed64()).map { Double(bitPattern: $0) == wanted } ?? false
        default: return false
        }
    }
}
