internal import Foundation
internal import MetricStorage
internal import ShardStorage

/// Puts a backup back into an empty data directory.
public struct StorageRestore: Sendable {
    private let directory: String
    private let destination: String

    /// What was restored.
    public struct Summary: Sendable, Hashable {
        public internal(set) var files = 0
        public internal(set) var bytes = 0
    }

    /// - Parameters:
    ///   - directory: the backup.
    ///   - dataDirectory: where the data goes; nothing may be stored there yet.
    public init(directory: String, dataDirectory: String) {
        self.directory = directory
        destination = dataDirectory
    }

    /// Checks every file of the backup, copies all, and then gives them their place at once.
    ///
    /// - Throws: where the backup is not whole or the place is taken; nothing is stored in the data directory then.
    public func run() throws(StorageCommandError) -> Summary {
        let manifest = try BackupManifest(directory: directory)
        let problems = manifest.files.compactMap { BackupManifest.problem(with: $0, in: directory) }
        guard problems.isEmpty else {
            throw StorageCommandError("the backup is damaged, nothing was restored\n" + problems.joined(separator: "\n"))
        }
        do {
            return try restore(manifest)
        } catch let error as StorageCommandError {
            throw error
        } catch {
            throw StorageCommandError("\(error)")
        }
    }

    private func restore(_ manifest: BackupManifest) throws -> Summary {
        try FileOperations.createDirectory(destination)
        let place = destination + "/metrics"
        let building = destination + "/metrics.restoring"
        if FileOperations.exists(place), try !FileOperations.names(in: place).isEmpty {
            throw StorageCommandError("\(place): holds data already; restore into an empty directory", status: 2)
        }
        if FileOperations.exists(building) { try FileManager.default.removeItem(atPath: building) }
        try FileOperations.createDirectory(building)
        var summary = Summary()
        for file in manifest.files {
            let name = String(file.name.dropFirst("metrics/".utf8.count))
            guard StorageInspection.kind(ofName: name) != nil else {
                throw StorageCommandError("\(directory): names a file that no data directory has: \(file.name)")
            }
            try FileManager.default.copyItem(atPath: directory + "/" + file.storedAs, toPath: building + "/" + name)
            try FileOperations.syncFile(building + "/" + name)
            summary.files += 1
            summary.bytes += file.bytes
        }
        try FileOperations.syncDirectory(building)
        // Takes the place of an empty folder as well.
        try FileOperations.move(building, to: place)
        try FileOperations.syncDirectory(destination)
        return summary
    }
}
