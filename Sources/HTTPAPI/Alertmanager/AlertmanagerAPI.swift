internal import AlertModel
internal import AlertRouting
internal import CivilCalendar
internal import HTTPTypes
internal import LabelMatching
internal import TelemetryModel

/// Alertmanager's API, version 2, at `/api/v2`: what amtool, Prometheus and Grafana's data source speak.
///
/// Errors are JSON strings, as there; what breaks the schema is answered with status 422 and an object.
public struct AlertmanagerAPI: HTTPEndpoints {
    static let prefix = "/api/v2"
    let backend: any AlertingBackend

    public init(_ backend: any AlertingBackend) { self.backend = backend }

    public func addRoutes(to routes: inout Routes) {
        on("/status", .get, &routes) { _ in status() }
        on("/receivers", .get, &routes) { call in try receivers(try await call.parameters()) }
        on("/alerts", .get, &routes) { call in try alerts(try await call.parameters()) }
        on("/alerts", .post, &routes) { call in try await postAlerts(try await call.body(limit: AlertmanagerAPI.bodyBytesMax)) }
        on("/alerts/groups", .get, &routes) { call in try groups(try await call.parameters()) }
        on("/silences", .get, &routes) { call in try silences(try await call.parameters()) }
        on("/silences", .post, &routes) { call in try await postSilence(try await call.body(limit: AlertmanagerAPI.bodyBytesMax)) }
        on("/silence/{id}", .get, &routes) { call in try silence(call.pathParameter("id")) }
        on("/silence/{id}", .delete, &routes) { call in try await expireSilence(call.pathParameter("id")) }
    }

    static let bodyBytesMax = 64 << 20

    /// Answers with Alertmanager's headers and errors.
    private func on(
        _ path: String, _ method: HTTPRequest.Method, _ routes: inout Routes,
        _ handler: @escaping @Sendable (APICall) async throws -> APIReply
    ) {
        routes.on(AlertmanagerAPI.prefix + path, method) { call in
            var reply: APIReply
            do {
                reply = try await handler(call)
            } catch let fault as AlertmanagerFault {
                reply = fault.reply
            } catch let failure as APIFailure {
                reply = AlertmanagerFault.text(failure.message).reply
                reply.status = failure.kind == .unavailable ? .serviceUnavailable : failure.status
            }
            reply.headers[.cacheControl] = "no-store"
            return reply
        }
    }

    private func status() -> APIReply {
        let status = backend.status
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("cluster")
        writer.beginObject()
        // One process is a cluster whose members always agree.
        writer.member("status", "disabled")
        writer.name("peers")
        writer.array([])
        writer.endObject()
        writer.name("versionInfo")
        writer.beginObject()
        writer.member("version", status.version)
        writer.member("revision", status.revision)
        writer.member("branch", "perch")
        writer.member("buildUser", "")
        writer.member("buildDate", "")
        writer.member("goVersion", "")
        writer.endObject()
        writer.name("config")
        writer.beginObject()
        writer.member("original", status.configuration)
        writer.endObject()
        writer.member("uptime", alertTimeText(status.startedAt))
        writer.endObject()
        return .json(writer)
    }

    private func receivers(_ parameters: FormParameters) throws -> APIReply {
        let matchers = try AlertmanagerAPI.matchers(parameters, "receiver_matchers")
        var writer = JSONWriter()
        writer.beginArray()
        for receiver in backend.status.receivers where matchers.allSatisfy({ $0.matches(receiver.labels) }) {
            writer.beginObject()
            writer.member("name", receiver.name)
            if !receiver.labels.isEmpty {
                writer.name("labels")
                writer.labels(receiver.labels)
            }
            writer.endObject()
        }
        writer.endArray()
        return .json(writer)
    }

    // MARK: Parameters

    /// The matchers of a repeated parameter, one each.
    static func matchers(_ parameters: FormParameters, _ name: String) throws(AlertmanagerFault) -> [LabelMatcher] {
        var matchers: [LabelMatcher] = []
        for text in parameters.all(name) {
            do throws(MatcherSyntaxError) { matchers.append(try MatcherSyntax.matcher(text)) } catch {
                let prefix = name == "filter" ? "" : "failed to parse \(name) param: "
                throw .text(prefix + error.message)
            }
        }
        return matchers
    }

    /// A choice that holds unless something else than yes is said.
    static func flag(_ parameters: FormParameters, _ name: String) -> Bool {
        guard let text = parameters[name] else { return true }
        return ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"].contains(text.lowercased())
    }
}

/// A request that the Alertmanager API answers with an error.
enum AlertmanagerFault: Error {
    /// 400 with a JSON string.
    case text(String)
    /// 404 with a JSON string, or nothing.
    case notFound(String?)
    /// What the schema forbids, with the number that its checker gives it: 422 with an object. 400 where the body is no JSON.
    case schema(code: Int, message: String)

    var reply: APIReply {
        var writer = JSONWriter()
        switch self {
        case .text(let message):
            writer.value(message)
            return .json(writer, status: .badRequest)
        case .notFound(nil): return APIReply(status: .notFound)
        case .notFound(let message?):
            writer.value(message)
            return .json(writer, status: .notFound)
        case .schema(let code, let message):
            writer.beginObject()
            writer.member("code", code)
            writer.member("message", message)
            writer.endObject()
            return .json(writer, status: code == 400 ? .badRequest : .unprocessableContent)
        }
    }

    /// A member that is not there.
    static func missing(_ name: String) -> AlertmanagerFault { .schema(code: 602, message: "\(name) in body is required") }
}

/// A time as Alertmanager writes it: UTC, always three digits of the second's fraction.
func alertTimeText(_ time: Timestamp) -> String { RFC3339.text(CivilTime(milliseconds: time), fraction: .digits(3)) }
