internal import TelemetryModel

@testable internal import TraceQL

/// Queries answered in the plainest way, span by span and pair by pair, to hold the engine against.
struct NaiveQuery {
    /// The spans of one trace, in the order of their rows.
    struct Trace {
        var spans: [SpanRecord]
        var batch: SpanBatch

        func parent(_ span: Int) -> Int? { spans.firstIndex { $0.spanID == spans[span].parentSpanID && spans[span].parentSpanID.isValid } }

        func isAncestor(_ elder: Int, of young: Int) -> Bool {
            var steps = 0
            var next = parent(young)
            while let span = next, steps <= spans.count {
                if span == elder { return true }
                next = parent(span)
                steps += 1
            }
            return false
        }
    }

    struct Set: Equatable {
        var spans: [Int]
        var attributes: [String: TraceValue] = [:]
    }

    let trace: Trace

    // MARK: Fields

    func values(_ field: TraceField, _ index: Int) -> [TraceValue] {
        let span = trace.spans[index]
        func plain(_ attributes: [Attribute], _ key: String) -> [TraceValue] { attributes[key: key].map { [TraceValue($0)] } ?? [] }
        switch field {
        case .attribute(.span?, let key): return plain(span.attributes, key)
        case .attribute(.resource?, "service.name"):
            return [.string(trace.batch.resources[span.resource].serviceName ?? "")]
        case .attribute(.resource?, let key): return plain(trace.batch.resources[span.resource].attributes, key)
        case .attribute(.instrumentation?, let key): return plain(trace.batch.scopes[span.scope].attributes, key)
        case .attribute(.event?, let key): return span.events.flatMap { plain($0.attributes, key) }
        case .attribute(.link?, let key): return span.links.flatMap { plain($0.attributes, key) }
        case .attribute(nil, let key):
            let own = values(.attribute(.span, key), index)
            return own.isEmpty ? values(.attribute(.resource, key), index) : own
        case .parentAttribute: return []
        case .intrinsic(let intrinsic): return values(intrinsic, span, index)
        }
    }

    private func values(_ intrinsic: Intrinsic, _ span: SpanRecord, _ index: Int) -> [TraceValue] {
        let spans = trace.spans
        let root = spans.firstIndex { !$0.parentSpanID.isValid }
        switch intrinsic {
        case .name: return [.string(span.name)]
        case .duration: return [.duration(Int64(span.duration))]
        case .status: return [.status(span.statusCode == .error ? .error : span.statusCode == .ok ? .ok : .unset)]
        case .statusMessage: return [.string(span.statusMessage)]
        case .kind:
            let words: [KindWord] = [.unspecified, .internal, .server, .client, .producer, .consumer]
            return [.kind(words[Int(span.kind.rawValue)])]
        case .childCount: return [.int(Int64(spans.indices.filter { trace.parent($0) == index }.count))]
        case .rootName: return [.string(root.map { spans[$0].name } ?? "")]
        case .rootServiceName: return root.map { values(.attribute(.resource, "service.name"), $0) } ?? [.string("")]
        case .traceDuration:
            let start = spans.map(\.start).min() ?? 0
            let end = spans.map { $0.start + $0.duration }.max() ?? 0
            return [.duration(Int64(end - start))]
        case .eventName: return span.events.map { .string($0.name) }
        case .eventTimeSinceStart: return span.events.map { .duration(Int64($0.time) - Int64(span.start)) }
        case .instrumentationName: return [.string(trace.batch.scopes[span.scope].name)]
        case .spanID: return [.string(span.spanID.hexadecimal)]
        case .parentID: return [.string(span.parentSpanID.hexadecimal)]
        default: return []
        }
    }

    // MARK: Expressions

    func value(_ expression: FieldExpression, _ span: Int) -> TraceValue {
        switch expression {
        case .literal(let value): return value
        case .field(let field): return values(field, span).first ?? .none
        case .negative(let operand):
            switch value(operand, span) {
            case .int(let number): return .int(-number)
            case .float(let number): return .float(-number)
            case .duration(let number): return .duration(-number)
            default: return .none
            }
        case .not(let operand):
            if case .bool(let flag) = value(operand, span) { return .bool(!flag) }
            return .none
        case .exists(let operand): return .bool(value(operand, span) != .none)
        case .isMissing(let operand): return .bool(value(operand, span) == .none)
        case .arithmetic(let operation, let left, let right):
            return NaiveQuery.reckon(operation, value(left, span), value(right, span))
        case .comparison(let operation, let left, let right):
            let lefts = all(left, span)
            let rights = all(right, span)
            return .bool(lefts.contains { a in rights.contains { NaiveQuery.compares(operation, a, $0) } })
        case .all(let operands): return .bool(operands.allSatisfy { value($0, span) == .bool(true) })
        case .any(let operands): return .bool(operands.contains { value($0, span) == .bool(true) })
        }
    }

    private func all(_ expression: FieldExpression, _ span: Int) -> [TraceValue] {
        if case .field(let field) = expression { return values(field, span) }
        let value = value(expression, span)
        return value == .none ? [] : [value]
    }

    private static func reckon(_ operation: ArithmeticOperator, _ a: TraceValue, _ b: TraceValue) -> TraceValue {
        if case .int(let a) = a, case .int(let b) = b {
            switch operation {
            case .add: return .int(a + b)
            case .subtract: return .int(a - b)
            case .multiply: return .int(a * b)
            case .divide: return b == 0 ? .none : .int(a / b)
            case .modulo: return b == 0 ? .none : .int(a % b)
            case .power: return .none
            }
        }
        guard let a = number(a), let b = number(b) else { return .none }
        switch operation {
        case .add: return .float(a + b)
        case .subtract: return .float(a - b)
        case .multiply: return .float(a * b)
        case .divide: return .float(a / b)
        default: return .float(a.truncatingRemainder(dividingBy: b))
        }
    }

    static func number(_ value: TraceValue) -> Double? {
        switch value {
        case .int(let number), .duration(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }

    private static func compares(_ operation: ComparisonOperator, _ a: TraceValue, _ b: TraceValue) -> Bool {
        func ordered<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
            switch operation {
            case .equal: a == b
            case .notEqual: a != b
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            default: false
            }
        }
        switch (a, b) {
        case (.stringArray(let texts), _): return texts.contains { compares(operation, .string($0), b) }
        case (.intArray(let numbers), _): return numbers.contains { compares(operation, .int($0), b) }
        case (_, .stringArray(let texts)): return texts.contains { compares(operation, a, .string($0)) }
        case (_, .intArray(let numbers)): return numbers.contains { compares(operation, a, .int($0)) }
        case (.string(let a), .string(let b)):
            // The patterns of these tests are a prefix and `.*`.
            if operation == .matches { return a.hasPrefix(b.dropLast(2)) }
            if operation == .doesNotMatch { return !a.hasPrefix(b.dropLast(2)) }
            return ordered(a, b)
        case (.bool(let a), .bool(let b)): return operation == .equal ? a == b : operation == .notEqual && a != b
        case (.status(let a), .status(let b)): return operation == .equal ? a == b : operation == .notEqual && a != b
        case (.kind(let a), .kind(let b)): return operation == .equal ? a == b : operation == .notEqual && a != b
        default:
            guard let a = number(a), let b = number(b) else { return false }
            return ordered(a, b)
        }
    }

    // MARK: Pipelines

    func run(_ stages: [PipelineStage]) -> [Set] {
        stages.reduce([Set(spans: Array(trace.spans.indices))]) { sets, stage in sets.flatMap { apply(stage, $0) } }
            .filter { !$0.spans.isEmpty }
    }

    private func apply(_ stage: PipelineStage, _ set: Set) -> [Set] {
        switch stage {
        case .spanset(let expression):
            var found = set
            found.spans = find(expression, set.spans)
            return found.spans.isEmpty ? [] : [found]
        case .filter(let aggregate, let comparison, let limit):
            guard let value = aggregated(aggregate, set.spans), NaiveQuery.compares(comparison, value, limit) else { return [] }
            var found = set
            found.attributes[QueryPrinter.aggregate(aggregate)] = value
            return [found]
        case .group(let expression):
            var groups: [(TraceValue, [Int])] = []
            for span in set.spans {
                let key = value(expression, span)
                if let place = groups.firstIndex(where: { $0.0 == key }) {
                    groups[place].1.append(span)
                } else {
                    groups.append((key, [span]))
                }
            }
            return groups.map { key, spans in
                var found = Set(spans: spans, attributes: set.attributes)
                found.attributes["by(\(QueryPrinter.field(expression)))"] = key
                return found
            }
        case .coalesce, .select: return [set]
        }
    }

    private func aggregated(_ aggregate: SpansetAggregate, _ spans: [Int]) -> TraceValue? {
        guard case .of(let function, let expression) = aggregate else { return .int(Int64(spans.count)) }
        let values = spans.map { value(expression, $0) }.filter { $0 != .none }
        guard let first = values.first else { return nil }
        switch function {
        case .max, .min:
            return values.dropFirst().reduce(first) { best, value in
                guard let a = NaiveQuery.number(best), let b = NaiveQuery.number(value) else { return best }
                return (function == .max ? b > a : b < a) ? value : best
            }
        case .sum, .avg:
            // The fields of these tests have one type each here.
            let numbers = values.compactMap(NaiveQuery.number)
            let sum = numbers.reduce(0, +)
            if case .duration = first { return .duration(function == .sum ? Int64(sum) : Int64(sum) / Int64(values.count)) }
            if function == .avg { return .float(sum / Double(values.count)) }
            if case .int = first { return .int(Int64(sum)) }
            return .float(sum)
        }
    }

    private func find(_ expression: SpansetExpression, _ spans: [Int]) -> [Int] {
        switch expression {
        case .filter(let condition): return spans.filter { value(condition, $0) == .bool(true) }
        case .pipeline: return []
        case .operation(let operation, let left, let right):
            let (a, b) = (find(left, spans), find(right, spans))
            func related(_ x: Int, _ y: Int) -> Bool {
                switch operation {
                case .child, .notChild, .unionChild: trace.parent(y) == x
                case .parent, .notParent, .unionParent: trace.parent(x) == y
                case .descendant, .notDescendant, .unionDescendant: trace.isAncestor(x, of: y)
                case .ancestor, .notAncestor, .unionAncestor: trace.isAncestor(y, of: x)
                default: x != y && trace.parent(x) != nil && trace.parent(x) == trace.parent(y)
                }
            }
            switch operation {
            case .and: return a.isEmpty || b.isEmpty ? [] : spans.filter { a.contains($0) || b.contains($0) }
            case .or: return spans.filter { a.contains($0) || b.contains($0) }
            case .child, .parent, .descendant, .ancestor, .sibling: return b.filter { y in a.contains { related($0, y) } }
            case .notChild, .notParent, .notDescendant, .notAncestor, .notSibling: return b.filter { y in !a.contains { related($0, y) } }
            default:
                return spans.filter { span in
                    (b.contains(span) && a.contains { related($0, span) }) || (a.contains(span) && b.contains { related(span, $0) })
                }
            }
        }
    }
}
