/// Whole numbers that comparisons in a statement leave, such as of a column of times.
public struct SQLiteIntegerRange: Sendable, Hashable {
    public private(set) var start = Int64.min
    /// Part of the range.
    public private(set) var end = Int64.max
    private var isImpossible = false

    public init() {}

    /// Whether nothing can pass.
    public var isEmpty: Bool { isImpossible || start > end }

    /// Takes a comparison into account, as SQLite compares.
    public mutating func limit(_ comparison: SQLiteTableColumn.Comparison, _ value: SQLiteValue) {
        guard let bounds = SQLiteIntegerRange.whole(value) else {
            // Null passes no comparison, text is greater than every number.
            switch (value, comparison) {
            case (.text, .less), (.text, .lessOrEqual), (.blob, .less), (.blob, .lessOrEqual): break
            default: isImpossible = true
            }
            return
        }
        switch comparison {
        case .equal:
            raiseStart(bounds.up)
            lowerEnd(bounds.down)
        case .greaterOrEqual: raiseStart(bounds.up)
        case .greater: if bounds.down < .max { raiseStart(bounds.down + 1) } else { isImpossible = true }
        case .lessOrEqual: lowerEnd(bounds.down)
        case .less: if bounds.up > .min { lowerEnd(bounds.up - 1) } else { isImpossible = true }
        }
    }

    public mutating func raiseStart(_ number: Int64) { start = max(start, number) }
    public mutating func lowerEnd(_ number: Int64) { end = min(end, number) }

    /// A number rounded up and down to whole ones.
    private static func whole(_ value: SQLiteValue) -> (up: Int64, down: Int64)? {
        switch value {
        case .integer(let number): (number, number)
        case .real(let number): (clamped(number.rounded(.up)), clamped(number.rounded(.down)))
        default: nil
        }
    }

    private static func clamped(_ number: Double) -> Int64 { Int64(exactly: number) ?? (number < 0 ? .min : .max) }
}
