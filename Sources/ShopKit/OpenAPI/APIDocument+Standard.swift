internal import HTTPTypes

extension APIDocument {
    /// What every service has.
    static let standardOperations: [Operation] = [
        Operation(.get, "/healthcheck", "Whether the service can do its work.", answers: [200: Schema.reference("Health"), 503: nil]),
        Operation(.get, "/metrics", "Metrics for Prometheus.", answers: [200: nil]),
        Operation(.get, "/openapi.json", "This document.", answers: [200: Schema.object([:])]),
        Operation(.get, "/faults", "What can be made to go wrong here.", answers: [200: Schema.array(of: Schema.reference("Fault"))]),
        Operation(
            .put, "/faults/{name}", "Makes something go wrong.", body: Schema.reference("FaultRequest"),
            answers: [200: Schema.reference("Fault"), 400: nil, 404: nil, 422: nil]),
        Operation(.delete, "/faults/{name}", "Ends what was made to go wrong.", answers: [204: nil, 404: nil]),
    ]

    static let standardSchemas: [String: JSONValue] = [
        "Health": Schema.object(["status": Schema.string, "service": Schema.string, "pid": Schema.integer]),
        "Problem": Schema.object(
            ["title": Schema.string, "status": Schema.integer, "detail": Schema.string], optional: ["trace_id": Schema.string]),
        "Fault": Schema.object(
            ["name": Schema.string, "summary": Schema.string, "default": faultValue, "active": Schema.boolean],
            optional: ["value": faultValue, "until": Schema.dateTime]),
        "FaultRequest": Schema.object([:], optional: ["value": faultValue, "for_seconds": Schema.number]),
        "Event": Schema.object([
            "id": ["type": "string", "format": "uuid"], "type": Schema.string, "time": Schema.dateTime, "subject": Schema.string,
            "data": Schema.object([:]),
        ]),
    ]

    private static let faultValue: JSONValue = ["oneOf": [Schema.number, Schema.string]]

    /// How events are taken, for services that do.
    public static let events = Operation(
        .post, "/events", "Takes an event, once.", body: Schema.reference("Event"), answers: [204: nil, 400: nil])
}
