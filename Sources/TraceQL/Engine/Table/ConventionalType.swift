internal import TelemetryModel

/// Attributes whose type the semantic conventions lay down, and for which Tempo has columns of that type.
///
/// Where such an attribute was sent with another type (a status code as a text), its value is found by comparing it with a literal of that type,
/// but does not group, count or exist.
enum ConventionalType {
    private static let spanTexts: Set<String> = [
        "http.request.method", "url.path", "url.route", "server.address", "http.method", "http.url", "http.route",
    ]
    private static let spanInts: Set<String> = ["http.response.status_code", "server.port", "http.status_code"]
    private static let resourceTexts: Set<String> = ["k8s.cluster.name", "k8s.namespace.name", "k8s.pod.name", "k8s.container.name"]

    /// Whether an attribute without a scope may be one of them.
    static func covers(_ name: String) -> Bool { spanTexts.contains(name) || spanInts.contains(name) || resourceTexts.contains(name) }

    /// The column without values of other types.
    static func restrict(_ column: FieldColumn, _ scope: AttributeScope, _ name: String) -> FieldColumn {
        guard case .coded(var coded) = column else { return column }
        let isText = scope == .span ? spanTexts.contains(name) : scope == .resource && resourceTexts.contains(name)
        let isInt = scope == .span && spanInts.contains(name)
        if !isText && !isInt { return column }
        func isFine(_ value: AttributeValue) -> Bool {
            switch value {
            case .string: isText
            case .int: isInt
            default: false
            }
        }
        if coded.stored.allSatisfy(isFine) { return column }
        coded.stored = coded.stored.map { isFine($0) ? $0 : .empty }
        return .coded(coded)
    }
}
