internal import QueryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension DurationValue {
    /// Where the value stands in the text, as far as known.
    var position: SourceRange? {
        switch self {
        case .milliseconds: nil
        case .number(let literal): literal.position
        case .step(let position), .range(let position): position
        case .negated(_, let position): position
        case .binary(_, _, _, let position), .minimum(_, _, let position), .maximum(_, _, let position): position
        case .parenthesized(let inner): inner.position
        }
    }
}

extension Planner {
    /// The length of time that a duration stands for, in milliseconds.
    func milliseconds(_ value: DurationValue?, allowsNegative: Bool) throws(QueryError) -> Int64? {
        guard let value else { return nil }
        if case .milliseconds(let milliseconds) = value { return milliseconds }
        let seconds = try self.seconds(value)
        if !seconds.isFinite { throw durationError(value, "duration is NaN or infinite") }
        if seconds <= 0 && !allowsNegative { throw durationError(value, "duration must be greater than 0") }
        // The bound of Prometheus: nanoseconds in 64 bits.
        if abs(seconds) > 9_223_372_036.854_775_807 { throw durationError(value, "duration is out of range") }
        return Int64(seconds * 1000)
    }

    private func durationError(_ value: DurationValue, _ message: String) -> QueryError {
        guard let position = value.position else { return QueryError(.badInput, message) }
        return QueryError(.badInput, "\(position.start):\(position.end): \(message)", at: position)
    }

    private func seconds(_ value: DurationValue) throws(QueryError) -> Double {
        switch value {
        case .milliseconds(let milliseconds): return Double(milliseconds) / 1000
        case .number(let literal): return literal.value
        case .step: return Double(step) / 1000
        case .range: return Double(end - start) / 1000
        case .parenthesized(let inner): return try seconds(inner)
        case .negated(let inner, _): return -(try seconds(inner))
        case .minimum(let left, let right, _):
            let (leftSeconds, rightSeconds) = (try seconds(left), try seconds(right))
            return leftSeconds.isNaN || rightSeconds.isNaN ? .nan : Swift.min(leftSeconds, rightSeconds)
        case .maximum(let left, let right, _):
            let (leftSeconds, rightSeconds) = (try seconds(left), try seconds(right))
            return leftSeconds.isNaN || rightSeconds.isNaN ? .nan : Swift.max(leftSeconds, rightSeconds)
        case .binary(let binaryOperator, let left, let right, _):
            let (leftSeconds, rightSeconds) = (try seconds(left), try seconds(right))
            switch binaryOperator {
            case .add: return leftSeconds + rightSeconds
            case .subtract: return leftSeconds - rightSeconds
            case .multiply: return leftSeconds * rightSeconds
            case .divide:
                if rightSeconds == 0 { throw durationError(value, "division by zero") }
                return leftSeconds / rightSeconds
            case .modulo:
                if rightSeconds == 0 { throw durationError(value, "modulo by zero") }
                return fmod(leftSeconds, rightSeconds)
            case .power: return pow(leftSeconds, rightSeconds)
            default: throw durationError(value, "unexpected duration expression operator \"\(binaryOperator.rawValue)\"")
            }
        }
    }
}
