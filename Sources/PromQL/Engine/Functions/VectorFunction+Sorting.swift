internal import QueryModel
internal import TelemetryModel

extension VectorFunction {
    /// `sort` and `sort_desc`: floats by value, NaN last. Histograms are left out. Only an instant query can show the order.
    func sorted(_ series: [StepSeries], _ context: inout FunctionContext) -> [StepSeries] {
        var floats = series.filter { !$0.column.hasHistograms || !$0.column.values.allSatisfy(StepColumn.isAbsent) }
        for index in floats.indices { floats[index].column.histograms = [] }
        guard isOrderVisible(&context) else { return floats }
        let isDescending = self == .sortDescending
        floats.sort { left, right in
            let (left, right) = (left.column.values[0], right.column.values[0])
            if left.isNaN || right.isNaN { return right.isNaN && !left.isNaN }
            return isDescending ? left > right : left < right
        }
        return floats
    }

    /// `sort_by_label` and `sort_by_label_desc`: by the labels given, numbers within them by their value; then by all labels.
    func sortedByLabels(_ arguments: [ArgumentValue], _ context: inout FunctionContext) -> [StepSeries] {
        var series = arguments[0].vector
        guard isOrderVisible(&context) else { return series }
        let names = arguments.dropFirst().map(\.string)
        let isDescending = self == .sortByLabelDescending
        series.sort { left, right in
            for name in names {
                let (leftValue, rightValue) = (left.labels[name] ?? "", right.labels[name] ?? "")
                if leftValue.utf8.elementsEqual(rightValue.utf8) { continue }
                return NaturalOrder.precedes(leftValue, rightValue) != isDescending
            }
            return isDescending ? right.labels < left.labels : left.labels < right.labels
        }
        return series
    }

    private func isOrderVisible(_ context: inout FunctionContext) -> Bool {
        if context.grid.isInstant { return true }
        context.note(.sortInRangeQuery, at: context.call?.position)
        return false
    }
}

/// The order of texts in which runs of digits count as numbers: `node2` before `node10`.
enum NaturalOrder {
    /// Whether a text comes before another, different one.
    static func precedes(_ left: String, _ right: String) -> Bool {
        var ours = Chunks(left)
        var theirs = Chunks(right)
        while let mine = ours.next() {
            guard let other = theirs.next() else { return false }
            if mine.isNumber, other.isNumber, let (number, otherNumber) = numbers(mine.text, other.text) {
                if number != otherNumber { return number < otherNumber }
            } else if !mine.text.elementsEqual(other.text) {
                return mine.text.lexicographicallyPrecedes(other.text)
            }
            if ours.isAtEnd { return true }
            if theirs.isAtEnd { return false }
        }
        return false
    }

    /// Both as integers; nil where one is too large, so that they are compared as texts.
    private static func numbers(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> (Int, Int)? {
        guard let left = Int(String(decoding: left, as: UTF8.self)), let right = Int(String(decoding: right, as: UTF8.self)) else {
            return nil
        }
        return (left, right)
    }

    /// Cuts a text into runs of digits and runs of anything else.
    private struct Chunks {
        private var rest: ArraySlice<UInt8>

        init(_ text: String) { rest = Array(text.utf8)[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func next() -> (text: ArraySlice<UInt8>, isNumber: Bool)? {
            guard let first = rest.first else { return nil }
            let isNumber = Chunks.isDigit(first)
            let chunk = rest.prefix { Chunks.isDigit($0) == isNumber }
            rest = rest.dropFirst(chunk.count)
            return (chunk, isNumber)
        }

        private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    }
}
