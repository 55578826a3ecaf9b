public import LabelMatching
public import SQLiteSupport
internal import ShardStorage

/// SQL over shard files, of a running server or copied somewhere: tables `samples`, `buckets`, `exemplars`, `series`, `labels` and `pages`
/// over all of them, and where there is one file, its own tables besides. Nothing is written. Used by one thread.
///
/// The tables are described in `docs/storage-format.md`.
public final class ShardQuery {
    private let connection: SQLiteConnection

    /// Opens files, each as it is at this moment.
    ///
    /// - Parameters:
    ///   - others: further tables.
    ///   - alone: a file whose own tables are there as well; without, the only one of `files`.
    ///   - parse: reads the selector that is an argument of `samples`.
    ///   - warn: told of every part that cannot be read; the rest is answered.
    /// - Throws: ``MetricStorageError`` where a file is no shard or cannot be opened.
    public init(
        files: [String], others: [any SQLiteTable] = [], alone: String? = nil,
        parse: @escaping (String) throws -> [LabelMatcher], warn: @escaping (String) -> Void
    ) throws(MetricStorageError) {
        do {
            let sources = try files.map { try ShardSource(path: $0, warn: warn) }
            if let file = alone ?? (files.count == 1 && others.isEmpty ? files[0] : nil) {
                connection = try SQLiteConnection(path: file, mode: DatabaseFile.readingMode(file), cacheKilobytes: 4096)
            } else {
                connection = try SQLiteConnection(path: ":memory:", cacheKilobytes: 4096)
            }
            try connection.add(SampleQueryTable(.samples, sources, parse: parse))
            try connection.add(SampleQueryTable(.buckets, sources, parse: parse))
            try connection.add(ShardQueryTable.exemplars(sources))
            try connection.add(ShardQueryTable.series(sources))
            try connection.add(ShardQueryTable.labels(sources))
            try connection.add(ShardQueryTable.pages(sources))
            for table in others { try connection.add(table) }
        } catch {
            throw MetricStorageError(error, path: files.first ?? "")
        }
        connection.restrictToReading()
    }

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - columns: lent the names of the columns, before the first row.
    ///   - row: lent every row.
    /// - Throws: `SQLiteError` for a wrong statement; what the closures throw.
    public func run(_ sql: String, columns: ([String]) throws -> Void, row: ([SQLiteValue]) throws -> Void) throws {
        let statement = try connection.singleStatement(sql)
        let names = statement.columnNames
        try columns(names)
        while try statement.step() { try row(names.indices.map { statement.value(at: Int32($0)) }) }
    }
}
