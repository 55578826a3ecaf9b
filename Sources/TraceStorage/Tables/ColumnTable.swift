internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// A table over columns of whatever source, with some traces or spans left out. Columns that were read once are kept in a cache.
final class ColumnTable<Source: ColumnSource>: TraceTable {
    private let source: Source
    private let left: TableCut
    private let keeping: SpanKeeping
    private let path: String
    private let cache: SpanBlockCache

    /// - Parameters:
    ///   - left: what is not in the table.
    ///   - keeping: says which spans are not shown any more.
    ///   - path: what to name in errors.
    init(_ source: Source, leavingOut left: TableCut, _ keeping: SpanKeeping, path: String, cache: SpanBlockCache) {
        self.source = source
        self.left = left
        self.keeping = keeping
        self.path = path
        self.cache = cache
    }

    var storedBytes: Int { source.storedBytes }

    func frame() throws(TraceStorageError) -> TraceFrame {
        try reading {
            try cache.value(SpanBlockCache.Key(serial: left.serial, what: .frame)) {
                let whole = try source.frame()
                let frame = left.isEmpty ? whole : try cut().frame(whole)
                return (frame, frame.memoryBytes)
            }
        }
    }

    func column(_ field: SpanField) throws(TraceStorageError) -> SpanColumn {
        try reading {
            try cache.value(SpanBlockCache.Key(serial: left.serial, what: .column(field))) {
                let whole = try ColumnAssembly(source).column(field)
                let column = left.isEmpty ? whole : try cut().column(whole)
                return (column, column.memoryBytes)
            }
        }
    }

    func attributeNames(of owner: AttributeOwner) throws(TraceStorageError) -> [String] {
        try reading { try ColumnAssembly(source).names(of: owner) }
    }

    private func cut() throws -> RowCut {
        try cache.value(SpanBlockCache.Key(serial: left.serial, what: .cut)) {
            let cut = try makeCut()
            return (cut, cut.memoryBytes)
        }
    }

    private func makeCut() throws -> RowCut {
        let frame = try source.frame()
        guard let moment = left.moment else { return RowCut(frame, leavingOut: left.left) }
        let origins = try source.origins()
        let earliest = keeping.earliest(origins.resources, now: moment)
        return RowCut(frame, leavingOut: left.left) { frame.starts[$0] >= earliest[Int(origins.resourceOf[$0])] }
    }

    private func reading<Result>(_ body: () throws -> Result) throws(TraceStorageError) -> Result {
        do { return try body() } catch {
            if error is BlockError || error is ByteCodingError { throw TraceStorageError(.corrupt, "\(path): \(error)") }
            throw TraceStorageError(error, path: path)
        }
    }
}

extension TraceFrame {
    var memoryBytes: Int {
        traceIDs.count * 16 + traceStarts.count * 4 + spanIDs.count * 8 + parentRows.count * 4 + starts.count * 8 + durations.count * 8
            + missingParentIDs.capacity * 24
    }
}

extension SpanColumn {
    var memoryBytes: Int {
        switch self {
        case .absent: 16
        case .single(let codes, let values): codes.count * 4 + values.count * 80
        case .multiple(let starts, let codes, let values): (starts.count + codes.count) * 4 + values.count * 80
        }
    }
}
