/// What a receiver takes at once and at most.
public struct ReceiverLimits: Sendable {
    /// Bytes of one message, as sent and decompressed.
    public var messageBytesMax = 64 << 20
    /// Bytes of one body in a format of which the same takes more room in OTLP.
    public var foreignBytesMax = 16 << 20
    /// Bytes of all messages that are being taken; beyond, senders are told to come again.
    public var pendingBytesMax = 256 << 20
    /// Messages that are decoded and appended at the same time.
    public var concurrency = 4

    public init() {}
}
