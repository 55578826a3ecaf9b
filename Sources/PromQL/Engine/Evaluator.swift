internal import QueryModel
internal import TelemetryModel

/// Evaluates a plan over a grid of steps, a whole column of every series at a time.
///
/// One evaluator serves one query on one thread.
final class Evaluator {
    let source: any SeriesSource
    let budget: QueryBudget
    let lookback: Int64
    let features: LanguageFeatures
    /// How many threads may work on one selection.
    let threads: Int
    /// Whether series are worked on in an order that depends on their labels only: in range queries, so that the value of a step does not
    /// depend on what other steps are asked for.
    let ordersSeries: Bool
    /// The samples of the part that was evaluated last.
    var counted = PartCount(steps: 0)
    var memory: MemoryAccount
    /// What the selections take, until the query ends.
    var selectionBytes = 0
    var annotations = QueryAnnotations()
    var statistics = QueryStatistics()
    /// The samples considered so far; by steps of the grid that is evaluated.
    var tally = SampleTally()
    /// The selections made so far.
    var selections: [SelectionKey: any SelectedSeries] = [:]
    /// Present in queries that are explained.
    var recorder: PlanRecorder?

    init(
        source: any SeriesSource, budget: QueryBudget, lookback: Int64, features: LanguageFeatures, threads: Int, ordersSeries: Bool
    ) {
        self.source = source
        self.budget = budget
        self.lookback = lookback
        self.features = features
        self.threads = threads
        self.ordersSeries = ordersSeries
        memory = MemoryAccount(budget: budget)
    }

    var delaysNameRemoval: Bool { features.contains(.delayedNameRemoval) }

    /// The value of a node at every step of the grid.
    func evaluate(_ node: PlanNode, _ grid: StepGrid) throws(QueryError) -> ArgumentValue {
        try budget.check()
        switch node {
        case .number(let value):
            try count(stepwise: [], .scalar(steps: grid.count))
            return .scalar(.constant(value))
        case .string(let text):
            counted = PartCount(steps: grid.count)
            return .string(text)
        case .scalarFunction(let function, let arguments, let call):
            let baseBytes = memory.held
            let (values, parts) = try evaluate(arguments, grid)
            var context = context(call, grid)
            let scalar = try function.evaluate(values, &context)
            annotations.merge(context.annotations)
            try count(stepwise: parts, .scalar(steps: grid.count))
            try memory.settle(at: baseBytes)
            return .scalar(scalar)
        case .scalarBinary(let binaryOperator, let left, let right):
            let leftValue = try scalar(left, grid)
            let leftPart = counted
            let rightValue = try scalar(right, grid)
            try count(stepwise: [leftPart, counted], .scalar(steps: grid.count))
            return .scalar(binaryOperator.apply(leftValue, rightValue, grid))
        case .negation(let operand):
            if case .scalar(let scalar) = try evaluateScalarOnly(operand, grid) { return .scalar(scalar.negated) }
            return .vector(try vector(node, grid))
        case .stepInvariant(let inner): return try stepInvariant(inner, grid)
        case .traced(let part, let inner):
            return try recording(part) { () throws(QueryError) in try self.evaluate(inner, grid) }
        default: return .vector(try vector(node, grid))
        }
    }

    /// The values of arguments, and the samples of those that are no strings.
    private func evaluate(
        _ arguments: [PlanNode], _ grid: StepGrid
    ) throws(QueryError) -> (values: [ArgumentValue], parts: [PartCount]) {
        var values: [ArgumentValue] = []
        var parts: [PartCount] = []
        for argument in arguments {
            values.append(try evaluate(argument, grid))
            parts.append(counted)
        }
        return (values, parts)
    }

    /// Counts a part that is evaluated step by step from others.
    func count(stepwise inputs: [PartCount], _ output: StepCounts) throws(QueryError) {
        counted = PartCount(stepwise: inputs, output)
        try admit()
    }

    /// Refuses a part that holds more samples than the query may.
    func admit() throws(QueryError) { try budget.admit(samples: counted.cost.peak) }

    /// The value of a node that is a scalar; nil where it is a vector, which is then not evaluated.
    private func evaluateScalarOnly(_ node: PlanNode, _ grid: StepGrid) throws(QueryError) -> ArgumentValue? {
        node.isScalar ? try evaluate(node, grid) : nil
    }

    /// The value of a scalar node.
    func scalar(_ node: PlanNode, _ grid: StepGrid) throws(QueryError) -> ScalarColumn {
        guard case .scalar(let column) = try evaluate(node, grid) else { preconditionFailure("BUG: a scalar was expected") }
        return column
    }

    /// The value of a vector node.
    func vector(_ node: PlanNode, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        if grid.count == 0 {
            counted = PartCount(steps: 0)
            return []
        }
        let baseBytes = memory.held
        var result: [StepSeries]
        switch node {
        case .vectorFunction(let function, let arguments, let call):
            let (values, parts) = try evaluate(arguments, grid)
            var context = context(call, grid)
            result = try function.evaluate(values, &context)
            annotations.merge(context.annotations)
            try Evaluator.joinDuplicates(&result)
            if function == .labelReplace || function == .labelJoin {
                // Series are only labelled anew.
                counted = parts[0]
            } else {
                try count(stepwise: parts, StepCounts(result, steps: grid.count))
            }
        case .absentOverTime(let source, let call): result = try absentOverTime(source, call, grid)
        case .aggregation(let plan): result = try aggregate(plan, grid)
        case .vectorBinary(let plan): result = try binary(plan, grid)
        case .info(let plan): result = try info(plan, grid)
        case .traced(let part, let inner):
            guard case .vector(let series) = try recording(part, { () throws(QueryError) in .vector(try self.vector(inner, grid)) })
            else { preconditionFailure("BUG: a vector was expected") }
            result = series
        case .stepInvariant:
            guard case .vector(let series) = try evaluate(node, grid) else { preconditionFailure("BUG: a vector was expected") }
            result = series
        default: result = try collect(node, grid)
        }
        try memory.settle(at: baseBytes + result.memoryBytes)
        return result
    }

    /// The context of a call's function.
    func context(_ call: FunctionCall?, _ grid: StepGrid, position: SourceRange? = nil) -> FunctionContext {
        FunctionContext(
            grid: grid, delaysNameRemoval: delaysNameRemoval, features: features, call: call,
            position: position ?? call?.arguments.first?.unparenthesized.position ?? call?.position ?? SourceRange(0, 0),
            annotations: QueryAnnotations(), budget: budget)
    }

    /// Evaluates at the first step, and repeats the value.
    private func stepInvariant(_ node: PlanNode, _ grid: StepGrid) throws(QueryError) -> ArgumentValue {
        guard grid.count > 1 else { return try evaluate(node, grid) }
        let outer = tally
        tally = SampleTally()
        let value = try evaluate(node, StepGrid(start: grid.start, step: grid.step, count: 1))
        counted.cost.take((grid.count - 1) * counted.counts.weight)
        counted.counts = counted.counts.repeated(grid.count)
        try admit()
        let once = tally
        tally = outer
        tally.add(once: once, at: grid.count)
        switch value {
        case .string: return value
        case .scalar(let column): return .scalar(.constant(column[0]))
        case .vector(var series):
            for index in series.indices { series[index].column.repeatFirst(count: grid.count) }
            return .vector(series)
        }
    }
}

extension PlanNode {
    /// Whether the value is a scalar.
    var isScalar: Bool {
        switch self {
        case .number, .scalarFunction, .scalarBinary: true
        case .negation(let node), .stepInvariant(let node), .traced(_, let node): node.isScalar
        default: false
        }
    }
}

extension ScalarColumn {
    var negated: ScalarColumn {
        switch self {
        case .constant(let value): .constant(-value)
        case .varying(let values): .varying(values.map { -$0 })
        }
    }
}

extension BinaryOperator {
    /// The results between two scalars at every step.
    func apply(_ left: ScalarColumn, _ right: ScalarColumn, _ grid: StepGrid) -> ScalarColumn {
        if case .constant(let leftValue) = left, case .constant(let rightValue) = right { return .constant(apply(leftValue, rightValue)) }
        return .varying((0..<grid.count).map { apply(left[$0], right[$0]) })
    }
}

extension StepColumn {
    /// Makes a column of one step as long as a grid, the value repeated.
    mutating func repeatFirst(count: Int) {
        let value = values[0]
        values = [Double](repeating: value, count: count)
        if hasHistograms { histograms = [NativeHistogram?](repeating: histograms[0], count: count) }
    }
}
