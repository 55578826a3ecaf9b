internal import QueryModel
internal import TelemetryModel

extension SeriesPointReader {
    /// One histogram, with repetitions or a sequence made of a second one.
    mutating func readHistograms() throws(SyntaxFault) {
        var first = try histogram()
        guard let sign = lexer.peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
            guard let count = try repetitions() else { return try append(first, count: 1) }
            try checkRoom(for: count, further: 1)
            return try append(first, count: count + 1)
        }
        lexer.position += 1
        let start = lexer.position
        let increment = try histogram()
        guard let count = try repetitions() else { throw unexpected(in: "series values", expected: "\"x\"") }
        try checkRoom(for: count, further: 1)
        guard case .histogram(var current) = first.value, case .histogram(let step) = increment.value else { return }
        // What is compared with a sequence heeds the hint where the second histogram gives one.
        first.hasResetHint = increment.hasResetHint
        try append(first, count: 1)
        for _ in 0..<count {
            if current.schema > step.schema {
                throw fault("error combining histograms: cannot merge from schema \(step.schema) to \(current.schema)", from: start)
            }
            do {
                if sign == UInt8(ascii: "-") { try current.subtract(step) } else { try current.add(step) }
            } catch {
                throw fault("\(error)", from: start)
            }
            try append(SeriesDescription.Point(value: .histogram(current), hasResetHint: increment.hasResetHint), count: 1)
        }
    }

    /// `{{schema:0 sum:1 count:2 buckets:[1 1]}}`.
    private mutating func histogram() throws(SyntaxFault) -> SeriesDescription.Point {
        guard lexer.accept(UInt8(ascii: "{")), lexer.accept(UInt8(ascii: "{")) else {
            throw unexpected(in: "series values", expected: "\"{{\"")
        }
        var draft = HistogramDraft()
        var isFirst = true
        while true {
            let hadBlanks = skipBlanks()
            if lexer.accept(UInt8(ascii: "}")) {
                guard lexer.accept(UInt8(ascii: "}")) else { throw unexpected(in: "histogram description", expected: "\"}}\"") }
                return draft.point()
            }
            // Between items stands a blank, in front of the first one none.
            guard isFirst != hadBlanks else {
                throw unexpected(in: "histogram description", expected: "histogram description key, e.g. buckets:[5 10 7]")
            }
            isFirst = false
            try readField(into: &draft)
        }
    }

    private mutating func readField(into draft: inout HistogramDraft) throws(SyntaxFault) {
        let start = lexer.position
        let name = takeLetters().lowercased()
        guard let field = HistogramDraft.Field(rawValue: name) else {
            throw name.isEmpty
                ? unexpected(in: "histogram description", expected: "histogram description key, e.g. buckets:[5 10 7]")
                : fault("bad histogram descriptor found: \(GoQuoting.string(name))", from: start)
        }
        guard lexer.accept(UInt8(ascii: ":")) else { throw fault("missing `:` for histogram descriptor", from: start) }
        guard draft.fields.insert(field).inserted else { throw fault("duplicate key \"\(name)\" in histogram", from: start) }
        switch field {
        case .schema: draft.histogram.schema = try int32()
        case .offset: draft.offset = try int32()
        case .negativeOffset: draft.negativeOffset = try int32()
        case .sum: draft.histogram.sum = try number()
        case .count: draft.histogram.count = try number()
        case .zeroCount: draft.histogram.zeroCount = try number()
        case .zeroThreshold: draft.histogram.zeroThreshold = try unsignedNumber()
        case .customBounds: draft.histogram.customBounds = try numbers()
        case .buckets: draft.histogram.positiveBuckets = try numbers()
        case .negativeBuckets: draft.histogram.negativeBuckets = try numbers()
        case .resetHint: draft.histogram.resetHint = try resetHint()
        }
    }

    private mutating func takeLetters() -> String {
        let start = lexer.position
        while let byte = lexer.peek(), isAlpha(byte) { lexer.position += 1 }
        return text(from: start)
    }

    private mutating func number() throws(SyntaxFault) -> Double {
        lexer.peek() == UInt8(ascii: "-") ? try signedNumber() : try unsignedNumber()
    }

    private mutating func int32() throws(SyntaxFault) -> Int32 {
        let start = lexer.position
        _ = lexer.accept(UInt8(ascii: "-"))
        while let byte = lexer.peek(), isDigit(byte) { lexer.position += 1 }
        guard let value = Int32(text(from: start)) else {
            throw fault("not a whole number: \(GoQuoting.string(text(from: start)))", from: start)
        }
        return value
    }

    /// `[1 -2 Inf]`; at least one.
    private mutating func numbers() throws(SyntaxFault) -> [Double] {
        guard lexer.accept(UInt8(ascii: "[")) else { throw unexpected(in: "histogram description", expected: "\"[\"") }
        var numbers: [Double] = [try number()]
        while true {
            let hadBlanks = skipBlanks()
            if lexer.accept(UInt8(ascii: "]")) { return numbers }
            guard hadBlanks else { throw unexpected(in: "buckets description", expected: "number or \"]\"") }
            numbers.append(try number())
        }
    }

    private mutating func resetHint() throws(SyntaxFault) -> NativeHistogram.ResetHint {
        let start = lexer.position
        switch takeLetters().lowercased() {
        case "unknown": return .unknown
        case "reset": return .reset
        case "not_reset": return .notReset
        case "gauge": return .gauge
        default: throw fault("bad histogram descriptor found: \(GoQuoting.string(text(from: start)))", from: start)
        }
    }
}

/// A histogram while its description is read.
private struct HistogramDraft {
    enum Field: String {
        case schema, sum, count, offset, buckets
        case zeroCount = "z_bucket"
        case zeroThreshold = "z_bucket_w"
        case customBounds = "custom_values"
        case negativeBuckets = "n_buckets"
        case negativeOffset = "n_offset"
        case resetHint = "counter_reset_hint"
    }

    var histogram = NativeHistogram()
    var offset: Int32 = 0
    var negativeOffset: Int32 = 0
    var fields: Set<Field> = []

    func point() -> SeriesDescription.Point {
        var histogram = histogram
        histogram.positiveSpans = Self.spans(histogram.positiveBuckets, offset)
        histogram.negativeSpans = Self.spans(histogram.negativeBuckets, negativeOffset)
        return SeriesDescription.Point(value: .histogram(histogram), hasResetHint: fields.contains(.resetHint))
    }

    private static func spans(_ buckets: [Double], _ offset: Int32) -> [NativeHistogram.BucketSpan] {
        buckets.isEmpty ? [] : [NativeHistogram.BucketSpan(offset: offset, length: UInt32(buckets.count))]
    }
}
