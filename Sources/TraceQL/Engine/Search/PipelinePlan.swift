/// A pipeline, made ready to be run over tables.
struct PipelinePlan: Sendable {
    indirect enum Spansets: Sendable {
        case filter(Condition)
        case operation(SpansetOperator, Spansets, Spansets)
        case pipeline([Stage])

        init(_ expression: SpansetExpression) {
            switch expression {
            case .filter(let condition): self = .filter(Condition(condition))
            case .operation(let operation, let left, let right): self = .operation(operation, Spansets(left), Spansets(right))
            case .pipeline(let stages): self = .pipeline(stages.map { Stage($0) })
            }
        }
    }

    enum Stage: Sendable {
        case spansets(Spansets)
        /// The name is that of the aggregate.
        case filter(SpansetAggregate.Function?, RowExpression, name: String, ComparisonOperator, TraceValue)
        case group(RowExpression, name: String)
        case coalesce
        case select

        init(_ stage: PipelineStage) {
            switch stage {
            case .spanset(let expression): self = .spansets(Spansets(expression))
            case .filter(let aggregate, let comparison, let value):
                let name = QueryPrinter.aggregate(aggregate)
                switch aggregate {
                case .count: self = .filter(nil, .literal(.none), name: name, comparison, value)
                case .of(let function, let expression): self = .filter(function, RowExpression(expression), name: name, comparison, value)
                }
            case .group(let expression): self = .group(RowExpression(expression), name: "by(\(QueryPrinter.field(expression)))")
            case .coalesce: self = .coalesce
            case .select: self = .select
            }
        }
    }

    let stages: [Stage]

    init(_ stages: [PipelineStage]) { self.stages = stages.map { Stage($0) } }
}

/// The fields that a pipeline names, in the order of the query, each once.
struct NamedFields {
    private(set) var all: [TraceField] = []
    private var seen: Set<TraceField> = []

    init(_ stages: [PipelineStage]) { add(stages) }

    mutating func add(_ field: TraceField) { if seen.insert(field).inserted { all.append(field) } }

    private mutating func add(_ stages: [PipelineStage]) {
        for stage in stages {
            switch stage {
            case .spanset(let expression): add(expression)
            case .filter(.count, _, _), .coalesce: break
            case .filter(.of(_, let expression), _, _), .group(let expression): add(expression)
            case .select(let fields): for field in fields { add(field) }
            }
        }
    }

    private mutating func add(_ expression: SpansetExpression) {
        switch expression {
        case .filter(let condition): add(condition)
        case .operation(_, let left, let right):
            add(left)
            add(right)
        case .pipeline(let stages): add(stages)
        }
    }

    private mutating func add(_ expression: FieldExpression) {
        switch expression {
        case .literal: break
        case .field(let field): add(field)
        case .negative(let operand), .not(let operand), .exists(let operand), .isMissing(let operand): add(operand)
        case .arithmetic(_, let left, let right), .comparison(_, let left, let right):
            add(left)
            add(right)
        case .all(let operands), .any(let operands): for operand in operands { add(operand) }
        }
    }
}
