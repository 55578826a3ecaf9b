internal import QueryModel
internal import TelemetryModel

// Nodes whose series do not depend on each other are evaluated one series at a time, so that an aggregation above them never needs all of
// them in memory.

extension Evaluator {
    typealias SeriesBody = (inout StepSeries) throws(QueryError) -> Void

    /// Calls the closure with each series of a node. The series is reused: a closure that keeps its column has to take it away
    /// (``StepSeries/takeColumn()``).
    func forEachSeries(_ node: PlanNode, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        counted = PartCount(steps: grid.count)
        guard grid.count > 0 else { return }
        guard node.canStream(delaysNameRemoval: delaysNameRemoval) else {
            var all = try vector(node, grid)
            if ordersSeries && !all.isSorted { all.sort { $0.labels < $1.labels } }
            for index in all.indices { try body(&all[index]) }
            return
        }
        try stream(node, grid, body)
    }

    /// All series of a node that is evaluated one series at a time.
    func collect(_ node: PlanNode, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        var collected: [StepSeries] = []
        try stream(node, grid) { (series: inout StepSeries) throws(QueryError) in
            try self.memory.take(series.column.memoryBytes)
            collected.append(StepSeries(labels: series.labels, dropsName: series.dropsName, column: series.takeColumn()))
        }
        if delaysNameRemoval || node.staysDistinctWithoutName || !node.dropsNames { return collected }
        if case .rangeFunction = node {
            try Evaluator.refuseDuplicates(collected)
        } else {
            try Evaluator.joinDuplicates(&collected)
        }
        return collected
    }

    /// Evaluates without looking at equal label sets that arise when names are dropped.
    private func stream(_ node: PlanNode, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        switch node {
        case .selector(let plan): try forEachSelected(plan, grid, body)
        case .sampleTime(let plan): try forEachSampleTime(plan, grid, body)
        case .sampleStart(let plan): try forEachSampleStart(plan, grid, body)
        case .rangeFunction(let function, let source, let arguments, let call):
            try forEachRangeResult(function, source, arguments, call, grid, body)
        case .elementFunction(let function, let vector, let arguments, let call):
            try forEachElementResult(function, vector, arguments, call, grid, body)
        case .negation(let operand):
            try forEachOperand(operand, grid) { (series: inout StepSeries) throws(QueryError) in
                series.column.negate()
                self.dropName(&series)
                try body(&series)
            }
        case .vectorScalar(let plan): try forEachVectorScalar(plan, grid, body)
        case .traced(let part, let node):
            let outer = recorder?.enter(part) ?? PlanRecorder.outside
            try stream(node, grid) { (series: inout StepSeries) throws(QueryError) in
                // What becomes of the series is put down to who asked for it.
                self.recorder?.handOver(from: part, to: outer)
                try body(&series)
                self.recorder?.enter(part)
            }
            recorder?.finish(part, returningTo: outer)
        default:
            for var series in try vector(node, grid) { try body(&series) }
        }
    }

    /// The series of an operand: streamed where that is safe.
    func forEachOperand(_ node: PlanNode, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        try forEachSeries(node, grid, body)
    }

    /// The values of scalar arguments, and their samples.
    func scalars(_ nodes: [PlanNode], _ grid: StepGrid) throws(QueryError) -> (values: [ScalarColumn], parts: [PartCount]) {
        var values: [ScalarColumn] = []
        var parts: [PartCount] = []
        for node in nodes {
            values.append(try scalar(node, grid))
            parts.append(counted)
        }
        return (values, parts)
    }

    func dropName(_ series: inout StepSeries) {
        if delaysNameRemoval {
            series.dropsName = true
        } else {
            series.labels = series.labels.droppingMetadata()
        }
    }

    private func forEachElementResult(
        _ function: ElementFunction, _ vector: PlanNode?, _ arguments: [PlanNode], _ call: FunctionCall, _ grid: StepGrid,
        _ body: SeriesBody
    ) throws(QueryError) {
        let (scalars, scalarParts) = try self.scalars(arguments, grid)
        var context = context(call, grid)
        var output = StepCounts(steps: grid.count)
        guard let vector else {
            var series = StepSeries(
                labels: LabelSet(), column: StepColumn(values: (0..<grid.count).map { Double(grid.time($0) / 1000) }))
            try function.evaluate(&series, scalars, &context)
            try body(&series)
            try count(stepwise: [], .scalar(steps: grid.count))
            return
        }
        try forEachOperand(vector, grid) { (series: inout StepSeries) throws(QueryError) in
            context.labels = series.labels
            try function.evaluate(&series, scalars, &context)
            if output.add(series.column) == 0 { return }
            self.dropName(&series)
            try body(&series)
        }
        annotations.merge(context.annotations)
        try count(stepwise: [counted] + scalarParts, output)
    }
}

extension PlanNode {
    /// Whether the node is evaluated a series at a time, and no two series can end up with equal labels, so that nothing has to be compared.
    func canStream(delaysNameRemoval: Bool) -> Bool {
        switch self {
        case .selector: true
        case .traced(_, let node): node.canStream(delaysNameRemoval: delaysNameRemoval)
        case .sampleTime, .sampleStart, .rangeFunction, .elementFunction, .negation, .vectorScalar:
            !dropsNames || delaysNameRemoval || staysDistinctWithoutName
        default: false
        }
    }

    /// Whether the node takes the metric names off.
    var dropsNames: Bool {
        switch self {
        case .selector: false
        case .traced(_, let node): node.dropsNames
        case .rangeFunction(let function, _, _, _): !function.keepsName
        case .vectorScalar(let plan): plan.operator.changesMeaning || plan.returnsBool || plan.vector.dropsNames
        default: true
        }
    }
}

extension [StepSeries] {
    fileprivate var isSorted: Bool { !indices.dropFirst().contains { self[$0].labels < self[$0 - 1].labels } }
}

extension StepSeries {
    /// Gives the column away, so that it is not overwritten by the next series.
    mutating func takeColumn() -> StepColumn {
        let taken = column
        column = StepColumn(values: [])
        return taken
    }
}

extension StepColumn {
    /// Makes the column empty and as long as the grid, in the memory it has.
    mutating func reset(count: Int) {
        if values.count == count {
            removeAll()
        } else {
            self = StepColumn(count: count)
        }
    }

    mutating func negate() {
        for step in values.indices where !StepColumn.isAbsent(values[step]) { values[step] = -values[step] }
        for step in histograms.indices {
            histograms[step]?.multiply(by: -1)
        }
    }
}
