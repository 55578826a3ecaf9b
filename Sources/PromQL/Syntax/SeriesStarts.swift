internal import QueryModel
public import TelemetryModel

/// When the points of a series began to be counted, in the notation of Prometheus' tests: `requests{job="a"}@st -30s _ -1mx3 0s-1mx2`.
///
/// An item is a duration from the time of the point on, mostly negative, or `_` where a point does not say. `-30sx2` stands for it and two
/// repetitions, `0s-1mx2` for it and two more, each changed by as much, `_x3` for exactly three that do not say.
public struct SeriesStarts: Sendable, Hashable {
    public var labels: LabelSet
    /// Milliseconds, one for each point of the series.
    public var offsets: [Int64?]

    public init(labels: LabelSet, offsets: [Int64?]) {
        self.labels = labels
        self.offsets = offsets
    }
}

extension Parser {
    mutating func parseSeriesStarts(pointsMax: Int) throws(SyntaxFault) -> SeriesStarts? {
        let labels = try seriesLabels()
        guard lexer.accept(UInt8(ascii: "@")), lexer.accept(UInt8(ascii: "s")), lexer.accept(UInt8(ascii: "t")) else { return nil }
        var reader = SeriesStartReader(lexer: lexer, pointsMax: pointsMax)
        try reader.readAll()
        return SeriesStarts(labels: labels, offsets: reader.offsets)
    }
}

private struct SeriesStartReader {
    var lexer: Lexer
    let pointsMax: Int
    private(set) var offsets: [Int64?] = []

    mutating func readAll() throws(SyntaxFault) {
        while lexer.peek() != nil {
            guard let byte = lexer.peek(), isSpace(byte) else {
                throw fault("unexpected \(GoQuoting.scalar(lexer.peekScalar())) in starts")
            }
            while let byte = lexer.peek(), isSpace(byte) { lexer.position += 1 }
            lexer.tokenStart = lexer.position
            if lexer.peek() != nil { try readItem() }
        }
    }

    private mutating func readItem() throws(SyntaxFault) {
        if lexer.accept(UInt8(ascii: "_")) { return try append(nil, 0, count: try repetitions() ?? 1) }
        let first = try duration()
        var increment: Int64?
        if let byte = lexer.peek(), byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { increment = try duration() }
        let count = try repetitions()
        if increment != nil, count == nil { throw fault("expected 'x<count>' after step duration") }
        try append(first, increment ?? 0, count: (count ?? 0) + 1)
    }

    private mutating func append(_ first: Int64?, _ increment: Int64, count: Int) throws(SyntaxFault) {
        if count > pointsMax - offsets.count { throw fault("series description stands for more than \(pointsMax) points") }
        var offset = first
        for _ in 0..<count {
            offsets.append(offset)
            offset = offset.map { $0 &+ increment }
        }
    }

    /// A duration with or without a sign; milliseconds.
    private mutating func duration() throws(SyntaxFault) -> Int64 {
        let isNegative = lexer.accept(UInt8(ascii: "-"))
        if !isNegative { _ = lexer.accept(UInt8(ascii: "+")) }
        let start = lexer.position
        while let byte = lexer.peek(), isDigit(byte) || (isAlpha(byte) && byte != UInt8(ascii: "x") && byte != UInt8(ascii: "_")) {
            lexer.position += 1
        }
        do throws(PromQLDuration.Failure) {
            let milliseconds = try PromQLDuration.milliseconds(of: lexer.text(SourceRange(start, lexer.position)))
            return isNegative ? -milliseconds : milliseconds
        } catch {
            throw fault(error.message)
        }
    }

    private mutating func repetitions() throws(SyntaxFault) -> Int? {
        guard lexer.accept(UInt8(ascii: "x")) else { return nil }
        let start = lexer.position
        while let byte = lexer.peek(), isDigit(byte) { lexer.position += 1 }
        guard let count = UInt64(lexer.text(SourceRange(start, lexer.position))) else { throw fault("invalid repeat count") }
        return Int(clamping: min(count, UInt64(Int.max - 1)))
    }

    private func fault(_ message: String) -> SyntaxFault {
        SyntaxFault(message, at: SourceRange(lexer.tokenStart, lexer.position))
    }
}
