internal import ByteCoding
internal import LogFormats

/// One file that is read as it grows: what was read of it, and how to see that it is no longer the same.
struct TailedFile: Sendable {
    /// Where reading goes on if the bytes in front of it are still there.
    struct Candidate: Sendable {
        var offset: Int64
        var check: ContentMark
        var path: String
    }

    enum Phase: Sendable {
        /// The first bytes are wanted.
        case head
        /// The bytes in front of the first candidate's place are wanted.
        case check([Candidate])
        case reading
        /// Compressed: nothing of it is read.
        case ignored
    }

    static let headBytes = 1024
    static let checkBytes = 256

    let identity: FileIdentity
    /// Where it was found first; what its entries are told apart by.
    var path: String
    /// Where it was found last; nil where it is no longer found.
    var listedPath: String?
    var size: Int64
    var modified: Int64
    var phase = Phase.head
    /// The first bytes.
    private(set) var head: [UInt8] = []
    /// The bytes in front of the place up to which it was read.
    private(set) var tail: [UInt8] = []
    private(set) var cutter: LineCutter
    private(set) var assembler: EntryAssembler
    /// What stood in the file before it was cut short: a copy of that may be found.
    private(set) var former: (head: ContentMark, check: ContentMark)?
    /// When bytes were found in it last.
    var grown: Int64
    /// Since when it is no longer found.
    var goneSince: Int64?
    var isQueued = false
    /// Whether what is to be written down has changed.
    var isDirty = false
    private let settings: TailSettings

    init(_ found: ListedFile, settings: TailSettings, now: Int64) {
        identity = found.identity
        path = found.path
        listedPath = found.path
        size = found.size
        modified = found.modified
        grown = now
        self.settings = settings
        cutter = LineCutter(encoding: settings.encoding, lineBytesMax: settings.lineBytesMax)
        assembler = TailedFile.assembler(settings)
    }

    private static func assembler(_ settings: TailSettings) -> EntryAssembler {
        EntryAssembler(format: settings.format, multiline: settings.multiline, entryBytesMax: settings.lineBytesMax)
    }

    /// Offset of the next byte to be read.
    var readOffset: Int64 { cutter.offset }

    /// Everything in front of it went into entries.
    var safeOffset: Int64 { min(cutter.lineStart, assembler.pendingStart ?? .max) }

    var hasPending: Bool { safeOffset < readOffset }

    var headMark: ContentMark { ContentMark(end: Int64(head.count), length: head.count, hash: hash64(head)) }

    var checkMark: ContentMark { ContentMark(end: readOffset, length: tail.count, hash: hash64(tail)) }

    var position: FilePosition {
        FilePosition(identity: identity, path: path, offset: safeOffset, head: headMark, check: checkMark)
    }

    /// Lines that were cut, and lines that are not of the format named, so far.
    var faultCounts: (truncated: Int, malformed: Int) { (cutter.truncatedCount + assembler.truncatedCount, assembler.malformedCount) }

    /// Which bytes are wanted next.
    func wanted(chunkBytes: Int) -> (offset: Int64, count: Int)? {
        switch phase {
        case .head: (0, TailedFile.headBytes)
        case .check(let candidates):
            candidates.first.map { ($0.check.end - Int64($0.check.length), $0.check.length) }
        case .reading: (readOffset - Int64(tail.count), tail.count + chunkBytes)
        case .ignored: nil
        }
    }

    /// Begins to read at an offset.
    ///
    /// - Parameter tail: bytes in front of it.
    mutating func begin(at offset: Int64, tail: ArraySlice<UInt8> = []) {
        cutter = LineCutter(encoding: settings.encoding, lineBytesMax: settings.lineBytesMax, at: offset)
        assembler = TailedFile.assembler(settings)
        self.tail = Array(tail.suffix(TailedFile.checkBytes))
        phase = .reading
        isDirty = true
    }

    mutating func takeHead(_ bytes: [UInt8]) { head = Array(bytes.prefix(TailedFile.headBytes)) }

    /// Whether the first bytes are what a mark says.
    func hasHead(_ mark: ContentMark) -> Bool { mark.length <= head.count && hash64(Array(head.prefix(mark.length))) == mark.hash }

    /// Takes bytes that were wanted, those in front of the place included. False where they are not what was read: then the file was written anew.
    ///
    /// - Returns: how many are new; nil where the file was written anew.
    mutating func take(_ bytes: [UInt8], now: Int64, _ body: (EntryAssembler.Entry) -> Void) -> Int? {
        guard bytes.count >= tail.count, bytes.prefix(tail.count).elementsEqual(tail) else { return nil }
        let new = bytes[tail.count...]
        guard !new.isEmpty else { return 0 }
        if head.count < TailedFile.headBytes, readOffset <= Int64(head.count) {
            head.append(contentsOf: new.dropFirst(head.count - Int(readOffset)).prefix(TailedFile.headBytes - head.count))
        }
        var assembler = assembler
        cutter.feed(new) { assembler.take($0, now: now, body) }
        self.assembler = assembler
        tail = Array(bytes.suffix(TailedFile.checkBytes))
        grown = now
        isDirty = true
        return new.count
    }

    /// Gives everything that waits for more.
    mutating func flush(_ body: (EntryAssembler.Entry) -> Void) { flush(lines: true, before: .max, now: 0, body) }

    /// Gives what has waited for too long; whether there was anything.
    mutating func flushStale(now: Int64, _ body: (EntryAssembler.Entry) -> Void) {
        let linesAreStale = cutter.hasPartial && now - grown >= settings.partialLineTimeoutMilliseconds * 1_000_000
        flush(lines: linesAreStale, before: now - settings.multilineTimeoutMilliseconds * 1_000_000, now: now, body)
    }

    private mutating func flush(lines: Bool, before limit: Int64, now: Int64, _ body: (EntryAssembler.Entry) -> Void) {
        let before = safeOffset
        if lines {
            var assembler = assembler
            cutter.flush { assembler.take($0, now: now, body) }
            self.assembler = assembler
        }
        assembler.flush(before: limit, body)
        if safeOffset != before { isDirty = true }
    }

    /// The file was cut short or written anew: it is read from its beginning.
    mutating func restart(_ body: (EntryAssembler.Entry) -> Void) {
        flush(body)
        former = (headMark, checkMark)
        begin(at: 0)
        head = []
    }
}
