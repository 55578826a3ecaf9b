internal import ConfigFile
internal import Foundation

/// Targets listed in files (`file_sd_configs`), read again whenever a file changes.
public struct FileDiscovery: TargetProvider, Hashable {
    /// Paths; the last part of each may hold `*`.
    public let patterns: [String]
    /// All files are read again after this long, whether they seem changed or not.
    public let refreshInterval: Duration
    /// How often files are looked at for changes.
    public let pollInterval: Duration

    /// Files larger than this are refused rather than read.
    public static let fileBytesMax = 64 << 20

    public init(patterns: [String], refreshInterval: Duration = .seconds(300), pollInterval: Duration = .seconds(5)) {
        self.patterns = patterns
        self.refreshInterval = refreshInterval
        self.pollInterval = min(pollInterval, refreshInterval)
    }

    public var mechanism: String { "file" }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        let clock = ContinuousClock()
        let start = clock.now
        var state = FileDiscoveryState(refreshInterval: refreshInterval)
        while !Task.isCancelled {
            let changes = state.observe(currentFiles(), at: clock.now - start)
            for event in state.apply(changes, reading: Self.read) { report(event) }
            do {
                try await clock.sleep(for: pollInterval)
            } catch {
                return  // Cancelled while asleep.
            }
        }
    }

    private func currentFiles() -> [String: FileSignature] {
        var files: [String: FileSignature] = [:]
        for pattern in patterns {
            for path in PathPattern(pattern).matchingPaths() {
                if let signature = FileSignature(path: path) { files[path] = signature }
            }
        }
        return files
    }

    /// Reads one file of target groups.
    ///
    /// - Returns: its groups, or one line that says why there are none.
    static func read(_ path: String) -> Result<[TargetGroup], FileDiscoveryFault> {
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            let content = try handle.read(upToCount: fileBytesMax + 1) ?? Data()
            try handle.close()
            guard content.count <= fileBytesMax else {
                return .failure(FileDiscoveryFault(reason: "\(path): larger than \(fileBytesMax >> 20) MiB"))
            }
            guard let text = String(validating: content, as: UTF8.self) else {
                return .failure(FileDiscoveryFault(reason: "\(path): not UTF-8 text"))
            }
            return .success(try TargetFile.parse(text, path: path))
        } catch let error as ConfigError {
            return .failure(FileDiscoveryFault(reason: error.description))
        } catch {
            return .failure(FileDiscoveryFault(reason: "\(path): cannot be read: \(error.localizedDescription)"))
        }
    }
}

/// Why a file of targets could not be used.
struct FileDiscoveryFault: Error, Hashable {
    /// One line that names the file and, where there is one, the place in it.
    let reason: String
}
