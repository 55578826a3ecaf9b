internal import SQLiteSupport

/// The segments of a journal that may belong to another process: they are only read.
public enum JournalInspection {
    /// The newest version of a segment that this program reads.
    public static let format = JournalSegment.format

    /// What is wrong with the file of a segment, besides its payloads.
    public static func problems(_ path: String) -> [String] {
        DatabaseFile.problems(path, format: JournalSegment.format, definitions: JournalSegment.table)
    }

    /// The number in a segment's file name, or nil for any other name.
    public static func number(ofName name: String) -> UInt64? { JournalSegment.number(ofName: name) }

    /// Lends the payloads of a segment in the order they were written.
    public static func forEachPayload(
        in path: String, _ body: (_ sequence: Int64, _ payload: UnsafeRawBufferPointer) throws -> Void
    ) throws(ShardStorageError) {
        do {
            let connection = try SQLiteConnection(path: path, mode: DatabaseFile.readingMode(path), cacheKilobytes: 1024)
            let select = try connection.statement("SELECT sequence, payload FROM entry ORDER BY sequence")
            while try select.step() {
                let sequence = select.integer(at: 0)
                try select.withBytes(at: 1) { try body(sequence, $0) }
            }
            select.reset()
            try connection.close()
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }
}
