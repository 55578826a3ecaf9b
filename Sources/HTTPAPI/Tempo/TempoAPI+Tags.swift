internal import QueryModel
internal import TelemetryModel
internal import TraceQL

extension TempoAPI {
    /// The names of attributes and intrinsics, for completion.
    func tagNames(_ call: APICall, version: Version) async throws -> APIReply {
        let parameters = try await call.parameters()
        let scope = try tagScope(parameters["scope"])
        let options = try tagOptions(parameters)
        let format = TempoFormat(call.headers)
        let (engine, source) = (environment.engine, environment.source)
        let description = TraceQueryDescription(.names, options.filter ?? "", in: options.range)
        return try await environment.answer(call, description) { budget, _ in
            var names = try engine.tagNames(scope, options, source: source, budget: budget)
            switch version {
            case .v2:
                names.removeAll { $0.names.isEmpty }
                return TempoAPI.reply(names, format)
            case .v1:
                // Intrinsics are no tags in this version, unless they are asked for.
                if scope == nil { names.removeAll { $0.scope == .intrinsic } }
                return TempoAPI.reply(member: "tagNames", Set(names.flatMap(\.names)).sorted(), format)
            }
        }
    }

    /// The values of an attribute or intrinsic.
    func tagValues(_ call: APICall, version: Version) async throws -> APIReply {
        let name = call.pathParameter("tag")
        if name.isEmpty { throw APIFailure(.badData, "please provide a non-empty tagName") }
        let parameters = try await call.parameters()
        let options = try tagOptions(parameters)
        let format = TempoFormat(call.headers)
        if version == .v1, let fixed = OlderTags.values[name] { return TempoAPI.reply(member: "tagValues", fixed, format) }
        let field = version == .v1 ? OlderTags.field(name) : name
        let (engine, source) = (environment.engine, environment.source)
        let description = TraceQueryDescription(.values, name, in: options.range)
        return try await environment.answer(call, description) { budget, _ in
            let values: [TagValue]
            do throws(QueryError) {
                values = try engine.tagValues(field, options, source: source, budget: budget)
            } catch {
                guard error.code == .badInput else { throw error }
                throw APIFailure(.badData, "please provide a valid tagName: \(error.message)")
            }
            switch version {
            case .v1: return TempoAPI.reply(member: "tagValues", Set(values.map(\.text)).sorted(), format)
            case .v2: return TempoAPI.reply(values, format)
            }
        }
    }

    private func tagScope(_ text: String?) throws(APIFailure) -> TagScope? {
        guard let text, text != "none" else { return nil }
        guard let scope = TagScope(rawValue: text) else { throw APIFailure(.badData, "invalid scope: \(text)") }
        return scope
    }

    private func tagOptions(_ parameters: FormParameters) throws -> TagOptions {
        // How many values without news may pass before a search gives up; every answer here is whole.
        _ = try parameters.unsigned("maxStaleValues")
        let filter = parameters["q"]
        if let filter { try checkLength(filter) }
        let limit = Int(try parameters.unsigned("limit") ?? 0)
        // Here, one end alone leaves the other open.
        let isOpen = parameters["start"] == nil || parameters["end"] == nil
        let range =
            isOpen
            ? NanosecondRange(
                start: UInt64(try parameters.unsigned("start") ?? 0) * 1_000_000_000,
                end: try parameters.unsigned("end").map { UInt64($0) * 1_000_000_000 } ?? .max)
            : try parameters.secondsRange() ?? .all
        return TagOptions(range: range, filter: filter, limit: limit)
    }

    private static func reply(_ scopes: [TagNames], _ format: TempoFormat) -> APIReply {
        if format == .protobuf { return TempoFormat.reply(protobuf: TempoMessages.tagNames(byScope: scopes)) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("scopes")
        writer.beginArray()
        for scope in scopes {
            writer.beginObject()
            writer.member("name", scope.scope.rawValue)
            writer.name("tags")
            writer.array(scope.names)
            writer.endObject()
        }
        writer.endArray()
        return finished(writer)
    }

    private static func reply(_ values: [TagValue], _ format: TempoFormat) -> APIReply {
        if format == .protobuf { return TempoFormat.reply(protobuf: TempoMessages.tagValues(typed: values)) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("tagValues")
        writer.beginArray()
        for value in values {
            writer.beginObject()
            writer.member("type", value.kind.rawValue)
            writer.member("value", value.text)
            writer.endObject()
        }
        writer.endArray()
        return finished(writer)
    }

    private static func reply(member: String, _ texts: [String], _ format: TempoFormat) -> APIReply {
        if format == .protobuf { return TempoFormat.reply(protobuf: TempoMessages.tagNames(texts)) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name(member)
        writer.array(texts)
        return finished(writer)
    }

    private static func finished(_ writer: consuming JSONWriter) -> APIReply {
        writer.name("metrics")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
        return .json(writer)
    }
}

/// Names of the first version of Tempo's search, which are not those of TraceQL.
private enum OlderTags {
    /// Names with values of their own.
    static let values = ["status.code": ["error", "ok", "unset"], "error": ["true"]]

    /// The field of TraceQL that a name stands for.
    static func field(_ name: String) -> String {
        switch name {
        case "name": "name"
        case "root.name": "rootName"
        case "root.service.name": "rootServiceName"
        default: "." + TraceQLText.quote(name)
        }
    }
}
