internal import ByteCoding
internal import SQLiteSupport

/// A row of a table with a checksum behind its values, so that a flipped bit is found when it is read.
struct StoredRow {
    var values: [SQLiteValue]

    init(_ values: SQLiteValue...) { self.values = values }

    /// Reads the current row of a statement whose columns are the values and, behind them, the checksum.
    ///
    /// - Throws: ``AlertStorageError`` with code `damaged` where the two do not belong together.
    init(reading statement: SQLiteStatement, from first: Int32 = 0, count: Int32, of table: String) throws(AlertStorageError) {
        values = []
        values.reserveCapacity(Int(count))
        for column in first..<(first + count) { values.append(statement.value(at: column)) }
        guard statement.integer(at: first + count) == checksum else {
            throw AlertStorageError(.damaged, "a row of \(table) is not what was written")
        }
    }

    /// CRC32C over the kinds, lengths and bytes of the values.
    var checksum: Int64 {
        var bytes: [UInt8] = []
        for value in values { StoredRow.append(value, to: &bytes) }
        return Int64(CRC32C.checksum(bytes))
    }

    private static func append(_ value: SQLiteValue, to bytes: inout [UInt8]) {
        func add(_ number: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        switch value {
        case .null: bytes.append(0)
        case .integer(let number):
            bytes.append(1)
            add(UInt64(bitPattern: number))
        case .real(let number):
            bytes.append(2)
            add(number.bitPattern)
        case .text(let text):
            bytes.append(3)
            add(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        case .blob(let blob):
            bytes.append(4)
            add(UInt64(blob.count))
            bytes.append(contentsOf: blob)
        }
    }

    /// Binds the values and the checksum from a parameter on, and gives the number of the parameter behind them.
    @discardableResult
    func bind(to statement: SQLiteStatement, from first: Int32 = 1) -> Int32 {
        var index = first
        for value in values {
            switch value {
            case .null: break
            case .integer(let number): statement.bind(number, at: index)
            case .real(let number): preconditionFailure("BUG: no column of alerts holds the fraction \(number)")
            case .text(let text): statement.bind(text, at: index)
            case .blob(let blob): statement.bind(blob, at: index)
            }
            index += 1
        }
        statement.bind(checksum, at: index)
        return index + 1
    }

    func text(_ index: Int) -> String {
        if case .text(let text) = values[index] { return text }
        return ""
    }

    func integer(_ index: Int) -> Int64 {
        if case .integer(let number) = values[index] { return number }
        return 0
    }

    func blob(_ index: Int) -> [UInt8] {
        if case .blob(let bytes) = values[index] { return bytes }
        return []
    }
}
