internal import QueryModel
internal import TelemetryModel

/// The structured metadata of a table's rows, as far as a query wants it.
struct MetadataColumns {
    private var columns: [(name: [UInt8], column: LogColumn)] = []

    /// - Parameter names: nil for all.
    init(_ table: any LogTable, names: [String]?, budget: QueryBudget) throws(QueryError) {
        // In the order of names, since of several that become one label the last stays.
        for name in try table.metadataNames(budget: budget).sorted() {
            if let names, !names.contains(name) { continue }
            if let column = try table.metadata(name, budget: budget) { columns.append((Array(name.utf8), column)) }
        }
    }

    /// Adds the labels of a row to a line.
    func add(row: Int, to context: inout LineContext) {
        for (name, column) in columns {
            let code = Int(column.codes[row])
            if code < 0 { continue }
            name.withUnsafeBytes { name in
                column.values.bytes.withUnsafeBytes { bytes in
                    context.addMetadata(name, UnsafeRawBufferPointer(rebasing: bytes[column.values.range(code)]))
                }
            }
        }
    }
}
