internal import TelemetryModel

@testable internal import LogReceiving

/// Files in memory: what ``FileTailing`` asks for is done on them, and its entries are kept; positions survive the end of a process.
struct SimulatedFiles {
    struct File {
        var identity: FileIdentity
        var content: [UInt8] = []
        var modified: Int64 = 0
    }

    /// What is named.
    var paths: [String: FileIdentity] = [:]
    /// What exists, also without a name for as long as it is open.
    var files: [FileIdentity: File] = [:]
    var open: Set<FileIdentity> = []
    private var nextInode: UInt64 = 1
    private var freeInodes: [UInt64] = []

    var kept: [String] = []
    var keptPaths: [String] = []
    var positions: [FileIdentity: FilePosition] = [:]
    var reports: [String] = []
    var unreadable: Set<String> = []
    /// How often an append is refused from now on.
    var refusals = 0
    /// Actions that may still be done before the process is killed.
    var actionsLeft = Int.max
    var now: Int64 = 0

    // MARK: - What programs do

    mutating func write(_ text: String, to path: String) {
        let identity = paths[path] ?? create(path)
        files[identity]?.content += Array(text.utf8)
        files[identity]?.modified = now
    }

    mutating func create(_ path: String) -> FileIdentity {
        // Numbers of deleted files are used again, as file systems do.
        let inode = freeInodes.popLast() ?? nextInode
        if inode == nextInode { nextInode += 1 }
        let identity = FileIdentity(device: 1, inode: inode)
        files[identity] = File(identity: identity, modified: now)
        paths[path] = identity
        return identity
    }

    mutating func rename(_ old: String, _ new: String) {
        if paths[new] != nil { delete(new) }
        paths[new] = paths.removeValue(forKey: old)
    }

    mutating func copy(_ old: String, _ new: String) {
        if paths[new] != nil { delete(new) }
        guard let content = paths[old].flatMap({ files[$0]?.content }) else { return }
        let identity = create(new)
        files[identity]?.content = content
    }

    mutating func truncate(_ path: String) {
        guard let identity = paths[path] else { return }
        files[identity]?.content = []
        files[identity]?.modified = now
    }

    mutating func delete(_ path: String) {
        guard let identity = paths.removeValue(forKey: path) else { return }
        freeIfUnused(identity)
    }

    private mutating func freeIfUnused(_ identity: FileIdentity) {
        guard !open.contains(identity), !paths.values.contains(identity) else { return }
        files[identity] = nil
        freeInodes.append(identity.inode)
    }

    // MARK: - What the tailing process does

    mutating func tailing(_ settings: TailSettings = TailSettings()) -> FileTailing {
        for identity in open {
            open.remove(identity)
            freeIfUnused(identity)
        }
        return FileTailing(settings: settings, positions: Array(positions.values), isFirstStart: positions.isEmpty, now: now)
    }

    /// Does what there is to do until nothing is left; false where the process was killed.
    mutating func run(_ tailing: inout FileTailing) -> Bool {
        while let action = tailing.next(now: now) {
            if actionsLeft == 0 { return false }
            actionsLeft -= 1
            perform(action, &tailing)
        }
        return true
    }

    /// Lets time pass, and does what there is to do.
    mutating func run(_ tailing: inout FileTailing, milliseconds: Int64) -> Bool {
        let end = now + milliseconds * 1_000_000
        while true {
            guard run(&tailing) else { return false }
            let wake = min(end, max(tailing.wakeTime(now: now), now + 1_000_000))
            if now >= end { return true }
            now = wake
        }
    }

    private mutating func perform(_ action: TailAction, _ tailing: inout FileTailing) {
        switch action {
        case .list:
            let found = paths.sorted { $0.key < $1.key }.map { path, identity in
                ListedFile(
                    path: path, identity: identity, size: Int64(files[identity]?.content.count ?? 0),
                    modified: files[identity]?.modified ?? 0)
            }
            tailing.listed(found, now: now)
        case .open(let found):
            guard paths[found.path] == found.identity else { return }
            if unreadable.contains(found.path) { return tailing.failed(found.path, "permission denied") }
            open.insert(found.identity)
            tailing.opened(found, now: now)
        case .read(let identity, let offset, let count):
            let content = files[identity]?.content ?? []
            let start = min(Int(offset), content.count)
            tailing.read(identity, Array(content[start..<min(content.count, start + count)]), now: now)
        case .measure(let identities):
            tailing.measured(identities.map { ($0, Int64(files[$0]?.content.count ?? 0)) }, now: now)
        case .append(let batch):
            if refusals > 0 {
                refusals -= 1
                return tailing.refused(until: now + 1_000_000_000)
            }
            for run in batch.runs {
                for index in 0..<run.texts.count {
                    kept.append(run.texts.string(index))
                    keptPaths.append(run.path)
                }
            }
            tailing.appended()
        case .save(let saved, let forget):
            for position in saved { positions[position.identity] = position }
            for identity in forget { positions[identity] = nil }
            tailing.saved()
        case .close(let identity):
            open.remove(identity)
            freeIfUnused(identity)
        case .report(let path, let reason): reports.append(path + ": " + reason)
        }
    }
}
