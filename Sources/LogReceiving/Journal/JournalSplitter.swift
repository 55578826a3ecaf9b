internal import LogFormats

/// Cuts the journal's export format (systemd.io/JOURNAL_EXPORT_FORMATS) between entries, and knows where in the journal the last whole one stands.
struct JournalSplitter: Sendable {
    /// Fields with more bytes are left out here, so that nothing of them is kept in memory.
    private static let fieldBytesMax = 4 << 20
    /// An entry with more bytes is none.
    private static let entryBytesMax = 32 << 20

    private var buffer: [UInt8] = []
    /// Where the field begins that is read next.
    private var position = 0
    /// Behind the last whole entry.
    private var wholeEnd = 0
    /// Bytes of a field that is left out, still to come.
    private var skipping = 0
    private var entryCursor: String?
    private var wholeCursor: String?

    /// Whole entries that were not taken yet.
    var hasEntries: Bool { wholeEnd > 0 }

    /// Takes what came.
    ///
    /// - Throws: where it is not of the format.
    mutating func feed(_ bytes: some Collection<UInt8>) throws(LogFormatError) {
        let passed = min(skipping, bytes.count)
        skipping -= passed
        buffer.append(contentsOf: bytes.dropFirst(passed))
        while try step() {}
        if buffer.count - wholeEnd > Self.entryBytesMax { throw LogFormatError("an entry of more than \(Self.entryBytesMax) bytes", at: 0) }
    }

    /// The whole entries so far, and the cursor of the last of them.
    mutating func take() -> (bytes: [UInt8], cursor: String?) {
        let taken = (Array(buffer[..<wholeEnd]), wholeCursor)
        buffer.removeSubrange(..<wholeEnd)
        position -= wholeEnd
        wholeEnd = 0
        return taken
    }

    /// Steps over one field or the end of an entry; false where not all of it has come.
    private mutating func step() throws(LogFormatError) -> Bool {
        guard position < buffer.count, skipping == 0 else { return false }
        if buffer[position] == 0x0a {
            position += 1
            wholeEnd = position
            wholeCursor = entryCursor ?? wholeCursor
            entryCursor = nil
            return true
        }
        guard let nameEnd = buffer[position...].prefix(257).firstIndex(where: { $0 == 0x0a || $0 == UInt8(ascii: "=") }) else {
            if buffer.count - position > 256 { throw LogFormatError("expected the name of a field", at: position) }
            return false
        }
        if buffer[nameEnd] == UInt8(ascii: "=") {
            guard let end = buffer[nameEnd...].firstIndex(of: 0x0a) else { return false }
            if buffer[position..<nameEnd].elementsEqual("__CURSOR".utf8) {
                entryCursor = String(decoding: buffer[(nameEnd + 1)..<end], as: UTF8.self)
            }
            position = end + 1
            return true
        }
        guard buffer.count >= nameEnd + 9 else { return false }
        let length = buffer[(nameEnd + 1)..<(nameEnd + 9)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if length > UInt64(Self.fieldBytesMax) {
            guard length < UInt64(Int.max) - 16 else { throw LogFormatError("a field of \(length) bytes", at: position) }
            let come = min(buffer.count - nameEnd - 9, Int(length) + 1)
            skipping = Int(length) + 1 - come
            buffer.removeSubrange(position..<(nameEnd + 9 + come))
            return skipping == 0
        }
        let end = nameEnd + 9 + Int(length)
        guard buffer.count > end else { return false }
        guard buffer[end] == 0x0a else { throw LogFormatError("a field does not end where its length says", at: end) }
        position = end + 1
        return true
    }
}
