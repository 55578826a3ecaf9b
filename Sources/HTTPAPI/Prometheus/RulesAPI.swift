internal import HTTPTypes

/// `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`. This version evaluates no rules and sends no alerts, so all are empty;
/// clients ask for them at start and want the exact shape.
public struct RulesAPI: HTTPEndpoints {
    public init() {}

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/rules", .get) { call in
            let parameters = try await call.parameters()
            if let type = parameters["type"], type.lowercased() != "alert", type.lowercased() != "record" {
                throw APIFailure.parameter("type", "not supported value \"\(type)\"")
            }
            return RulesAPI.emptyLists("groups")
        }
        routes.on("/api/v1/alerts", .get) { _ in RulesAPI.emptyLists("alerts") }
        routes.on("/api/v1/alertmanagers", .get) { _ in RulesAPI.emptyLists("activeAlertmanagers", "droppedAlertmanagers") }
    }

    private static func emptyLists(_ names: String...) -> APIReply {
        .success { writer in
            writer.beginObject()
            for name in names {
                writer.name(name)
                writer.array([])
            }
            writer.endObject()
        }
    }
}
