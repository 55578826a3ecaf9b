internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// A table over columns of whatever source, with some traces left out. Columns that were read once are kept in a cache.
final class ColumnTable<Source: ColumnSource>: TraceTable {
    private let source: Source
    private let serial: Int
    private let left: [TraceID]
    private let path: String
    private let cache: SpanBlockCache

    /// - Parameters:
    ///   - serial: what the table is known by in the cache.
    ///   - left: traces that are not in the table, sorted.
    ///   - path: what to name in errors.
    init(_ source: Source, serial: Int, leavingOut left: [TraceID], path: String, cache: SpanBlockCache) {
        self.source = source
        self.serial = serial
        self.left = left
        self.path = path
        self.cache = cache
    }

    var storedBytes: Int { source.storedBytes }

    func frame() throws(TraceStorageError) -> TraceFrame {
        try reading {
            try cache.value(SpanBlockCache.Key(serial: serial, what: .frame)) {
                let whole = try source.frame()
                let frame = left.isEmpty ? whole : RowCut(whole, leavingOut: left).frame(whole)
                return (frame, frame.memoryBytes)
            }
        }
    }

    func column(_ field: SpanField) throws(TraceStorageError) -> SpanColumn {
        try reading {
            try cache.value(SpanBlockCache.Key(serial: serial, what: .column(field))) {
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
        try cache.value(SpanBlockCache.Key(serial: serial, what: .cut)) {
            let cut = RowCut(try source.frame(), leavingOut: left)
            return (cut, cut.memoryBytes)
        }
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
