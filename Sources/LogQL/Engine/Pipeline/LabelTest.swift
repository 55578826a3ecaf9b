internal import LabelMatching
internal import QueryModel

/// A label filter, ready to be tried.
indirect enum LabelTest: Sendable {
    /// Whether the value of a label, empty where it is absent, equals a text.
    case equal(label: [UInt8], value: [UInt8], isNegated: Bool)
    case matches(label: [UInt8], LabelMatcher)
    case address(label: [UInt8], IPPattern, isNegated: Bool)
    case converted(label: [UInt8], Conversion, LabelFilter.Comparison)
    case both(LabelTest, LabelTest)
    case either(LabelTest, LabelTest)

    /// What a value is made into before it is compared, and with what.
    enum Conversion: Sendable {
        case duration(Int64)
        case byteSize(UInt64)
        case number(Double)
    }

    /// - Throws: ``StageError`` where an operand has no meaning.
    init(_ filter: LabelFilter) throws(StageError) {
        switch filter {
        case .text(let matcher):
            let name = Array(matcher.name.utf8)
            switch matcher.operator {
            case .equal, .notEqual: self = .equal(label: name, value: Array(matcher.value.utf8), isNegated: matcher.operator == .notEqual)
            case .matches, .notMatches: self = .matches(label: name, matcher)
            }
        case .address(let label, let isNegated, let range):
            self = .address(label: Array(label.utf8), try IPPattern(range), isNegated: isNegated)
        case .duration(let label, let comparison, let value): self = .converted(label: Array(label.utf8), .duration(value), comparison)
        case .byteSize(let label, let comparison, let value): self = .converted(label: Array(label.utf8), .byteSize(value), comparison)
        case .number(let label, let comparison, let value): self = .converted(label: Array(label.utf8), .number(value), comparison)
        case .both(let left, let right): self = .both(try LabelTest(left), try LabelTest(right))
        case .either(let left, let right): self = .either(try LabelTest(left), try LabelTest(right))
        }
    }

    /// Whether a line passes. A value that cannot be converted passes, and is noted as an error unless there is one already.
    func passes(_ context: inout LineContext) -> Bool {
        switch self {
        case .equal(let label, let value, let isNegated):
            return context.withText(of: label) { $0.count == value.count && $0.elementsEqual(value) } != isNegated
        case .matches(let label, let matcher): return context.withText(of: label) { matcher.matches($0) }
        case .address(let label, let pattern, let isNegated):
            // Only filters of texts can leave out a line with an error.
            if context.hasError { return true }
            guard let place = context.find(label) else { return false }
            return context.withBytes(context.labels[place].value) { pattern.matches($0) } != isNegated
        case .converted(let label, let conversion, let comparison):
            guard let place = context.find(label) else { return false }
            do throws(ConversionFault) {
                return try context.withBytes(context.labels[place].value) { (bytes) in
                    Result { () throws(ConversionFault) in try LabelTest.holds(conversion, comparison, bytes) }
                }.get()
            } catch {
                if !context.hasError { context.setError(.labelFilter, details: error.message) }
                return true
            }
        case .both(let left, let right):
            // Both are tried, since either may note an error.
            let passesLeft = left.passes(&context)
            let passesRight = right.passes(&context)
            return passesLeft && passesRight
        case .either(let left, let right): return left.passes(&context) || right.passes(&context)
        }
    }

    /// Whether a value compares as it should.
    static func holds(
        _ conversion: Conversion, _ comparison: LabelFilter.Comparison, _ value: UnsafeRawBufferPointer
    ) throws(ConversionFault) -> Bool {
        switch conversion {
        case .duration(let limit): comparison.holds(try DurationText.parse(value), limit)
        case .byteSize(let limit): comparison.holds(try ByteSizeText.parse(value), limit)
        case .number(let limit): comparison.holds(try NumberText.parse(value), limit)
        }
    }
}

extension LineContext {
    /// Calls the closure with the value of a label, empty where it is absent; `__error__` is the error.
    func withText<Result>(of label: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if label == SpecialLabel.error { return withBytes(error ?? 0..<0, body) }
        return withBytes(find(label).map { labels[$0].value } ?? 0..<0, body)
    }
}
