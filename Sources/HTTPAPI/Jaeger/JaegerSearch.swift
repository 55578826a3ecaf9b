internal import Foundation
internal import TelemetryModel
internal import TraceQL

/// A search as Jaeger knows it: one span of the trace has to have all of it.
struct JaegerSearch: Sendable, Hashable {
    /// Any where it is empty.
    var service = ""
    var operation = ""
    /// Names of tags, of the span or of its process, and the text that their value is written as.
    var tags: [String: String] = [:]
    /// Nanoseconds; 0 for no bound.
    var durationMin: Int64 = 0
    var durationMax: Int64 = 0
    var range = NanosecondRange.all
    var tracesMax = JaegerSearch.tracesDefault

    static let tracesDefault = 100
    /// What more is asked for is cut to this, as every trace is answered whole.
    static let tracesMax = 10_000

    /// The same in TraceQL, so that the engine looks at columns and not at spans.
    var query: String {
        var conditions: [String] = []
        if !service.isEmpty {
            // To the engine a span whose resource does not say a service has one without a name.
            let name = service == JaegerWords.unknownService ? "" : service
            conditions.append("resource.service.name = " + TraceQLText.quote(name))
        }
        if !operation.isEmpty { conditions.append("name = " + TraceQLText.quote(operation)) }
        if durationMin > 0 { conditions.append("duration >= \(durationMin)ns") }
        if durationMax > 0 { conditions.append("duration <= \(durationMax)ns") }
        for tag in tags.sorted(by: { $0.key < $1.key }) { conditions.append(JaegerSearch.condition(tag.key, tag.value)) }
        return "{ " + conditions.joined(separator: " && ") + " }"
    }

    /// The condition of a tag: of what it is made from where spans of OTLP have a field for it, or of attributes.
    private static func condition(_ key: String, _ value: String) -> String {
        let attribute = TraceQLText.attribute(key, isRendered: value)
        let field: String? =
            switch key {
            case "error": value == "true" ? "status = error" : nil
            case "span.kind": TraceQLText.kind(value)
            case "otel.status_code": TraceQLText.status(value)
            case "otel.status_description": "statusMessage = " + TraceQLText.quote(value)
            case "otel.scope.name", "otel.library.name": "instrumentation:name = " + TraceQLText.quote(value)
            case "otel.scope.version", "otel.library.version": "instrumentation:version = " + TraceQLText.quote(value)
            default: nil
            }
        return field.map { "(\($0) || \(attribute))" } ?? attribute
    }
}

extension JaegerSearch {
    /// The parameters of `/api/traces`; times are in microseconds.
    init(_ parameters: FormParameters, now: UnixNanoseconds) throws(APIFailure) {
        service = parameters["service"] ?? ""
        operation = parameters["operation"] ?? ""
        range.end = try parameters.jaegerTime("end", unit: 1_000) ?? now
        range.start = try parameters.jaegerTime("start", unit: 1_000) ?? (now > JaegerSearch.lookback ? now - JaegerSearch.lookback : 0)
        for text in parameters.all("tag") {
            guard let colon = text.firstIndex(of: ":") else {
                throw APIFailure(.badData, "malformed 'tag' parameter, expecting key:value, received: \(text)")
            }
            tags[String(text[..<colon])] = String(text[text.index(after: colon)...])
        }
        for text in parameters.all("tags") where !text.isEmpty {
            tags.merge(try JaegerSearch.tags(json: text, "malformed 'tags' parameter, cannot unmarshal JSON")) { $1 }
        }
        if let text = parameters["limit"] {
            guard let limit = Int32(text) else { throw APIFailure(.badData, "unable to parse param 'limit': \(quoted(text)) is no number") }
            setLimit(Int(limit))
        }
        durationMin = try parameters.jaegerDuration("minDuration") ?? 0
        durationMax = try parameters.jaegerDuration("maxDuration") ?? 0
        try checkDurations("'maxDuration' should be greater than 'minDuration'")
    }

    private static let lookback: UInt64 = 2 * 86_400 * 1_000_000_000

    mutating func setLimit(_ limit: Int) { tracesMax = limit > 0 ? min(limit, JaegerSearch.tracesMax) : JaegerSearch.tracesDefault }

    func checkDurations(_ message: String) throws(APIFailure) {
        if durationMin != 0 && durationMax != 0 && durationMax < durationMin { throw APIFailure(.badData, message) }
    }

    /// An object whose values are all strings.
    static func tags(json text: String, _ message: String) throws(APIFailure) -> [String: String] {
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        } catch {
            throw APIFailure(.badData, "\(message): not an object of strings: \(text)")
        }
    }
}

extension FormParameters {
    /// A time since 1970 as a whole number of units of so many nanoseconds; nil where it is absent.
    func jaegerTime(_ name: String, unit: UInt64) throws(APIFailure) -> UnixNanoseconds? {
        guard let text = self[name] else { return nil }
        guard let number = Int64(text) else { throw APIFailure(.badData, "unable to parse param '\(name)': \(quoted(text)) is no number") }
        if number <= 0 { return 0 }
        let (time, overflows) = UInt64(number).multipliedReportingOverflow(by: unit)
        return overflows ? .max : time
    }

    /// A duration such as `1.2ms` in nanoseconds; nil where it is absent.
    func jaegerDuration(_ name: String) throws(APIFailure) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let duration = GoDuration.parse(text) else {
            throw APIFailure(.badData, "unable to parse param '\(name)': time: invalid duration \(quoted(text))")
        }
        return duration
    }

    /// A truth as programs in Go read it; false where it is absent.
    func jaegerFlag(_ name: String) throws(APIFailure) -> Bool {
        switch self[name] ?? "false" {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        case let text: throw APIFailure(.badData, "unable to parse param '\(name)': parsing \(quoted(text)): invalid syntax")
        }
    }
}
