internal import ConfigFile

/// Decides which files of targets to read and what to report; holds no clock and reads nothing itself.
struct FileDiscoveryState {
    /// What has to be done after looking at the files.
    struct Changes: Equatable {
        /// Files to read, sorted.
        var reads: [String] = []
        /// Files that were read once and are gone, sorted.
        var removals: [String] = []
        /// Whether this is the first look, which must lead to a report.
        var isFirst = false
    }

    private struct File {
        var signature: FileSignature?
        /// Number of groups in force, so that those which vanish from the file can be taken back.
        var groupCount = 0
    }

    private let refreshInterval: Duration
    private var files: [String: File] = [:]
    private var nextRefresh: Duration?

    init(refreshInterval: Duration) { self.refreshInterval = refreshInterval }

    /// Compares the files that are there now with those known.
    ///
    /// - Parameter now: time since any fixed moment.
    mutating func observe(_ current: [String: FileSignature], at now: Duration) -> Changes {
        var changes = Changes(isFirst: nextRefresh == nil)
        let isRefresh = nextRefresh.map { now >= $0 } ?? true
        if isRefresh { nextRefresh = now + refreshInterval }
        for (path, signature) in current where isRefresh || files[path]?.signature != signature {
            files[path, default: File()].signature = signature
            changes.reads.append(path)
        }
        changes.reads.sort()
        changes.removals = files.keys.filter { current[$0] == nil }.sorted()
        return changes
    }

    /// Reads what has to be read and turns it into reports. A file that cannot be used keeps its groups in force.
    mutating func apply(
        _ changes: Changes,
        reading read: (String) -> Result<[TargetGroup], FileDiscoveryFault>
    ) -> [DiscoveryEvent] {
        var events: [DiscoveryEvent] = []
        var groups: [TargetGroup] = []
        for path in changes.removals {
            let gone = files.removeValue(forKey: path)?.groupCount ?? 0
            groups += Self.emptyGroups(path, 0..<gone)
        }
        for path in changes.reads {
            switch read(path) {
            case .success(let found):
                groups += found
                let previous = files[path]?.groupCount ?? 0
                if previous > found.count { groups += Self.emptyGroups(path, found.count..<previous) }
                files[path]?.groupCount = found.count
            case .failure(let fault):
                events.append(.failure(fault.reason))
            }
        }
        if !groups.isEmpty || changes.isFirst { events.append(.groups(groups)) }
        return events
    }

    private static func emptyGroups(_ path: String, _ indices: Range<Int>) -> [TargetGroup] {
        indices.map { TargetGroup(source: "\(path):\($0)", targets: []) }
    }
}
