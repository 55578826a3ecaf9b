internal import TelemetryModel

/// A table over columns of whatever source, with some rows left out.
final class ColumnTable<Source: LogColumnSource>: StoredLogTable {
    private let source: Source
    private let cut: RowCut?

    /// - Parameter dropped: rows that are not in the table.
    init(_ source: Source, dropping dropped: Set<Int32>) {
        self.source = source
        cut = dropped.isEmpty ? nil : RowCut(rowCount: source.rowCount, dropping: dropped)
    }

    var storedBytes: Int { source.storedBytes }
    var times: ClosedRange<Int64> { source.times }
    var rowCount: Int { cut?.kept.count ?? source.rowCount }

    func frame() throws(LogStorageError) -> StoredLogFrame {
        try reading {
            let whole = try source.frame()
            return cut?.frame(whole) ?? whole
        }
    }

    func metadataNames() throws(LogStorageError) -> [String] { try reading { try source.metadataNames() } }

    func metadata(_ name: String) throws(LogStorageError) -> LogColumn? {
        try reading {
            guard let whole = try source.metadata(name) else { return nil }
            return cut?.column(whole) ?? whole
        }
    }

    func mayContain(_ needle: [UInt8]) throws(LogStorageError) -> Bool {
        try reading { needle.isEmpty ? true : try source.mayContain(needle) }
    }

    func rows(mayContain needle: [UInt8]) throws(LogStorageError) -> [Int32]? {
        try reading {
            guard !needle.isEmpty, let rows = try source.rows(mayContain: needle) else { return nil }
            return cut?.rows(ofWhole: rows) ?? rows
        }
    }

    func lines(of rows: [Int32]) throws(LogStorageError) -> PackedTexts {
        try reading { try source.lines(of: cut?.rowsOfWhole(rows) ?? rows) }
    }

    func lineLengths() throws(LogStorageError) -> [Int32] {
        try reading {
            let whole = try source.lineLengths()
            return cut?.values(whole) ?? whole
        }
    }

    func documents() throws(LogStorageError) -> LogDocuments? {
        try reading {
            guard var documents = try source.documents() else { return nil }
            if let cut { documents.rowShapes = cut.values(documents.rowShapes) }
            return documents
        }
    }

    func leaf(_ leaf: Int, ofShape shape: Int) throws(LogStorageError) -> LogColumn {
        try reading {
            let whole = try source.leaf(leaf, ofShape: shape)
            return cut?.column(whole) ?? whole
        }
    }

    private func reading<Result>(_ body: () throws -> Result) throws(LogStorageError) -> Result {
        do { return try body() } catch { throw source.noted(error) }
    }
}
