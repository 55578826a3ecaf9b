internal import ShardStorage
internal import Synchronization

extension LogStorage {
    /// Copies the storage into an empty folder, which can be opened as a storage of its own.
    ///
    /// Everything that was acknowledged before the call is in the copy, and each file is as it was at one moment. Appends and reads go on
    /// meanwhile.
    ///
    /// - Parameter skippingHead: whether entries are left out that are in no shard yet.
    /// - Throws: ``LogStorageError``; what was begun is still in the folder then.
    public func snapshot(into folder: String, skippingHead: Bool = false) throws(LogStorageError) {
        try checkOpen()
        do {
            try FileOperations.createDirectory(folder)
            if !skippingHead {
                // Nothing may be sealed while segments are copied. What is sealed later is in both, and counts once.
                try maintenance.withLock { _ in
                    try checkOpen()
                    try journal.sync()
                    try copyFiles(of: .journalSegment, into: folder)
                }
            }
            try copyFiles(of: .shard, into: folder)
            try FileOperations.syncDirectory(folder)
        } catch {
            throw LogStorageError(error, path: folder)
        }
    }

    private func copyFiles(of kind: LogFileReport.Kind, into folder: String) throws {
        try DatabaseFile.copyAll(of: directory, into: folder) { LogStorageInspection.kind(ofName: $0) == kind }
    }
}
