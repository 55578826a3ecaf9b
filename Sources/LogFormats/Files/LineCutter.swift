/// Cuts the bytes of a file into lines as they are read, and knows where in the file each of them lies.
///
/// A line that is too long is cut: what fits is given, and the rest up to its end is passed over.
public struct LineCutter: Sendable {
    /// A line that has ended.
    public struct Line {
        /// UTF-8, without the line's end.
        public var text: ArraySlice<UInt8>
        /// Offset in the file of its first byte.
        public var start: Int64
        /// Offset behind its end.
        public var end: Int64
    }

    private let encoding: TextEncoding
    private let lineBytesMax: Int
    private var partial: [UInt8] = []
    /// Bytes of ``partial`` in which there is no end of a line.
    private var searched = 0
    /// Whether the line that is read was cut, so that the rest of it is passed over.
    private var isSkipping = false
    /// Lines that were cut.
    public private(set) var truncatedCount = 0
    /// Offset in the file of the first byte of the line that has not ended.
    public private(set) var lineStart: Int64
    /// Offset in the file behind the last byte that was taken.
    public private(set) var offset: Int64

    /// - Parameters:
    ///   - lineBytesMax: the bytes of a line that are kept at most; above 1.
    ///   - offset: where in the file the first byte comes from.
    public init(encoding: TextEncoding = .utf8, lineBytesMax: Int = 256 << 10, at offset: Int64 = 0) {
        precondition(lineBytesMax > 1, "BUG: lines need room")
        self.encoding = encoding
        self.lineBytesMax = lineBytesMax
        lineStart = offset
        self.offset = offset
    }

    /// Whether there is a line that has not ended.
    public var hasPartial: Bool { !partial.isEmpty }

    /// Takes the bytes that follow and gives each line that ends in them.
    public mutating func feed(_ bytes: some Collection<UInt8>, _ body: (Line) -> Void) {
        partial.append(contentsOf: bytes)
        offset += Int64(bytes.count)
        let unit = encoding.unitBytes
        var start = 0
        var index = searched
        while index + unit <= partial.count {
            if encoding.isLineFeed(partial, at: index) {
                give(start..<index, endingAt: lineStart + Int64(index + unit - start), body)
                start = index + unit
            }
            index += unit
        }
        partial.removeSubrange(..<start)
        searched = index - start
        cutPartial(body)
    }

    /// Gives the line that has not ended as if it had; what follows is another line.
    public mutating func flush(_ body: (Line) -> Void) {
        if !partial.isEmpty { give(0..<partial.count, endingAt: offset, body) }
        partial = []
        searched = 0
        isSkipping = false
        lineStart = offset
    }

    private mutating func give(_ range: Range<Int>, endingAt end: Int64, _ body: (Line) -> Void) {
        if isSkipping {
            isSkipping = false
        } else {
            if range.count > lineBytesMax { truncatedCount += 1 }
            let kept = range.prefix(lineBytesMax / encoding.unitBytes * encoding.unitBytes)
            body(Line(text: encoding.utf8(partial[kept], isStartOfFile: lineStart == 0), start: lineStart, end: end))
        }
        lineStart = end
    }

    private mutating func cutPartial(_ body: (Line) -> Void) {
        let unit = encoding.unitBytes
        let whole = partial.count / unit * unit
        guard isSkipping || partial.count > lineBytesMax + unit else { return }
        if !isSkipping {
            give(0..<whole, endingAt: lineStart + Int64(whole), body)
            isSkipping = true
        } else {
            lineStart += Int64(whole)
        }
        partial.removeSubrange(..<whole)
        searched = 0
    }
}
