internal import GRDBSQLite

/// The C side of computed tables.
///
/// SQLite holds three kinds of memory for each table, and gives each back through its own call: the module's context (a retained
/// ``TableContext``, released by the destructor given with it), the `sqlite3_vtab` of a connection (``ConnectedTable``, freed in
/// `xDisconnect`) and the `sqlite3_vtab_cursor` of a scan (``OpenScan``, freed in `xClose`). C knows the latter two by the addresses of
/// their first fields; Swift lays the fields of these structures out in order, so that the address of the whole is the same.
///
/// - Precondition: SQLite calls in for one connection from one thread at a time, as ``SQLiteConnection`` is used.
extension SQLiteConnection {
    /// Makes a table known to the statements of this connection, for as long as it is open.
    public func add(_ table: any SQLiteTable) throws(SQLiteError) {
        let context = Unmanaged.passRetained(TableContext(table)).toOpaque()
        let result = sqlite3_create_module_v2(handle, table.name, TableModule.module, context) { context in
            if let context { Unmanaged<TableContext>.fromOpaque(context).release() }
        }
        // The destructor runs also where this fails.
        if result != SQLITE_OK { throw SQLiteError(handle: handle, context: table.name) }
        // Declares the columns now, when that is allowed still: see ``restrictToReading()``.
        _ = try singleStatement("SELECT 1 FROM " + table.name)
    }
}

private final class TableContext {
    let table: any SQLiteTable
    init(_ table: any SQLiteTable) { self.table = table }
}

private struct ConnectedTable {
    var base: sqlite3_vtab
    var context: Unmanaged<TableContext>
}

private struct OpenScan {
    var base: sqlite3_vtab_cursor
    var scan: Unmanaged<Scan>
}

/// A scan and where it stands.
private final class Scan {
    let context: TableContext
    var rows: (any SQLiteTableRows)?
    var isAtEnd = true
    var number: Int64 = 0
    init(_ context: TableContext) { self.context = context }
}

private enum TableModule {
    /// Never freed: connections refer to it as long as they are open.
    nonisolated(unsafe) static let module: UnsafePointer<sqlite3_module> = {
        var module = sqlite3_module()
        // Without xCreate the table exists by itself and cannot be created or dropped.
        module.xConnect = { connect($0, $1, $4, $5) }
        module.xDisconnect = { disconnect($0) }
        module.xBestIndex = { plan($0, $1) }
        module.xOpen = { open($0, $1) }
        module.xClose = { close($0) }
        module.xFilter = { filter($0, $2, $3, $4) }
        module.xNext = { advance($0) }
        module.xEof = { scan($0).isAtEnd ? 1 : 0 }
        module.xColumn = { column($0, $1, $2) }
        module.xRowid = { cursor, row in
            row?.pointee = scan(cursor).number
            return SQLITE_OK
        }
        let memory = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        memory.initialize(to: module)
        return UnsafePointer(memory)
    }()

    // MARK: Tables

    private static func connect(
        _ connection: OpaquePointer?, _ context: UnsafeMutableRawPointer?,
        _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> Int32 {
        guard let context, let result else { return SQLITE_MISUSE }
        let table = Unmanaged<TableContext>.fromOpaque(context)
        let columns = table.takeUnretainedValue().table.columns.map { column in
            "\"" + column.name + "\" " + column.type + (column.isHidden ? " HIDDEN" : "")
        }
        let status = sqlite3_declare_vtab(connection, "CREATE TABLE x(" + columns.joined(separator: ", ") + ")")
        guard status == SQLITE_OK else {
            message?.pointee = copied(String(cString: sqlite3_errmsg(connection)))
            return status
        }
        let memory = UnsafeMutablePointer<ConnectedTable>.allocate(capacity: 1)
        memory.initialize(to: ConnectedTable(base: sqlite3_vtab(), context: table.retain()))
        result.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: sqlite3_vtab.self)
        return SQLITE_OK
    }

    private static func disconnect(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> Int32 {
        guard let table else { return SQLITE_MISUSE }
        let memory = UnsafeMutableRawPointer(table).assumingMemoryBound(to: ConnectedTable.self)
        sqlite3_free(memory.pointee.base.zErrMsg)
        memory.pointee.context.release()
        memory.deinitialize(count: 1)
        memory.deallocate()
        return SQLITE_OK
    }

    private static func context(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> TableContext {
        guard let table else { preconditionFailure("BUG: SQLite calls without a table") }
        return UnsafeMutableRawPointer(table).assumingMemoryBound(to: ConnectedTable.self).pointee.context.takeUnretainedValue()
    }

    /// Chooses the constraints that the table takes; `idxStr` says them as pairs of a column (in two letters) and a comparison.
    private static func plan(_ table: UnsafeMutablePointer<sqlite3_vtab>?, _ plan: UnsafeMutablePointer<sqlite3_index_info>?) -> Int32 {
        guard let plan else { return SQLITE_MISUSE }
        let columns = context(table).table.columns
        var rows = max(context(table).table.rowEstimate, 1)
        var taken: [CChar] = []
        for index in 0..<Int(plan.pointee.nConstraint) {
            let constraint = plan.pointee.aConstraint[index]
            guard columns.indices.contains(Int(constraint.iColumn)), let comparison = comparison(constraint.op) else { continue }
            let column = columns[Int(constraint.iColumn)]
            guard column.taken.contains(comparison) else { continue }
            guard constraint.usable != 0 else {
                // An argument has to be known; the planner looks for an order of joins where it is.
                if column.isHidden { return SQLITE_CONSTRAINT }
                continue
            }
            taken += [CChar(32 + Int(constraint.iColumn)), CChar(bitPattern: comparison.rawValue | 64)]
            plan.pointee.aConstraintUsage[index].argvIndex = Int32(taken.count / 2)
            plan.pointee.aConstraintUsage[index].omit = column.isHidden ? 1 : 0
            rows /= comparison == .equal ? 100 : 4
        }
        plan.pointee.idxStr = copied(taken)
        plan.pointee.needToFreeIdxStr = 1
        plan.pointee.estimatedCost = max(rows, 1)
        plan.pointee.estimatedRows = Int64(max(rows, 1))
        return SQLITE_OK
    }

    private static func comparison(_ code: UInt8) -> SQLiteTableColumn.Comparison? {
        switch Int32(code) {
        case SQLITE_INDEX_CONSTRAINT_EQ: .equal
        case SQLITE_INDEX_CONSTRAINT_GT: .greater
        case SQLITE_INDEX_CONSTRAINT_LE: .lessOrEqual
        case SQLITE_INDEX_CONSTRAINT_LT: .less
        case SQLITE_INDEX_CONSTRAINT_GE: .greaterOrEqual
        default: nil
        }
    }

    // MARK: Scans

    private static func open(
        _ table: UnsafeMutablePointer<sqlite3_vtab>?, _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
    ) -> Int32 {
        guard let result else { return SQLITE_MISUSE }
        let memory = UnsafeMutablePointer<OpenScan>.allocate(capacity: 1)
        memory.initialize(to: OpenScan(base: sqlite3_vtab_cursor(), scan: .passRetained(Scan(context(table)))))
        result.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
        return SQLITE_OK
    }

    private static func close(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
        guard let cursor else { return SQLITE_MISUSE }
        let memory = UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: OpenScan.self)
        memory.pointee.scan.release()
        memory.deinitialize(count: 1)
        memory.deallocate()
        return SQLITE_OK
    }

    private static func scan(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Scan {
        guard let cursor else { preconditionFailure("BUG: SQLite calls without a cursor") }
        return UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: OpenScan.self).pointee.scan.takeUnretainedValue()
    }

    private static func filter(
        _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ plan: UnsafePointer<CChar>?, _ count: Int32,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32 {
        guard let plan else { return SQLITE_MISUSE }
        let scan = scan(cursor)
        var constraints: [SQLiteTableConstraint] = []
        for index in 0..<Int(count) {
            guard let comparison = SQLiteTableColumn.Comparison(rawValue: UInt8(bitPattern: plan[index * 2 + 1]) & ~64) else {
                return SQLITE_MISUSE
            }
            constraints.append(
                SQLiteTableConstraint(
                    column: Int(plan[index * 2]) - 32, comparison: comparison, value: SQLiteValue(copying: values?[index])))
        }
        return reporting(cursor) {
            scan.number = 0
            scan.rows = try scan.context.table.rows(where: constraints)
            try step(scan)
        }
    }

    private static func advance(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
        reporting(cursor) { try step(scan(cursor)) }
    }

    private static func step(_ scan: Scan) throws {
        scan.isAtEnd = true
        scan.isAtEnd = try scan.rows?.next() != true
        scan.number += 1
    }

    private static func column(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ result: OpaquePointer?, _ column: Int32) -> Int32 {
        reporting(cursor) { (try scan(cursor).rows?.value(at: Int(column)) ?? .null).set(asResultOf: result) }
    }

    /// Runs the body; an error becomes the message of the table.
    private static func reporting(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return SQLITE_OK
        } catch {
            if let table = cursor?.pointee.pVtab {
                sqlite3_free(table.pointee.zErrMsg)
                table.pointee.zErrMsg = copied("\(error)")
            }
            return SQLITE_ERROR
        }
    }

    // MARK: Texts

    /// A copy that SQLite frees; nil where there is no memory.
    private static func copied(_ text: String) -> UnsafeMutablePointer<CChar>? { copied(text.utf8.map { CChar(bitPattern: $0) }) }

    private static func copied(_ characters: [CChar]) -> UnsafeMutablePointer<CChar>? {
        guard let memory = sqlite3_malloc64(UInt64(characters.count + 1)) else { return nil }
        let text = memory.assumingMemoryBound(to: CChar.self)
        for (index, character) in characters.enumerated() { text[index] = character }
        text[characters.count] = 0
        return text
    }
}
