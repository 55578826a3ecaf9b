/// What a template may cost, so that none can hold up or exhaust the process that carries it out.
public struct TemplateLimits: Sendable, Hashable {
    /// Bytes of output, and of each value that is made on the way.
    public var bytesMax: Int
    /// Steps: actions, iterations, calls, and for every 64 bytes that are made another one.
    public var stepsMax: Int
    /// How deep templates, actions and parentheses may stand within each other while they are carried out. Keeps within a thread's stack.
    public var depthMax: Int

    public init(bytesMax: Int = 1 << 20, stepsMax: Int = 200_000, depthMax: Int = 200) {
        self.bytesMax = bytesMax
        self.stepsMax = stepsMax
        self.depthMax = depthMax
    }
}
