internal import HTTPTypes
public import LabelMatching
internal import PromQL
public import QueryModel
public import TelemetryModel

/// `/api/v1/query_exemplars`: exemplars of the series that an expression selects.
public struct ExemplarAPI: HTTPEndpoints {
    /// The exemplars of one series, in order of time.
    public struct SeriesExemplars: Sendable {
        public var labels: LabelSet
        public var exemplars: [Exemplar]

        public init(labels: LabelSet, exemplars: [Exemplar]) {
            self.labels = labels
            self.exemplars = exemplars
        }
    }

    /// Finds the exemplars of series that pass any of the selectors within a range. May block.
    public typealias Finder = @Sendable ([LabelSelector], TimeRange, QueryBudget) throws(QueryError) -> [SeriesExemplars]

    private let environment: QueryEnvironment
    private let find: Finder

    public init(_ environment: QueryEnvironment, find: @escaping Finder) {
        self.environment = environment
        self.find = find
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/query_exemplars", .get, .post) { call in
            let parameters = try await call.parameters()
            let range = try parameters.timeRange()
            if range.end < range.start { throw APIFailure(.badData, "end timestamp must not be before start timestamp") }
            let selectors: [LabelSelector]
            do {
                selectors = try environment.engine().parse(parameters["query"] ?? "").selectors.map { LabelSelector($0.matchers) }
            } catch let error as QueryError {
                throw APIFailure.parameter("query", error.message)
            }
            return try await environment.lookUp(call) { budget in
                let found = selectors.isEmpty ? [] : try find(selectors, range, budget)
                return .success { writer in
                    writer.beginArray()
                    for series in found { writer.exemplars(series) }
                    writer.endArray()
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func exemplars(_ series: ExemplarAPI.SeriesExemplars) {
        beginObject()
        name("seriesLabels")
        labels(series.labels)
        name("exemplars")
        beginArray()
        for exemplar in series.exemplars {
            beginObject()
            name("labels")
            labels(exemplar.labels)
            name("value")
            quotedFloat(exemplar.value)
            name("timestamp")
            timestamp(exemplar.timestamp)
            endObject()
        }
        endArray()
        endObject()
    }
}

extension Expression {
    /// The selectors in the expression, in order of appearance.
    fileprivate var selectors: [VectorSelector] {
        switch self {
        case .number, .string: []
        case .selector(let node): [node]
        case .range(let node): [node.selector]
        case .subquery(let node): node.expression.selectors
        case .call(let node): node.arguments.flatMap(\.selectors)
        case .aggregation(let node): (node.parameter?.selectors ?? []) + node.expression.selectors
        case .unary(let node): node.operand.selectors
        case .binary(let node): node.left.selectors + node.right.selectors
        case .parenthesized(let node): node.expression.selectors
        }
    }
}
