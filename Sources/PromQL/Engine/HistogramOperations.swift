internal import QueryModel
internal import TelemetryModel

/// What a binary operator makes of two values of which at least one is a histogram.
struct ElementOutcome {
    var value: PointValue
    /// Whether a comparison holds; true for all other operators.
    var keeps: Bool
}

extension BinaryOperator {
    /// Combines two elements. Annotations say why there is no result, or what is doubtful about it.
    ///
    /// - Returns: nil where the operator has no meaning for the operands.
    func combine(
        _ left: PointValue, _ right: PointValue, at position: SourceRange, _ annotations: inout QueryAnnotations
    ) -> ElementOutcome? {
        switch (left, right) {
        case (.float(let leftValue), .float(let rightValue)):
            if self == .trimLower || self == .trimUpper { break }
            if isComparison { return ElementOutcome(value: left, keeps: holds(leftValue, rightValue)) }
            return ElementOutcome(value: .float(apply(leftValue, rightValue)), keeps: true)
        case (.float(let factor), .histogram(var histogram)):
            guard self == .multiply else { break }
            histogram.multiply(by: factor)
            return ElementOutcome(value: .histogram(histogram.compacted()), keeps: true)
        case (.histogram(var histogram), .float(let number)):
            switch self {
            case .multiply: histogram.multiply(by: number)
            case .divide: histogram.divide(by: number)
            case .trimUpper: return ElementOutcome(value: .histogram(histogram.trimmed(.keepBelow, at: number)), keeps: true)
            case .trimLower: return ElementOutcome(value: .histogram(histogram.trimmed(.keepAbove, at: number)), keeps: true)
            default:
                annotateTypes(left, right, position, &annotations)
                return nil
            }
            return ElementOutcome(value: .histogram(histogram.compacted()), keeps: true)
        case (.histogram(let leftHistogram), .histogram(let rightHistogram)):
            switch self {
            case .add, .subtract: return combine(leftHistogram, rightHistogram, position, &annotations)
            case .equal: return ElementOutcome(value: left, keeps: leftHistogram.isIdentical(to: rightHistogram))
            case .notEqual: return ElementOutcome(value: left, keeps: !leftHistogram.isIdentical(to: rightHistogram))
            default: break
            }
        }
        annotateTypes(left, right, position, &annotations)
        return nil
    }

    private func combine(
        _ left: NativeHistogram, _ right: NativeHistogram, _ position: SourceRange, _ annotations: inout QueryAnnotations
    ) -> ElementOutcome? {
        var result = left
        let name = self == .add ? "addition" : "subtraction"
        let combination: NativeHistogram.Combination
        do {
            combination = self == .add ? try result.add(right) : try result.subtract(right)
        } catch {
            annotations.add(
                QueryAnnotation(
                    .warning, "PromQL warning: incompatible bucket layout encountered for binary operator \(rawValue)", at: position))
            return nil
        }
        if self == .subtract { result.resetHint = .gauge }
        if combination.boundsReconciled {
            annotations.add(QueryAnnotation(.info, "PromQL info: mismatched custom buckets were reconciled during \(name)", at: position))
        }
        if combination.hintsCollided {
            annotations.add(
                QueryAnnotation(.warning, "PromQL warning: conflicting counter resets during histogram \(name)", at: position))
            return nil
        }
        return ElementOutcome(value: .histogram(result.compacted()), keeps: true)
    }

    private func annotateTypes(_ left: PointValue, _ right: PointValue, _ position: SourceRange, _ annotations: inout QueryAnnotations) {
        annotations.add(
            QueryAnnotation(
                .info,
                "PromQL info: incompatible sample types encountered for binary operator \(quoted(rawValue)): \(left.typeName) \(rawValue) \(right.typeName)",
                at: position))
    }
}

extension PointValue {
    fileprivate var typeName: String {
        switch self {
        case .float: "float"
        case .histogram: "histogram"
        }
    }
}
