internal import CivilCalendar
internal import Synchronization

/// The shard files of one signal in a folder, each known by the first day that it is for. They are opened when they are first needed.
///
/// A file that cannot be read is set aside: it is reported once, asking for its day says so, and every other day serves on.
public final class ShardCatalog: Sendable {
    private enum Entry: Sendable {
        case unopened
        case open(Shard)
        case damaged(ShardStorageError)
    }

    private struct State: Sendable {
        var entries: [Int: Entry] = [:]
        var damagedFiles = 0
    }

    public let directory: String
    private let signal: String
    private let prefix: String
    private let damaged: @Sendable (ShardStorageError) -> Void
    private let state: Mutex<State>

    /// Looks what is in a folder.
    ///
    /// - Parameters:
    ///   - prefix: what the names of the files begin with, before the day.
    ///   - damaged: told once of every file that is set aside.
    public init(
        directory: String, signal: String, prefix: String = "", damaged: @escaping @Sendable (ShardStorageError) -> Void
    ) throws(ShardStorageError) {
        self.directory = directory
        self.signal = signal
        self.prefix = prefix
        self.damaged = damaged
        try FileOperations.createDirectory(directory)
        var entries: [Int: Entry] = [:]
        for name in try FileOperations.names(in: directory) {
            if let day = ShardCatalog.day(ofName: name, prefix: prefix) { entries[day] = .unopened }
        }
        state = Mutex(State(entries: entries))
    }

    /// The day (from 1970-01-01) that a shard's file name says, or nil for any other name.
    public static func day(ofName name: String, prefix: String = "") -> Int? {
        guard name.hasPrefix(prefix), name.hasSuffix(".sqlite") else { return nil }
        return CivilDate(name.dropFirst(prefix.count).dropLast(7))?.daysSince1970
    }

    /// The days (from 1970-01-01) of the month that a day is in.
    public static func month(ofDay day: Int) -> ClosedRange<Int> {
        let first = day - CivilDate(daysSince1970: day).day + 1
        // Every month begins again within 31 days.
        let next = first + 31
        return first...next - CivilDate(daysSince1970: next).day
    }

    /// The path of a day's file.
    public func path(day: Int) -> String { "\(directory)/\(prefix)\(CivilDate(daysSince1970: day).text).sqlite" }

    /// The days that have a file, rising.
    public var days: [Int] { state.withLock { $0.entries.keys.sorted() } }

    /// The shards of a range of days in rising order, and what is missing because it is damaged.
    public func shards(days range: ClosedRange<Int>) -> (shards: [Shard], missing: [ShardStorageError]) {
        var shards: [Shard] = []
        var missing: [ShardStorageError] = []
        for day in days where range.contains(day) {
            do { if let shard = try shard(day: day) { shards.append(shard) } } catch { missing.append(error) }
        }
        return (shards, missing)
    }

    /// The shards of a range of days, where that is a matter of microseconds: all are open, none is damaged, and there are few; else nil.
    public func shardsAtHand(days range: ClosedRange<Int>, countMax: Int) -> [Shard]? {
        let found: [Shard]?? = state.withLockIfAvailable { state in
            var shards: [Shard] = []
            for (day, entry) in state.entries where range.contains(day) {
                guard case .open(let shard) = entry, shards.count < countMax else { return nil }
                shards.append(shard)
            }
            return shards.sorted { $0.day < $1.day }
        }
        return found ?? nil
    }

    /// The shard of a day; nil where there is none.
    public func shard(day: Int) throws(ShardStorageError) -> Shard? {
        let result: Result<Shard?, ShardStorageError> = state.withLock { state in
            switch state.entries[day] {
            case nil: return .success(nil)
            case .open(let shard): return .success(shard)
            case .damaged(let error): return .failure(error)
            case .unopened: return open(day, &state).map { $0 }
            }
        }
        return try result.get()
    }

    /// The shard of a day, created where there is none. A damaged file is renamed, so that the day can go on in a new one.
    public func shardForWriting(day: Int) throws(ShardStorageError) -> Shard {
        do { if let shard = try shard(day: day) { return shard } } catch {
            guard error.code == .corrupt else { throw error }
            try renameDamaged(day: day)
        }
        let result: Result<Shard, ShardStorageError> = state.withLock { state in
            if case .open(let shard) = state.entries[day] { return .success(shard) }
            let result = open(day, &state)
            if case .failure = result, !FileOperations.exists(path(day: day)) { state.entries[day] = nil }
            return result
        }
        return try result.get()
    }

    /// Takes note that a shard turned out to be damaged while it was used.
    public func setAside(_ shard: Shard, _ error: ShardStorageError) {
        let isNew = state.withLock { state in
            if case .damaged = state.entries[shard.day] { return false }
            state.entries[shard.day] = .damaged(error)
            state.damagedFiles += 1
            return true
        }
        if isNew { damaged(error) }
    }

    private func open(_ day: Int, _ state: inout State) -> Result<Shard, ShardStorageError> {
        do {
            let shard = try Shard(path: path(day: day), day: day, signal: signal)
            state.entries[day] = .open(shard)
            return .success(shard)
        } catch {
            // A full disk or a lack of memory passes; damage and a newer format do not.
            if error.code == .corrupt || error.code == .unsupportedVersion {
                state.entries[day] = .damaged(error)
                state.damagedFiles += 1
                damaged(error)
            }
            return .failure(error)
        }
    }

    private func renameDamaged(day: Int) throws(ShardStorageError) {
        try FileOperations.delete(ShardSums.path(ofShard: path(day: day)))
        try DatabaseFile.moveAside(path(day: day))
        state.withLock { $0.entries[day] = nil }
    }

    /// Deletes the files of all days before one.
    ///
    /// - Returns: the paths of the deleted files.
    public func deleteShards(before day: Int) throws(ShardStorageError) -> [String] {
        var deleted: [String] = []
        for due in days where due < day { if let path = try deleteShard(day: due) { deleted.append(path) } }
        return deleted
    }

    /// Deletes the file of a day.
    ///
    /// - Returns: the path of the deleted file; nil where the day has none.
    public func deleteShard(day: Int) throws(ShardStorageError) -> String? {
        guard let entry = state.withLock({ $0.entries.removeValue(forKey: day) }) else { return nil }
        // The names go first: a reader that still has the file open reads on, and closing writes nothing that stays.
        for suffix in ["", "-wal", "-shm", ShardSums.suffix] { try FileOperations.delete(path(day: day) + suffix) }
        if case .open(let shard) = entry { try shard.close() }
        return path(day: day)
    }

    /// Looks at every shard whole: where it rests, whether any bit changed since, and what the signal's own look finds. Writing and reading go
    /// on meanwhile.
    ///
    /// - Parameter verify: what is wrong in a shard, one sentence each.
    /// - Returns: what is wrong, with the path of the file; empty for sound files.
    public func problems(_ verify: (Shard) throws -> [String]) -> [(file: String, problem: String)] {
        var problems: [(file: String, problem: String)] = []
        for day in days {
            let path = path(day: day)
            problems += ShardSums.changesAtRest(ofShard: path).map { (path, $0) }
            do {
                guard let shard = try shard(day: day) else { continue }
                problems += try verify(shard).map { (path, $0) }
            } catch {
                problems.append((path, "\(error)"))
            }
        }
        return problems
    }

    /// The shards that are open.
    public var openShards: [Shard] {
        state.withLock { state in
            state.entries.values.compactMap { if case .open(let shard) = $0 { shard } else { nil } }.sorted { $0.day < $1.day }
        }
    }

    /// The number of files that were set aside.
    public var damagedFiles: Int { state.withLock { $0.damagedFiles } }

    /// Bytes of all shard files on the disk, with their logs.
    public var allocatedBytes: Int {
        days.reduce(0) { sum, day in
            ["", "-wal", "-shm", ShardSums.suffix].reduce(sum) { $0 + FileOperations.allocatedBytes(path(day: day) + $1) }
        }
    }

    /// Closes every shard.
    public func close() throws(ShardStorageError) { for shard in openShards { try shard.close() } }
}
