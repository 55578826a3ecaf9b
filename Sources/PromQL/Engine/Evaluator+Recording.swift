internal import QueryModel

extension Evaluator {
    /// Evaluates a part; the time is put down to it.
    func recording(
        _ part: Int, _ evaluate: () throws(QueryError) -> ArgumentValue
    ) throws(QueryError) -> ArgumentValue {
        guard let recorder else { return try evaluate() }
        let outer = recorder.enter(part)
        let value = try evaluate()
        if case .vector(let series) = value { recorder.count(series: series.count, of: part) }
        recorder.enter(outer)
        return value
    }
}
