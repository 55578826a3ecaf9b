internal import QueryModel
internal import TelemetryModel

/// Tries conditions on the columns of a table.
struct ConditionEvaluator {
    let reader: TableReader

    /// The rows, of those given, that pass.
    func rows(_ condition: Condition, within rows: RowMask) throws(QueryError) -> RowMask {
        switch condition {
        case .constant(let value): return value ? rows : RowMask(rowCount: rows.rowCount)
        case .all(let conditions):
            var rest = rows
            for condition in conditions {
                rest = try self.rows(condition, within: rest)
                // Nothing is left, so no other column needs to be read.
                if rest.isEmpty { break }
            }
            return rest
        case .any(let conditions):
            var found = RowMask(rowCount: rows.rowCount)
            var rest = rows
            for condition in conditions {
                let more = try self.rows(condition, within: rest)
                found.formUnion(more)
                rest.subtract(more)
                if rest.isEmpty { break }
            }
            return found
        case .not(let condition): return rows.subtracting(try self.rows(condition, within: rows))
        case .test(let field, let test): return try self.rows(field, test, within: rows)
        case .exists(let field): return try existing(field, within: rows)
        case .isMissing(let field): return rows.subtracting(try existing(field, within: rows))
        case .trace(let id, let isIn): return traces(id, isIn: isIn, within: rows)
        case .row(let expression):
            let bound = try BoundExpression(expression, reader)
            return rows.filtered { bound.holds($0) }
        }
    }

    private func traces(_ id: String, isIn: Bool, within rows: RowMask) -> RowMask {
        var found = RowMask(rowCount: rows.rowCount)
        if let id = TraceID(hexadecimal: id), let trace = reader.frame.traceIDs.firstIndex(of: id) {
            found.insert(contentsOf: reader.rows(ofTrace: trace))
        }
        if !isIn { return rows.subtracting(found) }
        found.formIntersection(rows)
        return found
    }

    private func existing(_ field: TraceField, within rows: RowMask) throws(QueryError) -> RowMask {
        switch try reader.column(field) {
        case .absent: return RowMask(rowCount: rows.rowCount)
        case .durations: return rows
        case .computed(let compute): return rows.filtered { !compute($0).isNone }
        case .coded(let column): return select(column, within: rows) { !$0.isNone }
        case .either(let first, let second): return select(first, second, within: rows) { !$0.isNone }
        case .multiple(let starts, let column): return select(starts, column, within: rows) { !$0.isNone }
        }
    }

    private func rows(_ field: TraceField, _ test: ValueTest, within rows: RowMask) throws(QueryError) -> RowMask {
        switch try reader.writtenColumn(field) {
        case .absent: return RowMask(rowCount: rows.rowCount)
        case .durations(let durations):
            if test.tests.count == 1, let range = NumberRange(test.tests[0].operation, test.tests[0].value) {
                return select(durations, range, within: rows)
            }
            return rows.filtered { test.holds(.duration(Int64(clamping: durations[$0]))) }
        case .computed(let compute): return rows.filtered { test.holds(compute($0)) }
        case .coded(let column): return select(column, within: rows) { test.holds($0) }
        case .either(let first, let second): return select(first, second, within: rows) { test.holds($0) }
        case .multiple(let starts, let column): return select(starts, column, within: rows) { test.holds($0) }
        }
    }

    // MARK: Columns

    /// Whether few rows are asked about, so that each is better looked at by itself.
    private func isSparse(_ rows: RowMask) -> Bool { rows.count < rows.rowCount / 16 }

    private func select(_ column: CodedColumn, within rows: RowMask, _ holds: (TraceValue) -> Bool) -> RowMask {
        let codes = column.codes
        if isSparse(rows) {
            var memo = CodeMemo(column)
            return rows.filtered { memo.holds(codes[$0], holds) }
        }
        let table = passingCodes(column, holds)
        if !table.contains(true) { return RowMask(rowCount: rows.rowCount) }
        var found = RowMask(rowCount: rows.rowCount, codes: codes, passing: table)
        found.formIntersection(rows)
        return found
    }

    private func select(_ first: CodedColumn, _ second: CodedColumn, within rows: RowMask, _ holds: (TraceValue) -> Bool) -> RowMask {
        var (firstMemo, secondMemo) = (CodeMemo(first), CodeMemo(second))
        if isSparse(rows) {
            return rows.filtered { row in
                let code = first.codes[row]
                return code >= 0 && !first.value(code).isNone ? firstMemo.holds(code, holds) : secondMemo.holds(second.codes[row], holds)
            }
        }
        let firstTable = passingCodes(first, holds)
        let secondTable = passingCodes(second, holds)
        let present = passingCodes(first) { !$0.isNone }
        var found = RowMask(rowCount: rows.rowCount)
        if secondTable.contains(true) {
            found = RowMask(rowCount: rows.rowCount, codes: second.codes, passing: secondTable)
            found.subtract(RowMask(rowCount: rows.rowCount, codes: first.codes, passing: present))
        }
        if firstTable.contains(true) { found.formUnion(RowMask(rowCount: rows.rowCount, codes: first.codes, passing: firstTable)) }
        found.formIntersection(rows)
        return found
    }

    private func select(_ starts: [Int32], _ column: CodedColumn, within rows: RowMask, _ holds: (TraceValue) -> Bool) -> RowMask {
        var memo = CodeMemo(column)
        return rows.filtered { row in
            for place in starts[row]..<starts[row + 1] where memo.holds(column.codes[Int(place)], holds) { return true }
            return false
        }
    }

    private func select(_ numbers: [UInt64], _ range: NumberRange, within rows: RowMask) -> RowMask {
        if isSparse(rows) { return rows.filtered { range.contains(numbers[$0]) } }
        var found = RowMask(rowCount: rows.rowCount, numbers: numbers, in: range)
        found.formIntersection(rows)
        return found
    }

    /// Whether a condition holds for each value, that of rows without one first.
    private func passingCodes(_ column: CodedColumn, _ holds: (TraceValue) -> Bool) -> [Bool] {
        var table = [Bool](repeating: false, count: column.stored.count + 1)
        table[0] = !column.missing.isNone && holds(column.missing)
        for code in column.stored.indices { table[code + 1] = holds(column.value(Int32(code))) }
        return table
    }
}

/// What a condition said of values that were met before.
private struct CodeMemo {
    let column: CodedColumn
    /// By code plus one: 0 not known, 1 no, 2 yes.
    private var states: [UInt8]

    init(_ column: CodedColumn) {
        self.column = column
        states = [UInt8](repeating: 0, count: column.stored.count + 1)
    }

    mutating func holds(_ code: Int32, _ test: (TraceValue) -> Bool) -> Bool {
        let place = Int(code) + 1
        if states[place] == 0 {
            let value = column.value(code)
            states[place] = !value.isNone && test(value) ? 2 : 1
        }
        return states[place] == 2
    }
}
