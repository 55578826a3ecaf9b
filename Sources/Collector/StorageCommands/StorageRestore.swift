internal import Foundation
internal import ShardStorage

/// Puts a backup back into an empty data directory.
public struct StorageRestore: Sendable {
    private let directory: String
    private let destination: String

    private let isPartial: Bool

    /// What was restored.
    public struct Summary: Sendable, Hashable {
        public internal(set) var files = 0
        public internal(set) var bytes = 0
        /// What is wrong with files that were left out, one line each.
        public internal(set) var leftOut: [String] = []
    }

    /// - Parameters:
    ///   - directory: the backup.
    ///   - dataDirectory: where the data goes; nothing may be stored there yet.
    ///   - isPartial: whether files that are damaged or missing are left out, instead of restoring nothing.
    public init(directory: String, dataDirectory: String, isPartial: Bool = false) {
        self.directory = directory
        destination = dataDirectory
        self.isPartial = isPartial
    }

    /// Checks every file of the backup, copies all, checks the copies, and then gives them their place.
    ///
    /// - Parameter remark: told of every file that is damaged or missing.
    /// - Throws: where the backup is not whole or the place is taken; nothing is stored in the data directory then.
    public func run(remark: (String) -> Void = { _ in }) throws(StorageCommandError) -> Summary {
        var manifest = try BackupManifest(directory: directory)
        var leftOut: [String] = []
        manifest.files.removeAll { file in
            guard let problem = BackupManifest.problem(with: file, in: directory) else { return false }
            leftOut.append(problem)
            remark(problem)
            return true
        }
        guard leftOut.isEmpty || (isPartial && !manifest.files.isEmpty) else {
            throw StorageCommandError(
                "\(directory): \(leftOut.count) of \(leftOut.count + manifest.files.count) files are damaged or missing, "
                    + "nothing was restored; --partial restores the others")
        }
        do {
            var summary = try restore(manifest)
            summary.leftOut = leftOut
            return summary
        } catch let error as StorageCommandError {
            throw error
        } catch {
            throw StorageCommandError("\(error)")
        }
    }

    private func restore(_ manifest: BackupManifest) throws -> Summary {
        let folders = Set(manifest.files.map { String($0.name.prefix { $0 != "/" }) }).sorted()
        guard !folders.isEmpty else { throw StorageCommandError("\(directory): the backup has no files") }
        try FileOperations.createDirectory(destination)
        for folder in folders {
            let place = destination + "/" + folder
            if FileOperations.exists(place), try !FileOperations.names(in: place).isEmpty {
                throw StorageCommandError("\(place): holds data already; restore into an empty directory", status: 2)
            }
            if FileOperations.exists(place + ".restoring") { try FileManager.default.removeItem(atPath: place + ".restoring") }
        }
        var summary = Summary()
        for file in manifest.files {
            try copy(file, into: destination)
            summary.files += 1
            summary.bytes += file.bytes
        }
        for folder in folders {
            // Takes the place of an empty folder as well.
            try FileOperations.move(destination + "/" + folder + ".restoring", to: destination + "/" + folder)
        }
        try FileOperations.syncDirectory(destination)
        return summary
    }

    /// Copies a file into the folder that is to become its signal's, and looks whether it arrived as it was written.
    private func copy(_ file: BackupManifest.File, into destination: String) throws {
        var parts = file.name.split(separator: "/").map(String.init)
        parts[0] += ".restoring"
        let folder = destination + "/" + parts.dropLast().joined(separator: "/")
        try FileOperations.createDirectory(folder)
        let path = destination + "/" + parts.joined(separator: "/")
        try FileOperations.copy(directory + "/" + file.storedAs, to: path)
        let (bytes, xxh3) = try BackupManifest.contents(of: path)
        guard bytes == file.bytes, xxh3 == file.xxh3 else {
            throw StorageCommandError("\(path): is not what the backup holds; the disk may be failing")
        }
        try FileOperations.syncDirectory(folder)
    }
}
