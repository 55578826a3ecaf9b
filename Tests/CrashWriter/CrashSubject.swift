/// A storage that is written to until the process is killed.
protocol CrashSubject: Sendable {
    static var writers: Int { get }

    /// Opens the storage.
    ///
    /// - Parameters:
    ///   - latestBatch: the number of the latest batch that any writer is at, which says what the time is.
    ///   - passed: to be told of each step that the storage reaches.
    init(
        directory: String, seed: UInt64, latestBatch: @escaping @Sendable () -> Int, passed: @escaping @Sendable (_ step: String) -> Void
    ) throws

    /// Writes a batch of a writer.
    ///
    /// - Returns: false where the storage asks to come again later.
    func write(writer: Int, number: Int) throws -> Bool

    func maintain(round: Int) throws
}
