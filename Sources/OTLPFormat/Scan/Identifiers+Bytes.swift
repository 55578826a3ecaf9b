public import TelemetryModel

extension TraceID {
    /// - Precondition: there are 16 bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16, "BUG: a trace id has 16 bytes")
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}

extension SpanID {
    /// - Precondition: there are 8 bytes.
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 8, "BUG: a span id has 8 bytes")
        self.init(UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
    }
}
