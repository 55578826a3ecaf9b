/// The test of `|>` and `!>`: whether a line is as a pattern says up to its end, each `<_>` at least one byte. Only the first literal of a pattern
/// that starts with one may stand anywhere, as in Loki.
struct PatternFilter: Sendable {
    /// Empty for the empty pattern.
    private let parts: [PatternExpression.Part]

    init(_ pattern: String) throws(StageError) {
        parts = try PatternExpression.forFilter(pattern)?.parts ?? []
    }

    /// What a line must contain to match; for filters that skip what cannot.
    var literals: [[UInt8]] {
        parts.compactMap { if case .literal(let literal) = $0 { literal } else { nil } }
    }

    func matches(_ line: UnsafeRawBufferPointer) -> Bool {
        guard !line.isEmpty, !parts.isEmpty else { return line.isEmpty && parts.isEmpty }
        var position = 0
        for (index, part) in parts.enumerated() {
            guard case .literal(let literal) = part else { continue }
            guard let found = ByteSearch.firstIndex(of: literal, in: line, from: position) else { return false }
            // Behind the first part, a capture stands before each literal, and takes something.
            if index != 0, found == position { return false }
            position = found + literal.count
        }
        let endsInCapture = if case .capture = parts[parts.count - 1] { true } else { false }
        return endsInCapture == (position != line.count)
    }
}
