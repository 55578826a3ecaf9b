public import QueryModel
public import TelemetryModel

/// A condition on a resource: a filter of TraceQL that asks for nothing but attributes of the resource, such as
/// `{ resource.service.name = "debug" && resource.deployment.environment =~ "dev.*" }`. It says of a resource what it says of its spans in a query.
public struct ResourceCondition: Sendable {
    private let filter: FieldExpression
    private let expression: RowExpression
    /// The fields that it reads, and the names of their attributes.
    private let names: [TraceField: String]

    /// Parses a condition.
    ///
    /// - Throws: ``QueryError`` `badInput` for what is no TraceQL, or asks for something else than a resource has.
    public init(parsing text: String) throws(QueryError) {
        let query = try TraceQLParser().parse(text)
        guard case .search(let stages) = query.root, stages.count == 1, case .spanset(.filter(let filter)) = stages[0], query.hints.isEmpty
        else { throw QueryError(.badInput, "expected one filter alone, such as { resource.service.name = \"debug\" }") }
        self.filter = filter
        expression = RowExpression(filter)
        var fields: Set<TraceField> = []
        expression.collectFields(into: &fields)
        var names: [TraceField: String] = [:]
        for field in fields {
            guard case .attribute(.resource, let name) = field else {
                let name = field.shortName
                throw QueryError(.badInput, "\(name) is no attribute of a resource; these are written resource.NAME")
            }
            names[field] = name
        }
        if names.isEmpty { throw QueryError(.badInput, "expected a condition on an attribute of the resource") }
        self.names = names
    }

    /// Whether a resource with some attributes passes.
    public func holds(of attributes: [Attribute]) -> Bool {
        var columns: [TraceField: FieldColumn] = [:]
        for (field, name) in names {
            guard let value = attributes[key: name].map({ TraceValue($0) }) else { continue }
            columns[field] = .computed { _ in value }
        }
        return BoundExpression(expression, columns).holds(0)
    }
}

extension ResourceCondition: Hashable {
    public static func == (left: ResourceCondition, right: ResourceCondition) -> Bool { left.filter == right.filter }
    public func hash(into hasher: inout Hasher) { hasher.combine(filter) }
}
