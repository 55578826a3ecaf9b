internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Numbers the parts of a plan, so that what each of them costs can be taken down, and says what they are.
struct PlanTracer {
    /// What is known of a part before evaluation.
    struct Part {
        var kind: QueryExplanation.Kind
        var title: String
        var notes: [String]
        var children: [Int] = []
    }

    private(set) var parts: [Part] = []
    private let words: PlanWords
    private var parents: [Int] = []
    /// Said of the next part.
    private var pendingNotes: [String] = []

    init(lookback: Int64) { words = PlanWords(lookback: lookback) }

    /// The plan with its parts numbered from 0, the root. Literals are no parts, but for a root.
    mutating func trace(_ node: PlanNode) -> PlanNode {
        let traced = operand(node)
        if parts.isEmpty {
            return .traced(open(.scalar, words.literal(node)) { _, _ in }, node)
        }
        return traced
    }

    private mutating func open(
        _ kind: QueryExplanation.Kind, _ title: String, notes: [String] = [], _ children: (inout PlanTracer, Int) -> Void
    ) -> Int {
        let part = parts.count
        parts.append(Part(kind: kind, title: title, notes: notes + pendingNotes))
        pendingNotes = []
        if let parent = parents.last { parts[parent].children.append(part) }
        parents.append(part)
        children(&self, part)
        parents.removeLast()
        return part
    }

    private mutating func operand(_ node: PlanNode) -> PlanNode {
        var inner = node
        let part: Int
        switch node {
        case .number, .string, .traced: return node
        case .stepInvariant(let node):
            pendingNotes.append("the same at every step, so evaluated once")
            let traced = operand(node)
            pendingNotes = []
            return .stepInvariant(traced)
        case .matrix(let source): return .matrix(self.source(source))
        case .selector(var plan):
            part = open(.selector, words.title(plan), notes: words.notes(plan, range: nil)) { _, part in plan.part = part }
            inner = .selector(plan)
        case .sampleTime(var plan):
            let notes = ["times of the samples"] + words.notes(plan, range: nil)
            part = open(.selector, "timestamp(\(words.title(plan)))", notes: notes) { _, part in plan.part = part }
            inner = .sampleTime(plan)
        case .sampleStart(var plan):
            let notes = ["when the samples began to be counted"] + words.notes(plan, range: nil)
            part = open(.selector, "start_timestamp(\(words.title(plan)))", notes: notes) { _, part in plan.part = part }
            inner = .sampleStart(plan)
        case .rangeFunction(let function, let range, let arguments, let call):
            part = open(.function, words.title(call), notes: words.notes(call)) { tracer, _ in
                inner = .rangeFunction(function, tracer.source(range), arguments: arguments.map { tracer.operand($0) }, call: call)
            }
        case .absentOverTime(let range, let call):
            part = open(.function, words.title(call), notes: words.notes(call)) { tracer, _ in
                inner = .absentOverTime(tracer.source(range), call: call)
            }
        case .elementFunction(let function, let vector, let arguments, let call):
            part = open(.function, words.title(call), notes: words.notes(call)) { tracer, _ in
                inner = .elementFunction(
                    function, vector: vector.map { tracer.operand($0) }, arguments: arguments.map { tracer.operand($0) }, call: call)
            }
        case .vectorFunction(let function, let arguments, let call):
            part = open(.function, words.title(call), notes: words.notes(call)) { tracer, _ in
                inner = .vectorFunction(function, arguments: arguments.map { tracer.operand($0) }, call: call)
            }
        case .scalarFunction(let function, let arguments, let call):
            part = open(.scalar, words.title(call), notes: words.notes(call)) { tracer, _ in
                inner = .scalarFunction(function, arguments: arguments.map { tracer.operand($0) }, call: call)
            }
        default: part = tracedOperator(node, &inner)
        }
        return .traced(part, inner)
    }

    /// Operators, aggregations and `info`.
    private mutating func tracedOperator(_ node: PlanNode, _ inner: inout PlanNode) -> Int {
        var result = node
        defer { inner = result }
        switch node {
        case .info(var plan):
            return open(.function, "info", notes: ["adds the labels of info series that share instance and job"]) { tracer, _ in
                plan.vector = tracer.operand(plan.vector)
                plan.part = tracer.open(.selector, "info series", notes: tracer.words.notes(info: plan)) { _, _ in }
                result = .info(plan)
            }
        case .aggregation(var plan):
            return open(.aggregation, words.title(plan), notes: words.notes(plan)) { tracer, _ in
                plan.node = tracer.operand(plan.node)
                plan.parameter = plan.parameter.map { tracer.operand($0) }
                result = .aggregation(plan)
            }
        case .negation(let operand):
            return open(operand.isScalar ? .scalar : .binary, "-…") { tracer, _ in result = .negation(tracer.operand(operand)) }
        case .scalarBinary(let binaryOperator, let left, let right):
            return open(.scalar, words.between(left, binaryOperator.rawValue, right)) { tracer, _ in
                result = .scalarBinary(binaryOperator, tracer.operand(left), tracer.operand(right))
            }
        case .vectorScalar(var plan):
            return open(.binary, words.title(plan), notes: words.notes(plan)) { tracer, _ in
                plan.vector = tracer.operand(plan.vector)
                plan.scalar = tracer.operand(plan.scalar)
                result = .vectorScalar(plan)
            }
        case .vectorBinary(var plan):
            return open(.binary, words.title(plan), notes: words.notes(plan)) { tracer, _ in
                plan.left = tracer.operand(plan.left)
                plan.right = tracer.operand(plan.right)
                result = .vectorBinary(plan)
            }
        default: preconditionFailure("BUG: a part of a plan without description")
        }
    }

    private mutating func source(_ source: RangeSource) -> RangeSource {
        switch source {
        case .selector(var plan, let range, let position):
            let title = words.title(plan, range: range)
            plan.part = open(.selector, title, notes: words.notes(plan, range: range)) { _, _ in }
            return .selector(plan, range: range, position: position)
        case .subquery(var plan):
            let part = open(.subquery, words.title(plan), notes: words.notes(plan)) { tracer, _ in plan.node = tracer.operand(plan.node) }
            plan.part = part
            return .subquery(plan)
        }
    }
}

extension RangeSource {
    /// The number of the part, in a query that is explained.
    var part: Int? {
        switch self {
        case .selector(let plan, _, _): plan.part
        case .subquery(let plan): plan.part
        }
    }
}
