internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// Which services and operations there are and which service calls which, read from the columns of the stored spans.
struct ServiceCatalog {
    let source: any SpanSource
    let budget: QueryBudget

    /// A name of spans of a service, with their kind.
    struct Operation: Hashable {
        var name: String
        var kind: SpanKind
    }

    /// How often spans of one service have a child that is a span of another.
    struct Call: Hashable {
        var parent: String
        var child: String
        var count: UInt64
    }

    private static let serviceField = SpanField.attribute(.resource, "service.name")

    /// The names of all services, sorted.
    func services() throws(QueryError) -> [String] {
        let values = try source.resourceValues(of: "service.name", budget: budget)
        return Set(values.map { $0.map(ServiceCatalog.name) ?? JaegerWords.unknownService }).sorted()
    }

    /// The operations of one service, sorted by name and kind.
    ///
    /// - Parameter kind: nil for all kinds.
    func operations(of service: String, kind: SpanKind?) throws(QueryError) -> [Operation] {
        var operations: Set<Operation> = []
        for table in try source.tables(in: .all, budget: budget) {
            try budget.check()
            let services = try services(of: table)
            guard let wanted = services.names.firstIndex(of: service) else { continue }
            if wanted == services.names.count - 1 && !services.hasUnknown { continue }
            let names = SingleColumn(try table.column(.name, budget: budget), count: services.codes.count)
            let kinds = SingleColumn(try table.column(.kind, budget: budget), count: services.codes.count)
            // One cell for each pair of name and kind; the last of each is for spans without.
            let width = kinds.values.count + 1
            var isMet = [Bool](repeating: false, count: (names.values.count + 1) * width)
            for row in services.codes.indices where services.codes[row] == wanted {
                let name = names.codes[row] < 0 ? names.values.count : Int(names.codes[row])
                let kind = kinds.codes[row] < 0 ? kinds.values.count : Int(kinds.codes[row])
                isMet[name * width + kind] = true
            }
            for cell in isMet.indices where isMet[cell] {
                let operation = Operation(name: names.text(at: cell / width), kind: SpanKind(rawValue: kinds.number(at: cell % width)))
                if kind.map({ $0 == operation.kind }) ?? true { operations.insert(operation) }
            }
        }
        return operations.sorted { $0.name != $1.name ? $0.name < $1.name : $0.kind.rawValue < $1.kind.rawValue }
    }

    /// The calls between services by spans that start within a range of times.
    func calls(in range: NanosecondRange) throws(QueryError) -> [Call] {
        struct Pair: Hashable {
            var parent: String
            var child: String
        }
        var counts: [Pair: UInt64] = [:]
        for table in try source.tables(in: range, budget: budget) {
            try budget.check()
            let services = try services(of: table)
            let frame = try table.frame(budget: budget)
            let width = services.names.count
            // Tables with so many services that the square of their number is large count in a dictionary instead.
            let isDense = width <= 1_024
            var cells = [UInt64](repeating: 0, count: isDense ? width * width : 0)
            var sparse: [Int: UInt64] = [:]
            for row in frame.parentRows.indices {
                let parent = Int(frame.parentRows[row])
                guard parent >= 0, services.codes[parent] != services.codes[row], frame.starts[row] >= range.start,
                    frame.starts[row] <= range.end
                else { continue }
                let cell = services.codes[parent] * width + services.codes[row]
                if isDense { cells[cell] += 1 } else { sparse[cell, default: 0] += 1 }
            }
            for cell in cells.indices where cells[cell] > 0 { sparse[cell] = cells[cell] }
            for (cell, count) in sparse {
                counts[Pair(parent: services.names[cell / width], child: services.names[cell % width]), default: 0] += count
            }
        }
        return counts.map { Call(parent: $0.key.parent, child: $0.key.child, count: $0.value) }
            .sorted { $0.parent != $1.parent ? $0.parent < $1.parent : $0.child < $1.child }
    }

    /// The service of each row as a place in the names, of which the last stands for spans without one.
    private struct Services {
        var codes: [Int]
        var names: [String]
        var hasUnknown: Bool
    }

    private func services(of table: any SpanTable) throws(QueryError) -> Services {
        guard case .single(let codes, let values) = try table.column(ServiceCatalog.serviceField, budget: budget) else {
            let count = try table.frame(budget: budget).spanIDs.count
            return Services(codes: Array(repeating: 0, count: count), names: [JaegerWords.unknownService], hasUnknown: count > 0)
        }
        let unknown = values.count
        let places = values.enumerated().map { place, value in if case .string = value { place } else { unknown } }
        let all = codes.map { $0 < 0 ? unknown : places[Int($0)] }
        return Services(
            codes: all, names: values.map(ServiceCatalog.name) + [JaegerWords.unknownService], hasUnknown: all.contains(unknown))
    }

    /// A service whose name is no string has none.
    private static func name(_ value: AttributeValue) -> String {
        if case .string(let name) = value { return name }
        return JaegerWords.unknownService
    }
}

/// A column with at most one value a row.
private struct SingleColumn {
    var codes: [Int32]
    var values: [AttributeValue]

    init(_ column: SpanColumn, count: Int) {
        if case .single(let codes, let values) = column {
            (self.codes, self.values) = (codes, values)
        } else {
            (codes, values) = (Array(repeating: -1, count: count), [])
        }
    }

    /// The text of a value; empty for the place behind the last.
    func text(at place: Int) -> String {
        if place < values.count, case .string(let text) = values[place] { return text }
        return ""
    }

    /// The number of a value; 0 for the place behind the last.
    func number(at place: Int) -> Int32 {
        if place < values.count, case .int(let number) = values[place] { return Int32(truncatingIfNeeded: number) }
        return 0
    }
}
