/// A page that is not in the format it claims: what is wrong and where.
public struct ExpositionError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case expectedMetricName, expectedLabelName, expectedEqualsSign, expectedQuotedValue, expectedCommaOrBrace
        case unclosedQuote, unclosedBrace
        case noMetricName, twoMetricNames, duplicateLabel
        case invalidUTF8
        case expectedValue, invalidValue, invalidTimestamp
        case expectedEndOfLine
        case unknownMetricType, unitNotSuffix, invalidComment, blankLine
        case missingEndMarker, textBehindEndMarker
        case invalidExemplar
    }

    public let code: Code
    /// Offset of the byte at fault from the start of the page.
    public let offset: Int
    /// Line and column of that byte, both from 1; the column counts bytes.
    public let line: Int
    public let column: Int

    /// - Parameter bytes: the page, in which line and column are counted.
    init(_ code: Code, at offset: Int, in bytes: [UInt8]) {
        self.code = code
        self.offset = offset
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        self.line = line
        column = offset - lineStart + 1
    }

    public var description: String { "line \(line), column \(column): \(code.description)" }
}

extension ExpositionError.Code: CustomStringConvertible {
    public var description: String {
        switch self {
        case .expectedMetricName: "expected a metric name"
        case .expectedLabelName: "expected a label name"
        case .expectedEqualsSign: "expected = behind the label name"
        case .expectedQuotedValue: "expected a label value in double quotes"
        case .expectedCommaOrBrace: "expected , or } behind the label"
        case .unclosedQuote: "the quote is never closed"
        case .unclosedBrace: "the label list is never closed"
        case .noMetricName: "the series has no metric name"
        case .twoMetricNames: "the series has two metric names"
        case .duplicateLabel: "the label name stands twice in the series"
        case .invalidUTF8: "text is not UTF-8"
        case .expectedValue: "expected a value behind the series"
        case .invalidValue: "the value is not a number"
        case .invalidTimestamp: "the timestamp is not a number of the format"
        case .expectedEndOfLine: "expected the end of the line"
        case .unknownMetricType: "unknown metric type"
        case .unitNotSuffix: "the unit is not the suffix of the metric name"
        case .invalidComment: "only HELP, TYPE, UNIT and EOF may follow #"
        case .blankLine: "blank lines are not allowed in OpenMetrics"
        case .missingEndMarker: "the page does not end with # EOF"
        case .textBehindEndMarker: "there is text behind # EOF"
        case .invalidExemplar: "malformed exemplar"
        }
    }
}
