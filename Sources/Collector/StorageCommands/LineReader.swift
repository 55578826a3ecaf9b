internal import Foundation

/// Reads a file line by line: it may be larger than memory.
struct LineReader {
    private static let blockBytes = 1 << 20
    static let lineBytesMax = 16 << 20

    private let file: FileHandle
    /// What was read and not yet taken.
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// The number of the line given last, from 1.
    private(set) var line = 0

    init(path: String) throws(StorageCommandError) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw StorageCommandError("\(path): cannot be opened") }
        self.file = file
    }

    /// Leaves the rest of the file.
    mutating func end() {
        isAtEnd = true
        buffer = []
        position = 0
    }

    /// The next line with its line break, which the last one need not have in the file; nil at the end.
    mutating func next() throws(StorageCommandError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                line += 1
                return Array(buffer[position...end])
            }
            if isAtEnd { break }
            guard buffer.count - position <= LineReader.lineBytesMax else {
                throw StorageCommandError("the line is longer than \(LineReader.lineBytesMax) bytes")
            }
            searched = buffer.count - position
            buffer.removeSubrange(..<position)
            position = 0
            do {
                let block = try file.read(upToCount: LineReader.blockBytes) ?? Data()
                if block.isEmpty { isAtEnd = true }
                buffer += block
            } catch {
                throw StorageCommandError("the file cannot be read on: \(error)")
            }
        }
        guard position < buffer.count else { return nil }
        defer { position = buffer.count }
        line += 1
        return Array(buffer[position...]) + [UInt8(ascii: "\n")]
    }
}
