internal import QueryModel
internal import TelemetryModel

/// Writes what a search answers of traces.
struct SummaryWriter {
    private let reader: TableReader
    private let spansMax: Int
    private let shown: [(name: String, column: FieldColumn)]
    private let showsNames: Bool
    private let names: FieldColumn
    private let services: FieldColumn
    private let statuses: FieldColumn

    init(_ reader: TableReader, _ fields: NamedFields, spansMax: Int) throws(QueryError) {
        self.reader = reader
        self.spansMax = spansMax
        names = try reader.column(.intrinsic(.name))
        services = try reader.column(.attribute(.resource, "service.name"))
        statuses = try reader.column(.intrinsic(.status))
        showsNames = fields.all.contains(.intrinsic(.name))
        var shown: [(name: String, column: FieldColumn)] = []
        for field in fields.all where !SummaryWriter.isToldElsewhere(field) {
            shown.append((field.shortName, try reader.writtenColumn(field)))
        }
        self.shown = shown
    }

    /// What every answer tells in a place of its own.
    private static func isToldElsewhere(_ field: TraceField) -> Bool {
        guard case .intrinsic(let intrinsic) = field else { return false }
        switch intrinsic {
        case .name, .duration, .traceDuration, .rootName, .rootServiceName, .traceID, .spanID, .parent: return true
        default: return false
        }
    }

    func summary(ofTrace trace: Int, _ sets: [SpanSet]) -> TraceSummary {
        let extent = reader.extent(ofTrace: trace)
        let root = reader.rootRow(ofTrace: trace)
        return TraceSummary(
            traceID: reader.frame.traceIDs[trace],
            rootServiceName: root < 0 ? TraceSummary.missingRoot : services.value(root).plainText,
            rootTraceName: root < 0 ? "" : names.value(root).plainText, start: extent.start, duration: extent.end - extent.start,
            spanSets: sets.map(spanSet), serviceStatistics: statistics(ofTrace: trace))
    }

    private func spanSet(_ set: SpanSet) -> SpanSetResult {
        SpanSetResult(
            attributes: set.attributes.map { Attribute($0.name, $0.value.attributeValue) }, matched: set.rows.count,
            spans: set.rows.prefix(spansMax).map { span(Int($0)) })
    }

    private func span(_ row: Int) -> SpanResult {
        var attributes: [Attribute] = []
        for (name, column) in shown {
            // Of events and links the last one speaks.
            let value = if case .multiple = column { column.values(row).last ?? .none } else { column.value(row) }
            if value.isNone { continue }
            let attribute = Attribute(name, value.attributeValue)
            if !attributes.contains(attribute) { attributes.append(attribute) }
        }
        return SpanResult(
            spanID: reader.frame.spanIDs[row], name: showsNames ? names.value(row).plainText : "", start: reader.frame.starts[row],
            duration: reader.frame.durations[row], attributes: attributes)
    }

    private func statistics(ofTrace trace: Int) -> [ServiceStatistics] {
        var places: [TraceValue: Int] = [:]
        var statistics: [ServiceStatistics] = []
        for row in reader.rows(ofTrace: trace) {
            let service = services.value(row)
            let place = places[service] ?? statistics.count
            if place == statistics.count {
                places[service] = place
                statistics.append(ServiceStatistics(service: service.plainText, spanCount: 0, errorCount: 0))
            }
            statistics[place].spanCount += 1
            if statuses.value(row) == .status(.error) { statistics[place].errorCount += 1 }
        }
        return statistics.sorted { $0.service.isBefore($1.service) }
    }
}
