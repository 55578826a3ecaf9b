public import QueryModel
internal import TelemetryModel

extension LogQLEngine {
    /// The fields that the lines of a query have: their structured metadata, labels that the query made, and what stands in JSON or logfmt lines.
    ///
    /// - Parameters:
    ///   - logs: which lines are looked at; `limit` says how many.
    ///   - fieldsMax: the most fields that are told of.
    /// - Throws: as ``logs(_:_:source:budget:)`` does.
    public func fields(
        _ query: LogQuery, _ logs: LogOptions, fieldsMax: Int, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> [DetectedField] {
        let result = try self.logs(query, logs, source: source, budget: budget)
        var detector = FieldDetector(fieldsMax: fieldsMax)
        try result.forEachContext(budget) { stream in
            detector.begin(stream)
        } line: { context in
            detector.add(context)
        }
        return detector.detected
    }

    /// The different values of one field of the lines of a query, sorted by bytes.
    ///
    /// - Throws: as ``logs(_:_:source:budget:)`` does.
    public func fieldValues(
        _ name: String, _ query: LogQuery, _ logs: LogOptions, valuesMax: Int, source: any LogSource, budget: QueryBudget
    ) throws(QueryError) -> [String] {
        let result = try self.logs(query, logs, source: source, budget: budget)
        var values = FieldValues(name, valuesMax: valuesMax)
        try result.forEachContext(budget) { stream in
            values.begin(stream)
        } line: { context in
            values.add(context)
        }
        return values.values
    }
}

extension LogResult {
    /// Gives each line as it is behind the stages of its query, stream by stream.
    fileprivate func forEachContext(
        _ budget: QueryBudget, stream begin: (LabelPlaces) -> Void, line take: (LineContext) -> Void
    ) throws(QueryError) {
        var context = LineContext()
        for stream in streams(isCategorized: true) {
            try budget.check()
            let places = LabelPlaces(stream.labels)
            context.begin(places)
            begin(places)
            for line in stream.lines {
                let labels = labels[Int(labelCodes[line])]
                context.begin(time: times[line], line: lines.bytes, in: lines.range(line))
                labels.metadata.forEachLabel { context.addMetadata($0, $1) }
                labels.parsed.forEachLabel { context.set($0, to: $1) }
                take(context)
            }
        }
    }
}

extension LabelSet {
    /// Names and values as their bytes.
    fileprivate func forEachLabel(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        packed.withUnsafeBytes { bytes in
            var ranges = labelRanges
            while let label = ranges.next() {
                body(UnsafeRawBufferPointer(rebasing: bytes[label.name]), UnsafeRawBufferPointer(rebasing: bytes[label.value]))
            }
        }
    }
}
