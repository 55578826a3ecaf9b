internal import ByteCoding

/// Reads the journal export format of systemd (systemd.io/JOURNAL_EXPORT_FORMATS) as its bytes come, piece by piece, so that an upload may be of
/// any length.
///
/// A field is `NAME=value` and a line feed; or the name, a line feed, the length as 64 bits little-endian, so many bytes and a line feed.
/// An empty line ends an entry.
public struct JournalExportReader: Sendable {
    private enum State: Sendable {
        /// Before a field, or the empty line that ends an entry.
        case name
        /// In the bytes of a field of a known length that is left out, or behind it.
        case skipping(bytesLeft: UInt64)
        /// In a field without a length that is left out.
        case skippingLine
    }

    private var state = State.name
    /// Bytes that came and are not worked through, because a field is not whole.
    private var pending: [UInt8] = []
    private var entry = JournalEntry()
    private var hasFields = false

    /// The longest value that is kept; longer ones are left out.
    static let valueBytesMax = 4 << 20
    private static let nameBytesMax = 256

    public init() {}

    /// Takes the next bytes and hands the entries that are whole to a sink.
    ///
    /// - Throws: where the bytes are not of the format. Entries before that were handed over.
    public mutating func read<Sink: LogEntrySink>(
        _ bytes: UnsafeBufferPointer<UInt8>, into sink: inout Sink
    ) throws(LogFormatError) {
        pending.append(contentsOf: bytes)
        var position = 0
        while let next = try step(from: position, into: &sink) { position = next }
        pending.removeSubrange(..<position)
    }

    /// Hands over what is left at the end of an upload.
    ///
    /// - Throws: where a field has begun and not ended.
    public mutating func finish<Sink: LogEntrySink>(into sink: inout Sink) throws(LogFormatError) {
        guard pending.isEmpty, case .name = state else { throw LogFormatError("the upload ends within a field", at: pending.count) }
        finishEntry(into: &sink)
    }

    /// Works through one field or one empty line.
    ///
    /// - Returns: where the next one begins; nil where it is not whole.
    private mutating func step<Sink: LogEntrySink>(from position: Int, into sink: inout Sink) throws(LogFormatError) -> Int? {
        let available = pending.count - position
        guard available > 0 else { return nil }
        switch state {
        case .skipping(let bytesLeft):
            let skipped = min(bytesLeft, UInt64(available))
            state = bytesLeft == skipped ? .name : .skipping(bytesLeft: bytesLeft - skipped)
            return position + Int(skipped)
        case .skippingLine:
            guard let end = pending[position...].firstIndex(of: 0x0a) else { return pending.count }
            state = .name
            return end + 1
        case .name: return try field(from: position, into: &sink)
        }
    }

    private mutating func field<Sink: LogEntrySink>(from position: Int, into sink: inout Sink) throws(LogFormatError) -> Int? {
        if pending[position] == 0x0a {
            finishEntry(into: &sink)
            return position + 1
        }
        guard let nameEnd = pending[position...].prefix(JournalExportReader.nameBytesMax).firstIndex(where: { $0 == 0x0a || $0 == 0x3d })
        else {
            if pending.count - position > JournalExportReader.nameBytesMax {
                throw LogFormatError("a name of more than \(JournalExportReader.nameBytesMax) bytes", at: position)
            }
            return nil
        }
        guard nameEnd > position, pending[position..<nameEnd].allSatisfy(JournalEntry.isNameByte) else {
            throw LogFormatError("not the name of a journal's field", at: position)
        }
        hasFields = true
        if pending[nameEnd] == 0x3d { return line(position..<nameEnd) }
        return try sized(position..<nameEnd)
    }

    private mutating func line(_ name: Range<Int>) -> Int? {
        let start = name.upperBound + 1
        guard let end = pending[start...].firstIndex(of: 0x0a) else {
            guard pending.count - start > JournalExportReader.valueBytesMax else { return nil }
            state = .skippingLine
            return pending.count
        }
        entry.add(pending[name], pending[start..<end])
        return end + 1
    }

    private mutating func sized(_ name: Range<Int>) throws(LogFormatError) -> Int? {
        let lengthStart = name.upperBound + 1
        guard pending.count >= lengthStart + 8 else { return nil }
        let length = pending[lengthStart..<lengthStart + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let start = lengthStart + 8
        guard length <= UInt64(JournalExportReader.valueBytesMax) else {
            // The line feed behind it is stepped over as well.
            let (all, overflowed) = length.addingReportingOverflow(1)
            if overflowed { throw LogFormatError("a field of \(length) bytes", at: lengthStart) }
            state = .skipping(bytesLeft: all)
            return start
        }
        let end = start + Int(length)
        guard pending.count > end else { return nil }
        guard pending[end] == 0x0a else { throw LogFormatError("a field does not end where its length says", at: end) }
        entry.add(pending[name], pending[start..<end])
        return end + 1
    }

    private mutating func finishEntry<Sink: LogEntrySink>(into sink: inout Sink) {
        if hasFields { entry.hand(to: &sink) }
        entry.removeAll()
        hasFields = false
    }
}
