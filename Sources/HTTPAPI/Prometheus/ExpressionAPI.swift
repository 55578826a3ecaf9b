internal import HTTPTypes
internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// `/api/v1/format_query` and `/api/v1/parse_query`: an expression as text in order, and as a tree.
public struct ExpressionAPI: HTTPEndpoints {
    private let environment: QueryEnvironment

    public init(_ environment: QueryEnvironment) { self.environment = environment }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/format_query", .get, .post) { call in
            let expression = try await parsed(call)
            return .success { $0.value(expression.prettified()) }
        }
        routes.on("/api/v1/parse_query", .get, .post) { call in
            let expression = try await parsed(call)
            return .success { $0.tree(expression) }
        }
    }

    private func parsed(_ call: APICall) async throws -> Expression {
        let parameters = try await call.parameters()
        do {
            return try environment.engine().parse(parameters["query"] ?? "")
        } catch {
            throw APIFailure.parameter("query", error.message)
        }
    }
}

extension JSONWriter {
    /// An expression as the tree that Prometheus' API gives.
    fileprivate mutating func tree(_ expression: Expression) {
        beginObject()
        switch expression {
        case .number(let node):
            member("type", "numberLiteral")
            member("val", FloatText.fixed(node.value))
        case .string(let node):
            member("type", "stringLiteral")
            member("val", node.value)
        case .selector(let node):
            member("type", "vectorSelector")
            selectorMembers(node)
        case .range(let node):
            member("type", "matrixSelector")
            selectorMembers(node.selector)
            duration("range", node.range)
        case .subquery(let node): subqueryMembers(node)
        case .call(let node): callMembers(node)
        case .aggregation(let node): aggregationMembers(node)
        case .unary(let node):
            member("type", "unaryExpr")
            member("op", node.isNegation ? "-" : "+")
            subtree("expr", node.operand)
        case .binary(let node): binaryMembers(node)
        case .parenthesized(let node):
            member("type", "parenExpr")
            subtree("expr", node.expression)
        }
        endObject()
    }

    private mutating func subtree(_ name: String, _ expression: Expression?) {
        self.name(name)
        if let expression { tree(expression) } else { null() }
    }

    private mutating func selectorMembers(_ node: VectorSelector) {
        member("name", node.name ?? "")
        name("matchers")
        beginArray()
        for matcher in node.matchers {
            beginObject()
            member("name", matcher.name)
            member("type", matcher.operator.rawValue)
            member("value", matcher.value)
            endObject()
        }
        endArray()
        timeMembers(node.offset, node.anchor)
        member("anchored", node.boundary == .anchored)
        member("smoothed", node.boundary == .smoothed)
    }

    private mutating func timeMembers(_ offset: DurationValue?, _ anchor: TimeAnchor?) {
        duration("offset", offset)
        name("timestamp")
        if case .timestamp(let time) = anchor { value(Int(time)) } else { null() }
        name("startOrEnd")
        switch anchor {
        case .start: value("start")
        case .end: value("end")
        default: null()
        }
    }

    private mutating func subqueryMembers(_ node: Subquery) {
        member("type", "subquery")
        subtree("expr", node.expression)
        duration("range", node.range)
        duration("step", node.step)
        timeMembers(node.offset, node.anchor)
    }

    private mutating func callMembers(_ node: FunctionCall) {
        member("type", "call")
        name("func")
        beginObject()
        member("name", node.function.name)
        name("argTypes")
        array(node.function.arguments.map(\.rawValue))
        member("variadic", node.function.variadic)
        member("returnType", node.function.result.rawValue)
        endObject()
        name("args")
        beginArray()
        for argument in node.arguments { tree(argument) }
        endArray()
    }

    private mutating func aggregationMembers(_ node: Aggregation) {
        member("type", "aggregation")
        member("op", node.operator.rawValue)
        subtree("expr", node.expression)
        subtree("param", node.parameter)
        name("grouping")
        array(node.grouping)
        member("without", node.isWithout)
    }

    private mutating func binaryMembers(_ node: BinaryOperation) {
        member("type", "binaryExpr")
        member("op", node.operator.rawValue)
        subtree("lhs", node.left)
        subtree("rhs", node.right)
        name("matching")
        if let matching = node.matching { self.matching(matching) } else { null() }
        member("bool", node.returnsBool)
    }

    private mutating func matching(_ matching: VectorMatching) {
        beginObject()
        switch matching.cardinality {
        case .oneToOne: member("card", "one-to-one")
        case .manyToOne: member("card", "many-to-one")
        case .oneToMany: member("card", "one-to-many")
        case .manyToMany: member("card", "many-to-many")
        }
        name("labels")
        array(matching.labels)
        member("on", matching.isOn)
        name("include")
        array(matching.include)
        name("fillValues")
        beginObject()
        for (side, fill) in [("lhs", matching.fillLeft), ("rhs", matching.fillRight)] {
            name(side)
            if let fill { value(fill) } else { null() }
        }
        endObject()
        endObject()
    }

    /// A duration in milliseconds; one that is only known at evaluation is 0, as an absent one is.
    private mutating func duration(_ name: String, _ duration: DurationValue?) {
        var milliseconds: Int64 = 0
        if case .milliseconds(let known) = duration { milliseconds = known }
        member(name, Int(milliseconds))
    }
}
