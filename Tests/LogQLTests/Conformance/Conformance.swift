internal import Foundation

/// The published conformance scripts, where they are at hand: beside the package, or in the folder that `PERCH_CONFORMANCE` names.
enum Conformance {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["PERCH_CONFORMANCE"] {
            return URL(filePath: named).appending(path: "logql/testdata", directoryHint: .isDirectory)
        }
        return URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../../shared/conformance/logql/testdata", directoryHint: .isDirectory).standardizedFileURL
    }()

    /// The scripts, sorted by name.
    static let scripts: [URL] = {
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "logqltest" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    }()
}
