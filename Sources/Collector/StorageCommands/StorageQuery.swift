internal import LabelMatching
internal import LogQL
internal import LogStorage
internal import MetricStorage
internal import PromQL
internal import QueryModel
public import SQLiteSupport
internal import ShardStorage

/// Answers SQL from shard files. They are only read; a server may have them open.
public struct StorageQuery: Sendable {
    private let files: [String]
    private let logFiles: [String]
    private let remark: @Sendable (String) -> Void

    /// - Parameters:
    ///   - paths: shard files, and folders whose shards are meant; a data directory stands for its folders `metrics` and `logs`.
    ///   - remark: told of what is missing in the answer.
    /// - Throws: where a path is neither, with status 2.
    public init(paths: [String], remark: @escaping @Sendable (String) -> Void) throws(StorageCommandError) {
        var (files, logFiles): ([String], [String]) = ([], [])
        for path in paths {
            for file in try StorageQuery.files(at: path, remark) {
                // What cannot be read is told of when it is opened.
                if (try? ShardInspection.signal(ofFile: file)) == "logs" { logFiles.append(file) } else { files.append(file) }
            }
        }
        (self.files, self.logFiles) = (files, logFiles)
        self.remark = remark
    }

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - columns: lent the names of the columns, before the first row.
    ///   - row: lent every row.
    /// - Returns: whether everything could be read; what could not was remarked on.
    /// - Throws: with status 2 for a wrong statement.
    public func run(
        _ sql: String, columns: ([String]) throws -> Void, row: ([SQLiteValue]) throws -> Void
    ) throws(StorageCommandError) -> Bool {
        let gaps = GapCount()
        do {
            let warn: (String) -> Void = { [remark] gap in
                gaps.count += 1
                remark("warning: " + gap)
            }
            let logs = try LogQueryTables.tables(ofFiles: logFiles, parse: StorageQuery.streamMatchers, warn: warn)
            let all = files + logFiles
            let query = try ShardQuery(
                files: files, others: logs, alone: all.count == 1 ? all[0] : nil, parse: StorageQuery.matchers, warn: warn)
            try query.run(sql, columns: columns, row: row)
            return gaps.count == 0
        } catch let error as SQLiteError {
            // A damaged file is no fault of the statement.
            guard error.code == .other else { throw StorageCommandError("\(error)") }
            throw StorageCommandError(StorageQuery.text(of: error), status: 2)
        } catch let error as StorageCommandError {
            throw error
        } catch {
            throw StorageCommandError("\(error)")
        }
    }

    private final class GapCount { var count = 0 }

    private static func files(at path: String, _ remark: (String) -> Void) throws(StorageCommandError) -> [String] {
        guard FileOperations.exists(path) else { throw StorageCommandError("\(path): there is no such file", status: 2) }
        guard FileOperations.exists(path + "/.") else { return [path] }
        let parts = ["metrics", "logs"].map { path + "/" + $0 }.filter { FileOperations.exists($0) }
        var shards: [String] = []
        for folder in parts.isEmpty ? [path] : parts { shards += try StorageQuery.shards(in: folder, remark) }
        guard !shards.isEmpty else { throw StorageCommandError("\(path): there are no shards in this folder", status: 2) }
        return shards
    }

    private static func shards(in folder: String, _ remark: (String) -> Void) throws(StorageCommandError) -> [String] {
        let names: [String]
        do { names = try FileOperations.names(in: folder).sorted() } catch { throw StorageCommandError(error.description) }
        // Rollups are read where their file is named.
        let shards = names.filter { StorageInspection.kind(ofName: $0) == .shard && !StorageInspection.isRollup($0) }
        for name in names where StorageInspection.kind(ofName: name) == .setAside {
            remark("warning: \(folder)/\(name): was set aside as damaged, what it holds is missing")
        }
        return shards.map { folder + "/" + $0 }
    }

    private static func matchers(_ text: String) throws -> [LabelMatcher] {
        do throws(QueryError) { return try PromQLParser().parseSelector(text).matchers } catch {
            throw StorageCommandError("selector \(text): \(error)", status: 2)
        }
    }

    private static func streamMatchers(_ text: String) throws -> [LabelMatcher] {
        do throws(QueryError) {
            guard case .logs(let selector) = try LogQLParser().parse(text).root, selector.stages.isEmpty else {
                throw QueryError(.badInput, "only a selector of streams is meant, without stages")
            }
            return selector.matchers
        } catch {
            throw StorageCommandError("selector \(text): \(error)", status: 2)
        }
    }

    /// What is wrong with a statement, with line and column where they are known.
    private static func text(of error: SQLiteError) -> String {
        let message = error.message == "not authorized" ? "only statements that read are allowed" : error.message
        guard let offset = error.offset else { return "SQL: " + message }
        let before = Array(error.context.utf8.prefix(offset))
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        return "SQL, line \(line), column \(column): " + message
    }
}
