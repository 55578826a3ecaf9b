internal import QueryModel

extension Parser {
    mutating func parseRangeAggregation(_ operation: RangeAggregation.Operation) throws(SyntaxFault) -> MetricExpression {
        try advance()
        try expect(.openParenthesis)
        var parameter: String?
        if case .number(let text) = token {
            parameter = text
            try advance()
            try expect(.comma)
        } else if !isAt(.openBrace) && !isAt(.openParenthesis) {
            throw unexpected(expecting: ["NUMBER", "{", "("])
        }
        let range = try parseLogRange()
        try expect(.closeParenthesis)
        let grouping = try parseGrouping()
        var aggregation = RangeAggregation(operation, range, grouping: grouping)
        aggregation.parameter = checkedParameter(operation, parameter)
        checkUse(aggregation)
        return .range(aggregation)
    }

    private mutating func checkedParameter(_ operation: RangeAggregation.Operation, _ text: String?) -> Double? {
        guard let text else {
            if operation == .quantile { deferFault("parameter required for operation \(operation.rawValue)") }
            return nil
        }
        if operation != .quantile { deferFault("parameter \(text) not supported for operation \(operation.rawValue)") }
        switch QueryNumber.parse(text) {
        case .success(let value): return value
        case .failure(let fault):
            deferFault("invalid parameter for operation \(operation.rawValue): \(fault)")
            return nil
        }
    }

    /// Whether the operation can be grouped, and goes with or without `unwrap`.
    private mutating func checkUse(_ aggregation: RangeAggregation) {
        let name = aggregation.operation.rawValue
        if aggregation.grouping != nil {
            switch aggregation.operation {
            case .average, .deviation, .variance, .quantile, .maximum, .minimum, .first, .last: break
            default: deferFault("grouping not allowed for \(name) aggregation")
            }
        }
        switch (aggregation.operation, aggregation.range.unwrap != nil) {
        case (.rate, _), (.absent, _): break
        case (.bytes, true), (.bytesRate, true), (.count, true): deferFault("invalid aggregation \(name) with unwrap")
        case (.bytes, false), (.bytesRate, false), (.count, false), (_, true): break
        case (_, false): deferFault("invalid aggregation \(name) without unwrap")
        }
    }

    // MARK: Windows

    /// What may stand in a range: the parts in any of the orders that are allowed.
    private struct RangeParts {
        var selector: LogSelector
        var unwrap: Unwrap?
        var interval: Int64?
        var offset: Int64 = 0
    }

    private mutating func parseLogRange() throws(SyntaxFault) -> LogRange {
        let parts = try parseRangeParts()
        guard let interval = parts.interval else { throw unexpected() }
        return LogRange(
            selector: parts.selector, intervalNanoseconds: interval, offsetNanoseconds: parts.offset, unwrap: parts.unwrap)
    }

    private mutating func parseRangeParts() throws(SyntaxFault) -> RangeParts {
        var parts: RangeParts
        if try take(.openParenthesis) {
            parts = try nested { (parser: inout Parser) throws(SyntaxFault) in try parser.parseRangeParts() }
            try expect(.closeParenthesis)
            if parts.interval != nil { return parts }
        } else if isAt(.openBrace) {
            parts = RangeParts(selector: LogSelector(matchers: try parseMatchers()))
            try parseRangeStages(&parts)
        } else {
            throw unexpected(expecting: ["{", "("])
        }
        guard case .range(let interval) = token else { return parts }
        try advance()
        parts.interval = interval
        if try take(.offset) {
            guard case .duration(let offset) = token else { throw unexpected(expecting: ["DURATION"]) }
            try advance()
            parts.offset = offset
        }
        if parts.unwrap == nil && parts.selector.stages.isEmpty { try parseRangeStages(&parts) }
        return parts
    }

    private mutating func parseRangeStages(_ parts: inout RangeParts) throws(SyntaxFault) {
        let (stages, isAtUnwrap) = try parseStages()
        parts.selector.stages = stages
        if isAtUnwrap { parts.unwrap = try parseUnwrap() }
    }

    private mutating func parseUnwrap() throws(SyntaxFault) -> Unwrap {
        try advance()
        var unwrap: Unwrap
        if case .word(let word) = token, let conversion = Unwrap.Conversion(rawValue: word.rawValue) {
            try advance()
            try expect(.openParenthesis)
            unwrap = Unwrap(label: try expectIdentifier(), conversion: conversion)
            try expect(.closeParenthesis)
        } else {
            guard case .identifier(let label) = token else {
                throw unexpected(expecting: ["IDENTIFIER", "BYTES_CONV", "DURATION_CONV", "DURATION_SECONDS_CONV"])
            }
            try advance()
            unwrap = Unwrap(label: label)
        }
        while try take(.pipe) { unwrap.filters.append(try parseLabelFilter()) }
        return unwrap
    }
}
