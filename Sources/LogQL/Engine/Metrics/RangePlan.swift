internal import QueryModel
internal import TelemetryModel

/// What a range aggregation needs of lines, and what it makes of them.
struct RangePlan: Sendable {
    let aggregation: RangeAggregation
    let pipeline: PipelinePlan
    /// What makes a sample of a label; nil where lines themselves are counted.
    let unwrap: UnwrapTest?
    let grouping: LabelGrouping
    /// What parsers are to extract.
    let wanted: WantedLabels
    /// Which structured metadata are looked at; nil for all.
    let metadataNames: [String]?
    /// What columns say of it.
    let columns: ColumnPlan

    var range: LogRange { aggregation.range }
    /// Whether the value of a sample is the length of the line.
    var countsBytes: Bool { unwrap == nil && (aggregation.operation == .bytes || aggregation.operation == .bytesRate) }

    /// - Parameter outer: the grouping of a sum around the aggregation, where that may be used instead of none.
    /// - Throws: ``QueryError`` with code `badInput` where a stage has no meaning.
    init(_ aggregation: RangeAggregation, groupedBy outer: Grouping?) throws(QueryError) {
        self.aggregation = aggregation
        let range = aggregation.range
        let isBytes = aggregation.operation == .bytes || aggregation.operation == .bytesRate
        pipeline = try PipelinePlan(isBytes ? range.selector.stages : RangePlan.withoutIdleFormats(range.selector.stages))
        unwrap = try range.unwrap.map { (unwrap) throws(QueryError) in try UnwrapTest(unwrap) }
        let effective = outer ?? aggregation.grouping
        let grouping = RangePlan.labelGrouping(aggregation, effective)
        self.grouping = grouping
        var needed = pipeline.labelNames
        if let unwrap = range.unwrap { needed? += (unwrap.filters.flatMap(\.labelNames) + [unwrap.label]).map { Array($0.utf8) } }
        wanted = needed.map { RangePlan.wanted(grouping, $0, effective) } ?? .all
        if case .names(let names, _) = wanted {
            metadataNames = names.map { String(decoding: $0, as: UTF8.self) } + ["__error__", "__error_details__"]
        } else {
            metadataNames = nil
        }
        var columns = ColumnPlan(pipeline)
        // What stands behind `unwrap` sees the errors of values that cannot be converted, but these are looked at by line anyway.
        for test in unwrap?.tests ?? [] { columns.append(test) }
        self.columns = columns
    }

    /// A format of the line is left out where nothing reads the line behind it.
    private static func withoutIdleFormats(_ stages: [PipelineStage]) -> [PipelineStage] {
        stages.indices.filter { index in
            guard case .lineFormat = stages[index] else { return true }
            return stages[index...].contains { stage in
                switch stage {
                case .json, .logfmt, .regexp, .pattern, .unpack, .lineFilter: true
                default: false
                }
            }
        }.map { stages[$0] }
    }

    private static func labelGrouping(_ aggregation: RangeAggregation, _ grouping: Grouping?) -> LabelGrouping {
        if aggregation.operation == .absent || (grouping?.isSingle ?? false) { return .none }
        var names = (grouping?.labels ?? []).map { Array($0.utf8) }
        if let unwrap = aggregation.range.unwrap, names.isEmpty || (grouping?.isWithout ?? false) {
            // The label that is the value of the sample does not tell series apart.
            names.append(Array(unwrap.label.utf8))
            return .without(names)
        }
        if names.isEmpty { return .all }
        return grouping?.isWithout ?? false ? .without(names) : .by(names)
    }

    private static func wanted(_ grouping: LabelGrouping, _ needed: [[UInt8]], _ written: Grouping?) -> WantedLabels {
        switch grouping {
        case .all, .without: return .all
        case .none, .by: break
        }
        let grouped = written?.isWithout ?? false ? [] : (written?.labels ?? []).map { Array($0.utf8) }
        var names: [[UInt8]] = []
        for name in needed + grouped {
            // A label with the suffix may come from a value whose name has none.
            let suffix = SpecialLabel.extractedSuffix
            let plain = name.suffix(suffix.count).elementsEqual(suffix) ? [Array(name.dropLast(suffix.count))] : []
            for name in [name] + plain where !name.isEmpty && !names.contains(name) { names.append(name) }
        }
        return names.isEmpty ? .nothing : .names(names, keepsErrors: names.contains(SpecialLabel.error))
    }
}

/// `| unwrap …` with what stands behind it.
struct UnwrapTest: Sendable {
    let label: [UInt8]
    private let conversion: Unwrap.Conversion?
    let tests: [LabelTest]

    init(_ unwrap: Unwrap) throws(QueryError) {
        label = Array(unwrap.label.utf8)
        conversion = unwrap.conversion
        var tests: [LabelTest] = []
        for filter in unwrap.filters {
            do throws(StageError) {
                tests.append(try LabelTest(filter))
            } catch {
                throw QueryError(.badInput, PipelinePlan.fault(.labelFilter(filter), error.message))
            }
        }
        self.tests = tests
    }

    /// The sample of a line; nil where it has none, or does not pass. A value that cannot be converted is noted as an error.
    func value(_ context: inout LineContext) -> Double? {
        guard let place = context.find(label), !context.labels[place].value.isEmpty else { return nil }
        var value = 0.0
        do throws(ConversionFault) {
            value = try context.withBytes(context.labels[place].value) { (bytes) in
                Result { () throws(ConversionFault) in try convert(bytes) }
            }.get()
        } catch {
            context.setError(.sampleExtraction, details: error.message)
        }
        for test in tests where !test.passes(&context) { return nil }
        return value
    }

    func convert(_ value: UnsafeRawBufferPointer) throws(ConversionFault) -> Double {
        switch conversion {
        case nil: try NumberText.parse(value)
        case .bytes: Double(try ByteSizeText.parse(value))
        case .duration, .durationSeconds: try DurationText.parseSeconds(value)
        }
    }
}
