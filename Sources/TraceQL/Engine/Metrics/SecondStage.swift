/// What becomes of series after they were made of spans.
enum SecondStage {
    // MARK: Numbers

    /// Adds, subtracts, multiplies or divides; no value where the divisor is 0.
    static func apply(_ operation: ArithmeticOperator, _ left: Double, _ right: Double) -> Double {
        switch operation {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: right == 0 ? .nan : left / right
        case .modulo, .power: .nan
        }
    }

    static func scalar(_ operation: ArithmeticOperator, _ set: SeriesSet, _ number: Double, isScalarLeft: Bool) -> SeriesSet {
        func change(_ value: Double) -> Double { isScalarLeft ? apply(operation, number, value) : apply(operation, value, number) }
        return set.map { series in
            for interval in series.values.indices { series.values[interval] = change(series.values[interval]) }
            for place in series.exemplars.indices { series.exemplars[place].value = change(series.exemplars[place].value) }
        }
    }

    static func filter(_ comparison: ComparisonOperator, _ number: Double, _ set: SeriesSet) -> SeriesSet {
        func passes(_ value: Double) -> Bool { !value.isNaN && ValueComparison.ordered(comparison, value, number) }
        let changed = set.map { series in
            for interval in series.values.indices where !passes(series.values[interval]) { series.values[interval] = .nan }
            // Exemplars that stand for the value of the series go where that goes.
            series.exemplars.removeAll { !$0.value.isNaN && !passes($0.value) }
        }
        return SeriesSet(changed.series.filter(\.hasValues))
    }

    // MARK: Two sets

    /// Joins series with the same labels; one without labels goes with every one of the other side.
    static func join(_ operation: ArithmeticOperator, _ left: SeriesSet, _ right: SeriesSet) -> SeriesSet {
        let target = right[[]] == nil ? right : left
        var result = SeriesSet()
        for key in target.series.map(\.key) {
            guard let (a, aIsFanned) = match(left, key), let (b, bIsFanned) = match(right, key) else { continue }
            let values = zip(a.values, b.values).map { apply(operation, $0, $1) }
            let exemplars = aIsFanned == bIsFanned ? a.exemplars + b.exemplars : aIsFanned ? b.exemplars : a.exemplars
            result.add(ComputedSeries(labels: mergedLabels(operation, a.labels, b.labels), values: values, exemplars: exemplars))
        }
        return result
    }

    private static func match(_ set: SeriesSet, _ key: [SeriesLabel]) -> (ComputedSeries, isFanned: Bool)? {
        if let series = set[key] { return (series, false) }
        return set[[]].map { ($0, true) }
    }

    private static func mergedLabels(_ operation: ArithmeticOperator, _ left: [SeriesLabel], _ right: [SeriesLabel]) -> [SeriesLabel] {
        var labels = left.filter { $0.name != SeriesLabel.functionName }
        for label in right where label.name != SeriesLabel.functionName && !labels.contains(where: { $0.name == label.name }) {
            labels.append(label)
        }
        if case .string(let a)? = name(left), case .string(let b)? = name(right) {
            labels.insert(SeriesLabel(name: SeriesLabel.functionName, value: .string("(\(a) \(operation.rawValue) \(b))")), at: 0)
        }
        return labels
    }

    private static func name(_ labels: [SeriesLabel]) -> TraceValue? { labels.first { $0.name == SeriesLabel.functionName }?.value }

    // MARK: The greatest and the least

    /// At each time the series with the greatest, or the least, values.
    static func extremes(_ count: Int, isTop: Bool, _ set: SeriesSet) -> SeriesSet {
        if set.series.count <= count { return set }
        var kept = set.map { series in for interval in series.values.indices { series.values[interval] = .nan } }.series
        let keys = set.series.map(\.key)
        for interval in 0..<(set.series.first?.values.count ?? 0) {
            var order = set.series.indices.filter { !set.series[$0].values[interval].isNaN }
            order.sort { a, b in
                let (left, right) = (set.series[a].values[interval], set.series[b].values[interval])
                if left != right { return (left > right) == isTop }
                let rank = compare(keys[a], keys[b])
                return isTop ? rank > 0 : rank < 0
            }
            for place in order.prefix(count) { kept[place].values[interval] = set.series[place].values[interval] }
        }
        return SeriesSet(kept.filter(\.hasValues))
    }

    /// An order of label sets for values that are alike: texts backwards, then names backwards, then types and numbers.
    private static func compare(_ left: [SeriesLabel], _ right: [SeriesLabel]) -> Int {
        for (a, b) in zip(left, right) {
            let (aText, bText) = (text(a.value), text(b.value))
            if !aText.hasSameBytes(as: bText) { return aText.isBefore(bText) ? 1 : -1 }
            if !a.name.hasSameBytes(as: b.name) { return a.name.isBefore(b.name) ? 1 : -1 }
            let (aNumber, bNumber) = (number(a.value), number(b.value))
            if aNumber != bNumber { return aNumber < bNumber ? -1 : 1 }
        }
        return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
    }

    private static func text(_ value: TraceValue) -> String {
        if case .string(let text) = value { return text }
        return ""
    }

    private static func number(_ value: TraceValue) -> Double {
        if case .bool(let flag) = value { return flag ? 1 : 0 }
        return value.number ?? 0
    }
}
