internal import ByteCoding
internal import Foundation
internal import ShardStorage

/// The list of a backup's files: `manifest.json`. A backup is what its manifest names, nothing else.
struct BackupManifest: Codable, Sendable {
    static let currentFormat = 1
    static let fileName = "manifest.json"

    /// One file of the data directory.
    struct File: Codable, Sendable {
        /// Its place in the data directory: `metrics/2026-11-22.sqlite`.
        var name: String
        /// Its place in the backup.
        var storedAs: String
        var bytes: Int
        /// The XXH3 64-bit hash of the copy, 16 hexadecimal digits (`xxhsum -H3`).
        var xxh3: String
        /// How the file was found; nil where that cannot show whether it changed.
        var source: SourceState?
    }

    var format = BackupManifest.currentFormat
    /// The program that wrote it.
    var program: String
    /// When the backup began, milliseconds since 1970.
    var startedMilliseconds: Int64
    var files: [File]

    /// Reads the manifest of a backup.
    init(directory: String) throws(StorageCommandError) {
        let path = directory + "/" + BackupManifest.fileName
        let manifest: BackupManifest
        do {
            manifest = try JSONDecoder().decode(BackupManifest.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch is DecodingError {
            throw StorageCommandError("\(path): is no manifest of a backup")
        } catch {
            throw StorageCommandError("\(path): cannot be read; is \(directory) a backup?")
        }
        guard manifest.format <= BackupManifest.currentFormat else {
            throw StorageCommandError("\(path): format \(manifest.format) is newer than this program's \(BackupManifest.currentFormat)")
        }
        for file in manifest.files {
            guard BackupPlace.isValid(file.name), BackupPlace.isValid(file.storedAs) else {
                throw StorageCommandError("\(path): names a file that no backup has: \(file.name)")
            }
        }
        self = manifest
    }

    init(program: String, started: Int64) {
        self.program = program
        startedMilliseconds = started
        files = []
    }

    /// Puts the manifest in the place of an older one, all at once.
    func write(to directory: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let path = directory + "/" + BackupManifest.fileName
        try encoder.encode(self).write(to: URL(fileURLWithPath: path + ".partial"))
        try FileOperations.syncFile(path + ".partial")
        try FileOperations.move(path + ".partial", to: path)
        try FileOperations.syncDirectory(directory)
    }

    /// Length and hash of a file that nobody writes.
    static func contents(of path: String) throws -> (bytes: Int, xxh3: String) {
        let contents = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        let digits = String(contents.withUnsafeBytes { hash64($0) }, radix: 16)
        return (contents.count, String(repeating: "0", count: 16 - digits.utf8.count) + digits)
    }

    /// What is wrong with the copy of a file, or nil.
    static func problem(with file: File, in directory: String) -> String? {
        let path = directory + "/" + file.storedAs
        guard let found = try? contents(of: path) else { return "\(path): cannot be read" }
        if found.bytes != file.bytes { return "\(path): has \(found.bytes) bytes, not \(file.bytes)" }
        return found.xxh3 == file.xxh3 ? nil : "\(path): is not what was written; its checksum differs"
    }
}
