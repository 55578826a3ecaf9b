internal import HTTPTypes
internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// `/api/v1/labels`, `/api/v1/label/{name}/values` and `/api/v1/series`: what series there are.
public struct SeriesAPI: HTTPEndpoints {
    private let environment: QueryEnvironment

    public init(_ environment: QueryEnvironment) { self.environment = environment }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/labels", .get, .post) { call in try await names(call) }
        routes.on("/api/v1/label/{name}/values", .get) { call in try await values(call) }
        routes.on("/api/v1/series", .get, .post) { call in try await series(call) }
        routes.onBriefly("/api/v1/labels") { call in try environment.lookUpBriefly(names(call.parameters)) }
        routes.onBriefly("/api/v1/label/{name}/values") { call in try environment.lookUpBriefly(values(of: call.name, call.parameters)) }
        routes.onBriefly("/api/v1/series") { call in try environment.lookUpBriefly(series(call.parameters)) }
    }

    private func names(_ call: APICall) async throws -> APIReply { try await environment.lookUp(call, names(try await call.parameters())) }

    private func values(_ call: APICall) async throws -> APIReply {
        try await environment.lookUp(call, values(of: call.pathParameter("name"), try await call.parameters()))
    }

    private func series(_ call: APICall) async throws -> APIReply {
        try await environment.lookUp(call, series(try await call.parameters()))
    }

    private func names(_ parameters: FormParameters) throws -> LookUp {
        let (range, limit, selectors) = try options(parameters)
        let source = environment.source
        return LookUp(briefKind: SeriesAPI.briefKind("names", parameters)) { budget in
            SeriesAPI.reply(try source.labelNames(selectors, in: range, limit: SeriesAPI.wanted(limit), budget: budget), limit) {
                $0.value($1)
            }
        }
    }

    private func values(of given: String, _ parameters: FormParameters) throws -> LookUp {
        let name = LabelNameEscaping.unescaped(given)
        if name.isEmpty { throw APIFailure(.badData, "invalid label name: \(quoted(given))") }
        let (range, limit, selectors) = try options(parameters)
        let source = environment.source
        return LookUp(briefKind: SeriesAPI.briefKind("values of " + name, parameters)) { budget in
            SeriesAPI.reply(try source.labelValues(name, selectors, in: range, limit: SeriesAPI.wanted(limit), budget: budget), limit) {
                $0.value($1)
            }
        }
    }

    private func series(_ parameters: FormParameters) throws -> LookUp {
        let (range, limit, selectors) = try options(parameters)
        if selectors.isEmpty { throw APIFailure(.badData, "no match[] parameter provided") }
        let source = environment.source
        return LookUp(briefKind: SeriesAPI.briefKind("series", parameters)) { budget in
            SeriesAPI.reply(try source.series(selectors, in: range, limit: SeriesAPI.wanted(limit), budget: budget), limit) {
                $0.labels($1)
            }
        }
    }

    private func options(_ parameters: FormParameters) throws(APIFailure) -> (TimeRange, Int?, [LabelSelector]) {
        (try parameters.timeRange(), try parameters.limit(), try environment.selectors(parameters))
    }

    /// What tells look-ups apart as long or brief: not the times, which differ each time.
    private static func briefKind(_ what: String, _ parameters: FormParameters) -> Int {
        var hasher = Hasher()
        hasher.combine(what)
        hasher.combine(parameters.all("match[]"))
        return hasher.finalize()
    }

    /// What to ask for, so that it shows whether there is more than the limit.
    private static func wanted(_ limit: Int?) -> Int { limit.map { $0 < .max ? $0 + 1 : $0 } ?? .max }

    private static func reply<Element>(
        _ found: Annotated<[Element]>, _ limit: Int?, _ write: (inout JSONWriter, Element) -> Void
    ) -> APIReply {
        let elements = found.value
        var notices = Notices(found.annotations, query: "")
        if limit.map({ elements.count > $0 }) ?? false { notices.warn(Notices.truncated) }
        return .success(notices) { writer in
            writer.beginArray()
            for element in elements.prefix(limit ?? .max) { write(&writer, element) }
            writer.endArray()
        }
    }
}

/// Label names with characters beyond the classic ones, as they stand in paths: `U__` in front, then `__` for a `_`, and `_2e_` for the
/// character with that hexadecimal number (Prometheus escaping scheme `values`).
enum LabelNameEscaping {
    /// The name meant; a text that is not escaped, or not well, stands for itself.
    static func unescaped(_ text: String) -> String {
        guard text.hasPrefix("U__") else { return text }
        var name = String.UnicodeScalarView()
        var rest = text.unicodeScalars.dropFirst(3)
        while let scalar = rest.popFirst() {
            if scalar != "_" {
                name.append(scalar)
            } else if rest.first == "_" {
                name.append("_")
                rest.removeFirst()
            } else {
                let digits = rest.prefix { $0 != "_" }
                guard digits.count <= 6, digits.endIndex != rest.endIndex, let code = UInt32(String(digits), radix: 16),
                    let decoded = Unicode.Scalar(code)
                else { return text }
                name.append(decoded)
                rest = rest[digits.endIndex...].dropFirst()
            }
        }
        return String(name)
    }
}
