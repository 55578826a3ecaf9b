internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// Labels, their values, and streams.
extension LokiAPI {
    func labelNames(_ call: APICall) async throws -> APIReply {
        let selection = try streamSelection(try await call.parameters())
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.names, "", in: selection)) { budget, _ in
            LokiAPI.reply(
                try engine.labelNames(selection.matchers, start: selection.start, end: selection.end, source: source, budget: budget))
        }
    }

    func labelValues(_ call: APICall) async throws -> APIReply {
        let name = call.pathParameter("name")
        let selection = try streamSelection(try await call.parameters())
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.values, name, in: selection)) { budget, _ in
            LokiAPI.reply(
                try engine.labelValues(name, selection.matchers, start: selection.start, end: selection.end, source: source, budget: budget)
            )
        }
    }

    /// Streams that match any of the selectors in `match` and `match[]`; all where there is none, or only `{}`.
    func series(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let range = try parameters.logRange(now: environment.now())
        var texts = Set(parameters.all("match") + parameters.all("match[]")).filter { !$0.isEmpty }.sorted()
        if texts.count == 1, texts[0].filter({ $0 != " " }) == "{}" { texts = [] }
        let selectors = try texts.map { try matchers(of: $0) }
        let (engine, source) = (environment.engine, environment.source)
        let description = LogQueryDescription(.series, texts.joined(separator: " or "), in: range)
        return try await environment.answer(call, description) { budget, _ in
            let streams = try engine.streams(selectors, start: range.start, end: range.end, source: source, budget: budget)
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("status", "success")
            writer.name("data")
            writer.beginArray()
            for labels in streams { writer.labels(labels) }
            writer.endArray()
            writer.endObject()
            return .json(writer)
        }
    }

    /// Labels that are worth choosing by, with the number of their values: those with numbers or ids for values are left out.
    func detectedLabels(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let range = try parameters.orderedLogRange(now: environment.now())
        let selection = LogSelection(matchers: try matchers(parameters), start: range.start, end: range.end)
        let source = environment.source
        return try await environment.answer(call, .init(.names, parameters["query"] ?? "", in: range)) { budget, _ in
            var values: [String: Set<String>] = [:]
            for labels in try source.streams(selection, budget: budget) {
                for label in labels { values[label.name, default: []].insert(label.value) }
            }
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("detectedLabels")
            writer.beginArray()
            for (name, values) in values.sorted(by: { $0.key < $1.key }) where IdentifierLabel.isWorthwhile(name, values) {
                writer.beginObject()
                writer.member("label", name)
                writer.member("cardinality", values.count)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return .json(writer)
        }
    }

    private func streamSelection(_ parameters: FormParameters) throws -> LogSelection {
        let range = try parameters.logRange(now: environment.now())
        return LogSelection(matchers: try matchers(parameters), start: range.start, end: range.end)
    }

    /// As Loki answers lists: without `data` where there is nothing.
    private static func reply(_ texts: [String]) -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", "success")
        if !texts.isEmpty {
            writer.name("data")
            writer.array(texts)
        }
        writer.endObject()
        return .json(writer)
    }
}

/// Labels whose values only tell one stream from another.
enum IdentifierLabel {
    /// Kept whatever their values are.
    private static let kept: Set<String> = ["cluster", "namespace", "instance", "pod"]

    /// Whether a person would choose by a label: not where all values are numbers or UUIDs, unless these are only 0 and 1.
    static func isWorthwhile(_ name: String, _ values: Set<String>) -> Bool {
        if values.isEmpty { return false }
        if kept.contains(name) { return true }
        if values.count <= 2, values.isSubset(of: ["0", "1"]) { return true }
        return !values.allSatisfy { Double($0) != nil || isUUID($0) }
    }

    /// With or without hyphens, braces or `urn:uuid:` around it.
    static func isUUID(_ text: String) -> Bool {
        var digits = text[...]
        if digits.lowercased().hasPrefix("urn:uuid:") {
            digits = digits.dropFirst(9)
        } else if digits.hasPrefix("{") && digits.hasSuffix("}") {
            digits = digits.dropFirst().dropLast()
        }
        let bytes = Array(digits.utf8)
        let isDigit = { (byte: UInt8) in UnicodeScalar(byte).properties.isASCIIHexDigit }
        if bytes.count == 32 { return text.utf8.count == 32 && bytes.allSatisfy(isDigit) }
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { [8, 13, 18, 23].contains($0) ? $1 == UInt8(ascii: "-") : isDigit($1) }
    }
}
