internal import CivilCalendar
internal import HTTPTypes
internal import PromQL
public import TelemetryModel

/// `/api/v1/features` and `/api/v1/notifications`: what clients of Prometheus 3 ask to fit their pages to the server.
public struct FeaturesAPI: HTTPEndpoints {
    /// What whoever looks at the server's pages should know.
    public struct Notification: Sendable, Hashable {
        public var text: String
        /// Since when.
        public var date: Timestamp

        public init(text: String, date: Timestamp) {
            self.text = text
            self.date = date
        }
    }

    private let environment: QueryEnvironment
    private let features: [String: [String: Bool]]
    private let notifications: @Sendable () -> [Notification]

    /// - Parameters:
    ///   - features: whether features outside of the query language are on, by category and name.
    ///   - notifications: those that hold now.
    public init(
        _ environment: QueryEnvironment, features: [String: [String: Bool]], notifications: @escaping @Sendable () -> [Notification]
    ) {
        self.environment = environment
        self.features = features
        self.notifications = notifications
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/features", .get) { _ in
            let all = features.merging(FeaturesAPI.language(environment.engine().options.features)) { $1 }
            return .success { writer in
                writer.beginObject()
                for (category, names) in all.sorted(by: { $0.key < $1.key }) {
                    writer.name(category)
                    writer.beginObject()
                    for (name, isOn) in names.sorted(by: { $0.key < $1.key }) { writer.member(name, isOn) }
                    writer.endObject()
                }
                writer.endObject()
            }
        }
        routes.on("/api/v1/notifications", .get) { _ in
            let notifications = notifications()
            return .success { writer in
                writer.beginArray()
                for notification in notifications {
                    writer.beginObject()
                    writer.member("text", notification.text)
                    writer.member("date", RFC3339.text(CivilTime(milliseconds: notification.date)))
                    writer.member("active", true)
                    writer.endObject()
                }
                writer.endArray()
            }
        }
        // Tells event sources that no stream is to be had, as Prometheus does beyond its limit of subscribers; pages then ask for the list.
        routes.on("/api/v1/notifications/live", .get) { _ in APIReply(status: .noContent) }
    }

    /// What the query language has, by Prometheus' categories and names.
    private static func language(_ features: LanguageFeatures) -> [String: [String: Bool]] {
        let experimental = features.contains(.experimentalFunctions)
        var language: [String: Bool] = [:]
        for keyword in [
            "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "start", "end", "step", "range", "max_of",
            "min_of", "at_modifier", "negative_offset", "per_query_lookback_delta", "subqueries",
        ] { language[keyword] = true }
        for keyword in ["anchored", "smoothed"] { language[keyword] = features.contains(.extendedRangeSelectors) }
        for keyword in ["fill", "fill_left", "fill_right"] { language[keyword] = features.contains(.fillModifiers) }
        language["duration_expr"] = features.contains(.durationExpressions)
        language["delayed_name_removal"] = features.contains(.delayedNameRemoval)
        language["type_and_unit_labels"] = features.contains(.typeAndUnitLabels)
        language["per_step_stats"] = false
        var operators: [String: Bool] = [:]
        for symbol in ["+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "=~", "!~", "</", ">/", "@", "atan2"] {
            operators[symbol] = true
        }
        for word in ["and", "or", "unless"] { operators[word] = true }
        for aggregation in AggregationOperator.allCases {
            operators[aggregation.rawValue] = !aggregation.isExperimental || experimental
        }
        var functions: [String: Bool] = [:]
        for function in FunctionSignature.all { functions[function.name] = !function.isExperimental || experimental }
        return ["promql": language, "promql_operators": operators, "promql_functions": functions]
    }
}
