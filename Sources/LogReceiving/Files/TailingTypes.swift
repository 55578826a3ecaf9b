public import LogFormats
internal import TelemetryModel

/// What a file is known by for as long as it exists, whatever it is called.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
}

/// A file as a look at the folders found it.
struct ListedFile: Hashable, Sendable {
    var path: String
    var identity: FileIdentity
    var size: Int64
    /// When it was last written, in nanoseconds since 1970.
    var modified: Int64
}

/// Bytes of a file by their number and sum, to see later whether they are still there.
struct ContentMark: Hashable, Sendable {
    /// Offset behind the last of them.
    var end: Int64
    var length: Int
    var hash: UInt64
}

/// How far a file is read, as it is written down.
struct FilePosition: Hashable, Sendable {
    var identity: FileIdentity
    /// Where the file was found first.
    var path: String
    /// Everything in front of it is kept for good.
    var offset: Int64
    /// The first bytes of the file.
    var head: ContentMark
    /// The bytes in front of the place up to which the file was read.
    var check: ContentMark
}

/// What entries of a file carry and how they are read.
public struct TailSettings: Sendable {
    public enum Start: Sendable, Hashable { case beginning, end }

    /// For files that are there when a receiver runs for the first time; those that come later are read from their beginning.
    public var start = Start.beginning
    public var format = LineFormat.auto
    public var encoding = TextEncoding.utf8
    public var multiline: MultilineRule?
    /// How long lines wait for others that belong to them.
    public var multilineTimeoutMilliseconds: Int64 = 5000
    /// How long a line without an end waits for it.
    public var partialLineTimeoutMilliseconds: Int64 = 30_000
    /// The bytes of an entry that are kept at most.
    public var lineBytesMax = 256 << 10
    /// Files that are read at the same time; above it those wait that were found last.
    public var filesMax = 4096

    public init() {}
}

/// Entries of one or more files that are kept together.
struct TailBatch: Sendable {
    /// Entries of one file that follow each other.
    struct Run: Sendable {
        /// Where the file was found first.
        var path: String
        var texts = PackedTexts()
        /// Of each entry: nanoseconds since 1970 as the container runtime wrote them, or nil.
        var times: [Int64?] = []
        var streams: [ContainerLine.Stream?] = []
    }

    private(set) var runs: [Run] = []
    private(set) var entryCount = 0
    private(set) var bytes = 0

    var isEmpty: Bool { entryCount == 0 }

    mutating func append(_ entry: EntryAssembler.Entry, of path: String) {
        if runs.last?.path != path { runs.append(Run(path: path)) }
        let last = runs.count - 1
        runs[last].texts.append(entry.text)
        runs[last].times.append(entry.time)
        runs[last].streams.append(entry.stream)
        entryCount += 1
        bytes += entry.text.count + 64
    }
}

/// What has to be done next outside, and is answered by the method of ``FileTailing`` named.
enum TailAction: Sendable {
    /// Look which files there are: ``FileTailing/listed(_:faults:now:next:)``.
    case list
    /// Open a file: ``FileTailing/opened(_:now:)`` or ``FileTailing/failed(_:_:)``.
    case open(ListedFile)
    /// Read so many bytes or less, at the end of the file none: ``FileTailing/read(_:_:now:)`` or ``FileTailing/failed(_:_:now:)``.
    case read(FileIdentity, at: Int64, count: Int)
    /// Look at the sizes of open files: ``FileTailing/measured(_:now:)``.
    case measure([FileIdentity])
    /// Keep entries: ``FileTailing/appended()`` or ``FileTailing/refused(until:)``.
    case append(TailBatch)
    /// Write positions down, and forget others: ``FileTailing/saved()`` or ``FileTailing/saveFailed(until:_:)``.
    case save([FilePosition], forget: [FileIdentity])
    /// Close a file; needs no answer.
    case close(FileIdentity)
    /// Say once what is wrong; needs no answer.
    case report(path: String, reason: String)
}
