/// Takes finished log lines. Tests collect them in memory.
public protocol LogLineWriter: Sendable {
    /// Writes a line that ends with a line feed. Never blocks for long and never fails loudly: there is nowhere to say so.
    func write(_ line: [UInt8])

    /// The time to stamp a line with.
    func unixNanoseconds() -> Int64

    /// Waits until what was written is out, but no longer than this.
    func flush(within timeout: Duration)
}

extension LogLineWriter {
    /// Does nothing: right where each line is out when `write` returns.
    public func flush(within timeout: Duration) {}
}
