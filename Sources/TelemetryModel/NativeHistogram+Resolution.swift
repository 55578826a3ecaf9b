extension NativeHistogram {
    /// This histogram with the buckets of a lower or equal exponential schema; the reset hint becomes unknown where the schema changes.
    ///
    /// - Precondition: both schemas are exponential and `target` is no greater.
    public func copied(toSchema target: Int32) -> NativeHistogram {
        if target == schema { return self }
        var copy = self
        copy.resetHint = .unknown
        copy.reduceResolution(to: target)
        return copy
    }

    /// Merges buckets so that they are those of a lower exponential schema.
    ///
    /// - Precondition: both schemas are exponential and `target` is no greater.
    public mutating func reduceResolution(to target: Int32) {
        precondition(
            isExponential && NativeHistogram.exponentialSchemas.contains(target) && target <= schema,
            "BUG: cannot reduce resolution from schema \(schema) to \(target)")
        if target == schema { return }
        for side in [Side.positive, .negative] where !counts(side).isEmpty {
            let merged = NativeHistogram.reduced(spans(side), counts(side), from: schema, to: target)
            set(side, merged.spans, merged.counts)
        }
        schema = target
    }

    static func reduced(_ spans: [BucketSpan], _ counts: [Double], from schema: Int32, to target: Int32) -> SideBuilder {
        var builder = SideBuilder(capacity: counts.count >> min(Int(schema - target), 3))
        var walk = BucketWalk(spans, counts)
        var merged: (index: Int, count: Double)?
        while let (index, count) = walk.next() {
            let index = ExponentialBounds.index(index, from: schema, to: target)
            if let before = merged {
                if before.index == index {
                    merged?.count += count
                    continue
                }
                builder.append(before.index, before.count)
            }
            merged = (index, count)
        }
        if let merged { builder.append(merged.index, merged.count) }
        return builder
    }

    /// Like `reduced`, carrying Kahan compensations along.
    static func reducedCompensated(
        _ spans: [BucketSpan], _ counts: [Double], _ compensations: [Double], from schema: Int32, to target: Int32
    ) -> SideBuilder {
        var builder = SideBuilder(capacity: counts.count, compensated: true)
        var walk = BucketWalk(spans, counts)
        var merged: (index: Int, sum: KahanSum)?
        var position = 0
        while let (index, count) = walk.next() {
            let index = ExponentialBounds.index(index, from: schema, to: target)
            let compensation = compensations[position]
            position += 1
            if let before = merged {
                if before.index == index {
                    merged?.sum.add(count)
                    merged?.sum.add(compensation)
                    continue
                }
                builder.append(before.index, before.sum.sum, before.sum.compensation)
            }
            merged = (index, KahanSum(count, compensation))
        }
        if let merged { builder.append(merged.index, merged.sum.sum, merged.sum.compensation) }
        return builder
    }
}
