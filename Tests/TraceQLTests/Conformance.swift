internal import Foundation

/// The published conformance cases, where they are at hand: beside the package, or in the folder that `PERCH_CONFORMANCE` names.
enum Conformance {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["PERCH_CONFORMANCE"] {
            return URL(filePath: named).appending(path: "traceql", directoryHint: .isDirectory)
        }
        return URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../shared/conformance/traceql", directoryHint: .isDirectory).standardizedFileURL
    }()

    static func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: file).path) }
}
