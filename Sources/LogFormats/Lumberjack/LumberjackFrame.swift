/// One frame of the protocol by which Beats send to Logstash (Lumberjack, versions 1 and 2).
public enum LumberjackFrame: Sendable, Hashable {
    /// `W`: so many events follow before an acknowledgement is waited for.
    case window(UInt32)
    /// `J`: an event as JSON.
    case json(sequence: UInt32, [UInt8])
    /// `D`: an event as names and values, still packed.
    case pairs(sequence: UInt32, [UInt8])
    /// `C`: frames, compressed with zlib.
    case compressed([UInt8])

    /// Bytes of the frame's content.
    public var byteCount: Int {
        switch self {
        case .window: 0
        case .json(_, let bytes), .pairs(_, let bytes), .compressed(let bytes): bytes.count
        }
    }

    /// An acknowledgement of all events up to a sequence number; of number 0 it says that the receiver is alive.
    public static func acknowledgement(version: UInt8, sequence: UInt32) -> [UInt8] {
        [version, UInt8(ascii: "A")] + (0..<4).map { UInt8(truncatingIfNeeded: sequence >> (24 - 8 * UInt32($0))) }
    }
}

/// What of the protocol is taken at most.
public struct LumberjackLimits: Sendable, Hashable {
    /// Events of a window.
    public var windowMax: UInt32 = 1 << 20
    /// Bytes of a frame as it is sent.
    public var frameBytesMax = 32 << 20
    /// Bytes that a compressed frame may decompress to.
    public var decompressedBytesMax = 64 << 20
    /// Names and values of a `D` frame.
    public var pairsMax: UInt32 = 1024

    public init() {}
}

/// Cuts bytes as they come into frames.
public struct LumberjackReader: Sendable {
    private let limits: LumberjackLimits
    private var buffer: [UInt8] = []
    private var position = 0
    /// How far the pairs of a `D` frame that is not whole were looked at.
    private var pairs: (left: UInt32, offset: Int)?
    /// The protocol version that the sender uses, as its character; that of the frame read last.
    public private(set) var version = UInt8(ascii: "2")

    public init(limits: LumberjackLimits = LumberjackLimits()) { self.limits = limits }

    /// Bytes of frames that were not given yet.
    public var pendingBytes: Int { buffer.count - position }

    public mutating func append(_ bytes: some Collection<UInt8>) {
        if position > 0, position == buffer.count || position > 1 << 16 {
            buffer.removeSubrange(..<position)
            pairs?.offset -= position
            position = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next frame; nil where not all of it has come.
    ///
    /// - Throws: where the bytes are no frame or too large a one; nothing can be read from there on.
    public mutating func next() throws(LogFormatError) -> LumberjackFrame? {
        guard pendingBytes >= 2 else { return nil }
        let version = buffer[position]
        guard version == UInt8(ascii: "1") || version == UInt8(ascii: "2") else {
            throw LogFormatError("not a frame of the Beats protocol", at: position)
        }
        let kind = buffer[position + 1]
        guard "WCJD".utf8.contains(kind) else { throw LogFormatError("unknown kind of frame", at: position + 1) }
        guard let first = number(position + 2) else { return nil }
        let frame: LumberjackFrame?
        switch kind {
        case UInt8(ascii: "W"):
            guard first <= limits.windowMax else {
                throw LogFormatError("a window of \(first) events, at most \(limits.windowMax) allowed", at: position)
            }
            position += 6
            frame = .window(first)
        case UInt8(ascii: "C"): frame = try content(at: position + 6, length: first).map { .compressed($0) }
        case UInt8(ascii: "J"):
            guard let length = number(position + 6) else { return nil }
            frame = try content(at: position + 10, length: length).map { .json(sequence: first, $0) }
        default: frame = try pairsFrame(first)
        }
        if frame != nil { self.version = version }
        return frame
    }

    private func number(_ offset: Int) -> UInt32? {
        guard offset + 4 <= buffer.count else { return nil }
        return (0..<4).reduce(0) { $0 << 8 | UInt32(buffer[offset + $1]) }
    }

    private mutating func content(at start: Int, length: UInt32) throws(LogFormatError) -> [UInt8]? {
        guard length <= limits.frameBytesMax else {
            throw LogFormatError("a frame of \(length) bytes, at most \(limits.frameBytesMax) allowed", at: position)
        }
        guard buffer.count - start >= Int(length) else { return nil }
        position = start + Int(length)
        return Array(buffer[start..<position])
    }

    private mutating func pairsFrame(_ sequence: UInt32) throws(LogFormatError) -> LumberjackFrame? {
        guard let count = number(position + 6) else { return nil }
        guard count <= limits.pairsMax else {
            throw LogFormatError("an event of \(count) pairs, at most \(limits.pairsMax) allowed", at: position)
        }
        let start = position + 6
        var (left, offset) = pairs ?? (2 * count, position + 10)
        while left > 0 {
            guard let length = number(offset) else { break }
            guard length <= limits.frameBytesMax, offset + Int(length) - start <= limits.frameBytesMax else {
                throw LogFormatError("a frame of more than \(limits.frameBytesMax) bytes", at: position)
            }
            guard offset + 4 + Int(length) <= buffer.count else { break }
            offset += 4 + Int(length)
            left -= 1
        }
        guard left == 0 else {
            pairs = (left, offset)
            return nil
        }
        pairs = nil
        position = offset
        return .pairs(sequence: sequence, Array(buffer[start..<offset]))
    }
}
