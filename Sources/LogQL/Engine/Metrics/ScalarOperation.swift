/// An operation of series and a number.
struct ScalarOperation {
    private let operation: BinaryOperation
    private let scalar: Double
    private let isLeft: Bool

    /// - Parameter isLeft: whether the number stands on the left.
    init(_ operation: BinaryOperation, _ scalar: Double, isLeft: Bool) {
        self.operation = operation
        self.scalar = scalar
        self.isLeft = isLeft
    }

    func apply(to series: [StepSeries]) -> [StepSeries] {
        series.map { element in
            StepSeries(element.labels, values: element.values.map { StepSeries.isAbsent($0) ? $0 : result($0) })
        }
    }

    private func result(_ value: Double) -> Double {
        let outcome = isLeft ? operation.operator.fold(scalar, value) : operation.operator.fold(value, scalar)
        guard operation.operator.isComparison, !operation.returnsBool else { return outcome }
        return outcome == 0 ? StepSeries.absent : value
    }
}
