/// Quantiles of plain numbers.
enum Quantile {
    /// The φ-quantile by linear interpolation between the two nearest ranks. Sorts the numbers, NaN first.
    ///
    /// NaN for no numbers or φ NaN; -Inf below 0 and +Inf above 1.
    static func of(_ values: inout [Double], _ quantile: Double) -> Double {
        if let outside = outsideOfDomain(quantile, isEmpty: values.isEmpty) { return outside }
        sort(&values)
        return ofSorted(values, quantile)
    }

    /// The quantile of sorted numbers, at least one; φ is within 0...1.
    static func ofSorted(_ values: [Double], _ quantile: Double) -> Double {
        let rank = quantile * Double(values.count - 1)
        let whole = rank.rounded(.down)
        let lower = Int(max(0, whole))
        let upper = min(values.count - 1, lower + 1)
        let weight = rank - whole
        return values[lower] * (1 - weight) + values[upper] * weight
    }

    /// The answer where no numbers have to be looked at.
    static func outsideOfDomain(_ quantile: Double, isEmpty: Bool) -> Double? {
        if isEmpty || quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        return nil
    }

    /// Sorts with NaN first.
    static func sort(_ values: inout [Double]) {
        values.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
    }

    /// The distance of most numbers from the median: the median of the distances. NaN where any number is.
    static func medianDeviation(_ values: inout [Double]) -> Double {
        if values.contains(where: \.isNaN) { return .nan }
        let median = of(&values, 0.5)
        for index in values.indices { values[index] = abs(values[index] - median) }
        return of(&values, 0.5)
    }

    /// Whether a φ deserves a warning.
    static func isInvalid(_ quantile: Double) -> Bool { quantile.isNaN || quantile < 0 || quantile > 1 }
}
