internal import CFaultyFiles
internal import Foundation
internal import Synchronization
internal import TestSupport

/// What happens at one of the calls that change files.
enum Fault: String, CaseIterable, Sendable {
    /// The call fails with EIO and does nothing; the next one works.
    case failure
    /// No space, for this call and the next eleven that need some.
    case diskFull
    /// A write does half of its bytes and fails with EIO; the next call works. Other calls fail.
    case cutWrite
    /// The process ends before the call: neither it nor any later one is done. What was written stays.
    case crash
    /// The process ends in the middle of a write.
    case crashInWrite
    /// The power goes before the call: of files, what was not synced is lost; of names, what was not synced in their folder.
    case powerCut
    /// The power goes, and of what was not synced a random half is there: sectors, sizes, names.
    case powerCutInPieces
    /// A failure as the first kind, and some calls later a power cut.
    case failureThenPowerCut

    var endsProcess: Bool { self == .crash || self == .crashInWrite || self == .powerCut || self == .powerCutInPieces }
    var cutsPower: Bool { self == .powerCut || self == .powerCutInPieces || self == .failureThenPowerCut }
}

/// A folder whose disk fails on purpose. It counts the calls that change files, and lets one of them go wrong.
///
/// For power cuts it knows what is durable: a file's bytes at its latest sync, a folder's names at its own latest sync. That is less than
/// common file systems keep. Files for shared memory (`-shm`) never count.
final class FaultyDisk: Sendable {
    private enum NameChange {
        case create(String, file: Int)
        case unlink(String)
        case rename(String, String)

        var folder: Substring {
            switch self {
            case .create(let path, _), .unlink(let path), .rename(_, let path): path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
            }
        }
    }

    private struct State {
        var fault: Fault?
        var target = 0
        var calls = 0
        var isDead = false
        var fullCallsLeft = 0
        /// The file behind each name, as running programs see it; files are numbered.
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var changes: [NameChange] = []
        var durableBytes: [Int: Data] = [:]
        /// What deleted files held.
        var lastBytes: [Int: Data] = [:]
        var nextFile = 0
    }

    static let shared = FaultyDisk()
    private static let sectorBytes = 512
    private let state = Mutex(State())

    private init() {}

    /// Starts on an empty folder. The call number `target`, counted from 0, will go wrong; nil counts only.
    func begin(folder: String, fault: Fault?, target: Int) {
        state.withLock {
            $0 = State()
            $0.fault = fault
            $0.target = target
        }
        faulty_files_watch(folder) { call in FaultyDisk.shared.judge(call) }
    }

    /// Everything works again, and nothing is watched any more.
    func end() { faulty_files_watch("", nil) }

    var calls: Int { state.withLock { $0.calls } }
    /// Whether the process is taken to have ended.
    var isDead: Bool { state.withLock { $0.isDead } }
    /// Whether the fault has come.
    var hasFailed: Bool { state.withLock { $0.fault != nil && $0.calls > $0.target } }

    private func judge(_ call: faulty_call) -> faulty_verdict {
        let path = String(cString: call.path)
        if path.hasSuffix("-shm") && call.kind != FAULTY_UNLINK { return judgeShared() }
        return state.withLock { state in
            if state.isDead { return faulty_verdict(error: EIO, bytes_written: 0, is_skipped: 0) }
            guard FaultyDisk.changesSomething(call, path) else { return faulty_verdict() }
            defer { state.calls += 1 }
            if state.calls == state.target, let fault = state.fault {
                if fault == .diskFull { state.fullCallsLeft = 12 } else { return FaultyDisk.fail(call, fault, &state) }
            }
            if state.fault == .failureThenPowerCut && state.calls == state.target + 5 + state.target % 60 {
                return FaultyDisk.fail(call, .powerCut, &state)
            }
            let needsSpace = call.kind == FAULTY_WRITE || call.kind == FAULTY_CREATE || call.kind == FAULTY_MAKE_DIRECTORY
            if state.fullCallsLeft > 0 && needsSpace {
                state.fullCallsLeft -= 1
                return faulty_verdict(error: ENOSPC, bytes_written: 0, is_skipped: 0)
            }
            let destination = call.destination.map { String(cString: $0) }
            return FaultyDisk.note(call.kind, path, destination, &state)
        }
    }

    /// Shared memory is no disk, but a process that has ended does not change it either.
    private func judgeShared() -> faulty_verdict {
        state.withLock { faulty_verdict(error: $0.isDead ? EIO : 0, bytes_written: 0, is_skipped: 0) }
    }

    private static func changesSomething(_ call: faulty_call, _ path: String) -> Bool {
        switch call.kind {
        case FAULTY_CREATE, FAULTY_MAKE_DIRECTORY: access(path, F_OK) != 0
        case FAULTY_UNLINK, FAULTY_RENAME: access(path, F_OK) == 0
        default: true
        }
    }

    private static func fail(_ call: faulty_call, _ fault: Fault, _ state: inout State) -> faulty_verdict {
        state.isDead = fault.endsProcess
        let isCut = call.kind == FAULTY_WRITE && (fault == .cutWrite || fault == .crashInWrite)
        return faulty_verdict(error: EIO, bytes_written: isCut ? call.size / 2 : 0, is_skipped: 0)
    }

    /// Keeps the books for a call that will be done. Syncs are kept in the books only, which saves the time of the real disk.
    private static func note(_ kind: faulty_kind, _ path: String, _ destination: String?, _ state: inout State) -> faulty_verdict {
        switch kind {
        case FAULTY_CREATE:
            state.names[path] = state.nextFile
            state.changes.append(.create(path, file: state.nextFile))
            state.nextFile += 1
        case FAULTY_UNLINK:
            if let file = state.names.removeValue(forKey: path) { state.lastBytes[file] = bytes(path) }
            state.changes.append(.unlink(path))
        case FAULTY_RENAME:
            if let destination {
                state.names[destination] = state.names.removeValue(forKey: path)
                state.changes.append(.rename(path, destination))
            }
        case FAULTY_SYNC:
            if let file = state.names[path] {
                state.durableBytes[file] = bytes(path)
            } else {
                let (due, rest) = (state.changes.filter { $0.folder == path }, state.changes.filter { $0.folder != path })
                for change in due { apply(change, to: &state.durableNames) }
                state.changes = rest
            }
            return faulty_verdict(error: 0, bytes_written: 0, is_skipped: 1)
        default: break
        }
        return faulty_verdict()
    }

    private static func bytes(_ path: String) -> Data { FileManager.default.contents(atPath: path) ?? Data() }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .create(let path, let file): names[path] = file
        case .unlink(let path): names[path] = nil
        case .rename(let path, let destination): if let file = names.removeValue(forKey: path) { names[destination] = file }
        }
    }

    /// Puts the files into the state that a power cut leaves. To be called when the dead process has let go of them.
    func losePower(inPieces: Bool, using generator: inout SeededGenerator) throws {
        let before = state.withLock { $0 }
        var contents: [Int: Data] = before.lastBytes
        for (path, file) in before.names { contents[file] = FaultyDisk.bytes(path) }
        for path in before.names.keys { try FileManager.default.removeItem(atPath: path) }
        var names = before.durableNames
        if inPieces {
            for change in before.changes where Bool.random(using: &generator) { FaultyDisk.apply(change, to: &names) }
        }
        for (path, file) in names.sorted(by: { $0.key < $1.key }) {
            let durable = before.durableBytes[file] ?? Data()
            let kept = inPieces ? FaultyDisk.mixed(durable, contents[file] ?? Data(), &generator) : durable
            try kept.write(to: URL(fileURLWithPath: path))
            // What was shared memory holds anything.
            let shared = path + "-shm"
            if access(shared, F_OK) == 0 { try Data(generator.bytes(32 << 10)).write(to: URL(fileURLWithPath: shared)) }
        }
    }

    /// Each sector is the durable or the latest one; the size is one of both sizes.
    private static func mixed(_ durable: Data, _ latest: Data, _ generator: inout SeededGenerator) -> Data {
        let size = Bool.random(using: &generator) ? durable.count : latest.count
        var mixed = Data(count: size)
        for start in stride(from: 0, to: size, by: sectorBytes) {
            let source = Bool.random(using: &generator) ? durable : latest
            let end = min(start + sectorBytes, size, source.count)
            if start < end { mixed.replaceSubrange(start..<end, with: source[start..<end]) }
        }
        return mixed
    }
}
