internal import ByteCoding
internal import Compression
internal import TelemetryModel

/// Makes entries of the events that Beats send.
public struct LumberjackEvents: Sendable {
    /// What was read of frames.
    public struct Progress: Sendable, Hashable {
        /// Events that were handed on, refused ones included.
        public var events = 0
        /// The sequence number of the last of them.
        public var lastSequence: UInt32 = 0

        public init() {}
    }

    private let limits: LumberjackLimits
    private let mapping: LogDocumentMapping
    private let labels: LogFields

    /// - Parameters:
    ///   - mapping: which members of the events mean what, as ``ElasticsearchBulk/mapping(metadataFieldsMax:metadataBytesMax:)`` gives it.
    ///   - labels: what every entry gets beside its own.
    public init(limits: LumberjackLimits = LumberjackLimits(), mapping: LogDocumentMapping, labels: [(name: String, value: String)] = []) {
        self.limits = limits
        self.mapping = mapping
        var fields = LogFields()
        for label in labels { fields.append(label.name, label.value) }
        self.labels = fields
    }

    /// The events of frames one after the other, those of compressed frames with them.
    ///
    /// - Throws: where a compressed frame cannot be read; the events in front of it were given.
    public func events(
        of frames: [LumberjackFrame], _ body: (_ sequence: UInt32, _ frame: LumberjackFrame) -> Void
    ) throws(LogFormatError) {
        for frame in frames { try events(of: frame, isInner: false, body) }
    }

    private func events(
        of frame: LumberjackFrame, isInner: Bool, _ body: (_ sequence: UInt32, _ frame: LumberjackFrame) -> Void
    ) throws(LogFormatError) {
        switch frame {
        case .window: break
        case .json(let sequence, _), .pairs(let sequence, _): body(sequence, frame)
        case .compressed(let bytes):
            guard !isInner else { throw LogFormatError("a compressed frame within a compressed frame", at: 0) }
            let plain: [UInt8]
            do throws(CompressionError) {
                plain = try Codec.zlib.decompress(bytes, limit: limits.decompressedBytesMax)
            } catch {
                throw LogFormatError("a compressed frame that cannot be read: \(error)", at: 0)
            }
            var inner = limits
            inner.frameBytesMax = limits.decompressedBytesMax
            var reader = LumberjackReader(limits: inner)
            reader.append(plain)
            while let frame = try reader.next() { try events(of: frame, isInner: true, body) }
            if reader.pendingBytes > 0 { throw LogFormatError("a compressed frame ends within a frame", at: plain.count) }
        }
    }

    /// Hands the entries of events to a sink; an event that cannot be read is refused by itself.
    public func write<Sink: LogEntrySink>(_ events: [LumberjackFrame], into sink: inout Sink) {
        var reader = LogDocumentReader(mapping)
        for event in events {
            switch event {
            case .json(_, let bytes): bytes.withUnsafeBufferPointer { _ = reader.read($0, fixed: labels, into: &sink) }
            case .pairs(_, let bytes):
                // As a document it means the same, and is read the same way.
                LumberjackEvents.document(bytes).withUnsafeBufferPointer { _ = reader.read($0, fixed: labels, into: &sink) }
            case .window, .compressed: break
            }
        }
    }

    /// Names and values as a JSON object. The line is called `line` by the first of these agents, its file `file`.
    static func document(_ packed: [UInt8]) -> [UInt8] {
        var position = 4
        func text() -> String? {
            guard position + 4 <= packed.count else { return nil }
            let length = (0..<4).reduce(0) { $0 << 8 | Int(packed[position + $1]) }
            position += 4
            guard length <= packed.count - position else { return nil }
            defer { position += length }
            return String(decoding: packed[position..<position + length], as: UTF8.self)
        }
        var writer = JSONTextWriter()
        writer.beginObject()
        while let name = text(), let value = text() {
            writer.name(name == "line" ? "message" : name == "file" ? "log.file.path" : name)
            writer.value(value)
        }
        writer.endObject()
        return writer.bytes
    }
}
