internal import QueryModel
internal import TelemetryModel

extension ScalarFunction {
    /// The function's value at every step.
    func evaluate(_ arguments: [ArgumentValue], _ context: inout FunctionContext) throws(QueryError) -> ScalarColumn {
        switch self {
        case .pi: return .constant(.pi)
        case .time: return .varying((0..<context.grid.count).map { Double(context.grid.time($0)) / 1000 })
        case .scalar:
            guard case .vector(let series)? = arguments.first else { preconditionFailure("BUG: scalar() takes a vector") }
            return .varying(onlyValues(series, steps: context.grid.count))
        case .maxOf, .minOf:
            guard arguments.count == 2, case .scalar(let left) = arguments[0], case .scalar(let right) = arguments[1] else {
                preconditionFailure("BUG: \(rawValue)() takes two scalars")
            }
            let choose = self == .maxOf ? larger : smaller
            return .varying((0..<context.grid.count).map { choose(left[$0], right[$0]) })
        }
    }

    /// The value of the only float of each step; NaN where there is none or more than one.
    private func onlyValues(_ series: [StepSeries], steps: Int) -> [Double] {
        var values = [Double](repeating: .nan, count: steps)
        var found = [Int](repeating: 0, count: steps)
        for one in series {
            for step in 0..<steps where !StepColumn.isAbsent(one.column.values[step]) {
                found[step] += 1
                values[step] = found[step] == 1 ? one.column.values[step] : .nan
            }
        }
        return values
    }
}
