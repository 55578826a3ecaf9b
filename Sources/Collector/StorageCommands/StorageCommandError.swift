/// A storage command that cannot do what it was asked for.
public struct StorageCommandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why, and what to do about it.
    public let message: String
    /// 1 where the operation failed, 2 for wrong usage.
    public let status: Int32

    public init(_ message: String, status: Int32 = 1) {
        self.message = message
        self.status = status
    }

    public var description: String { message }
}

/// Where a storage command writes.
public struct StorageCommandOutput: Sendable {
    /// Takes what was asked for: standard output.
    public let write: @Sendable (String) -> Void
    /// Takes faults and remarks, line by line: standard error.
    public let remark: @Sendable (String) -> Void

    public init(write: @escaping @Sendable (String) -> Void, remark: @escaping @Sendable (String) -> Void) {
        self.write = write
        self.remark = remark
    }
}
