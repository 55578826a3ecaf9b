/// What became of a message that was sent.
public enum SendOutcome: Sendable, Hashable {
    /// It was taken, but for so many items.
    case accepted(rejected: Int, message: String)
    /// It may be taken later, after this time if the receiver said one.
    case retry(after: Duration?, reason: String)
    /// It will never be taken.
    case refused(reason: String)
}

/// Brings messages of OTLP to a receiver.
public protocol OTLPTransport: Sendable {
    /// Sends one message. Does not throw: what goes wrong is an outcome.
    func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome

    /// Works until the task is cancelled, where the transport needs to.
    func run() async

    /// Lets go of connections.
    func shutdown() async
}

extension OTLPTransport {
    public func run() async {}
    public func shutdown() async {}
}
