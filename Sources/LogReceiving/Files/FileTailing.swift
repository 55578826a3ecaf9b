internal import ByteCoding
internal import LogFormats

/// Which files are read, how far, and when what was read is kept: decided here, done outside.
///
/// ``next(now:)`` says what to do; what came of it is told by the method that ``TailAction`` names, before the next one is asked for. Times only rise
/// and are in nanoseconds. What was kept and written down is never read again; what was kept but not written down is, if the process dies in between.
///
/// A file is known by its number on the disk, so that renaming it changes nothing. That it was cut short or written anew is seen from its size and from
/// the bytes in front of the place up to which it was read, which are read again each time.
struct FileTailing: Sendable {
    /// Waiting times, in nanoseconds.
    private enum Pause {
        static let list: Int64 = 1_000_000_000
        static let measure: Int64 = 250_000_000
        /// A file that has not grown for so long is looked at with all others only.
        static let active: Int64 = 5_000_000_000
        /// So long a file that is no longer found is read on.
        static let gone: Int64 = 5_000_000_000
        /// So long it is remembered how far a file was read that is gone.
        static let memory: Int64 = 86_400_000_000_000
    }

    private static let chunkBytes = 256 << 10
    private static let batchBytes = 1 << 20
    /// What faults of writing positions down are reported under.
    private static let positionsName = "positions"

    private let settings: TailSettings
    private(set) var files: [FileIdentity: TailedFile] = [:]
    /// Files that are not read, and since when.
    private var remembered: [FileIdentity: (position: FilePosition, since: Int64)] = [:]
    private var rememberedByPath: [String: FilePosition] = [:]
    /// The files by where they are found and where they were found first; filled while there are files to be opened.
    private var namesakes: [String: [FileIdentity]] = [:]
    private var isFirstList: Bool
    private var toOpen: [ListedFile] = []
    private var toRead: [FileIdentity] = []
    private var toClose: [FileIdentity] = []
    private var toForget: [FileIdentity] = []
    /// Where files were left that are closed since positions were written down last.
    private var left: [FilePosition] = []
    private var reports: [(path: String, reason: String)] = []
    private var reported: [String: String] = [:]
    private var batch = TailBatch()
    private var listDue: Int64 = .min
    private var measureDue: Int64 = .min
    private var appendDue: Int64 = .min
    private var saveDue: Int64 = .min
    private var wasAppended = false
    private var closedFaults: (truncated: Int, malformed: Int) = (0, 0)

    /// - Parameters:
    ///   - positions: what was written down before.
    ///   - isFirstStart: whether nothing was ever written down.
    init(settings: TailSettings, positions: [FilePosition] = [], isFirstStart: Bool = true, now: Int64) {
        self.settings = settings
        isFirstList = isFirstStart
        for position in positions { remember(position, now) }
    }

    /// Lines that were cut, and lines that are not of the format named, so far.
    var faultCounts: (truncated: Int, malformed: Int) {
        files.values.reduce(closedFaults) { ($0.truncated + $1.faultCounts.truncated, $0.malformed + $1.faultCounts.malformed) }
    }

    /// Bytes of the files that were not read yet.
    var bytesBehind: Int64 {
        files.values.reduce(0) { sum, file in
            if case .reading = file.phase { return sum + max(0, file.size - file.readOffset) }
            return sum
        }
    }

    // MARK: - What to do

    /// What is to be done now; nil where there is nothing before ``wakeTime(now:)``.
    mutating func next(now: Int64) -> TailAction? {
        if let report = reports.popLast() { return .report(path: report.path, reason: report.reason) }
        if let identity = toClose.popLast() { return .close(identity) }
        if batch.bytes >= FileTailing.batchBytes { return now >= appendDue ? .append(batch) : nil }
        if wasAppended, batch.isEmpty, let save = save(now) { return save }
        if now >= listDue { return .list }
        if files.count >= settings.filesMax, !toOpen.isEmpty { leaveOut() }
        if let found = toOpen.popLast() { return .open(found) }
        if let action = read() { return action }
        for file in files.values where file.hasPending {
            files[file.identity]?.flushStale(now: now) { batch.append($0, of: file.path) }
        }
        if !batch.isEmpty { return now >= appendDue ? .append(batch) : nil }
        if let save = save(now) { return save }
        if now >= measureDue {
            measureDue = now + Pause.measure
            closeGone(now)
            if let identity = toClose.popLast() { return .close(identity) }
            let active = files.values.filter { $0.goneSince != nil || now - $0.grown < Pause.active }.map(\.identity)
            if !active.isEmpty { return .measure(active) }
        }
        return nil
    }

    /// Until when there is nothing to do.
    func wakeTime(now: Int64) -> Int64 {
        if !batch.isEmpty { return max(now, appendDue) }
        let isActive = files.values.contains { $0.goneSince != nil || $0.hasPending || now - $0.grown < Pause.active }
        return isActive ? min(listDue, now + Pause.measure) : listDue
    }

    /// There are more files than may be read at the same time; those that are left out are found again the next time.
    private mutating func leaveOut() {
        toOpen = []
        report("files", "more than \(settings.filesMax) files are found; the others wait until one of them is gone")
    }

    private mutating func read() -> TailAction? {
        while let identity = toRead.first {
            toRead.removeFirst()
            files[identity]?.isQueued = false
            guard let wanted = files[identity]?.wanted(chunkBytes: FileTailing.chunkBytes) else { continue }
            return .read(identity, at: wanted.offset, count: wanted.count)
        }
        return nil
    }

    private mutating func queue(_ identity: FileIdentity) {
        guard files[identity]?.isQueued == false else { return }
        files[identity]?.isQueued = true
        toRead.append(identity)
    }

    private mutating func save(_ now: Int64) -> TailAction? {
        wasAppended = false
        guard now >= saveDue else { return nil }
        let positions = files.values.filter(\.isDirty).map(\.position) + left
        guard !positions.isEmpty || !toForget.isEmpty else { return nil }
        return .save(positions, forget: toForget)
    }

    // MARK: - What came of it

    /// The files that are there.
    ///
    /// - Parameters:
    ///   - faults: folders that cannot be looked into, and why.
    ///   - next: when to look again at the earliest.
    mutating func listed(_ found: [ListedFile], faults: [(path: String, reason: String)] = [], now: Int64, next: Int64? = nil) {
        listDue = max(now + Pause.list, next ?? now)
        for fault in faults { report(fault.path, fault.reason) }
        var seen: Set<FileIdentity> = []
        toOpen = []
        for file in found where seen.insert(file.identity).inserted {
            guard let known = files[file.identity] else {
                if !CompressedFile.isName(file.path) { toOpen.append(file) }
                continue
            }
            files[file.identity]?.listedPath = file.path
            files[file.identity]?.goneSince = nil
            if file.modified != known.modified { queue(file.identity) }
            files[file.identity]?.modified = file.modified
            changed(file.identity, size: file.size)
        }
        for identity in files.keys where !seen.contains(identity) && files[identity]?.goneSince == nil {
            files[identity]?.goneSince = now
            files[identity]?.listedPath = nil
            queue(identity)
        }
        // The end of the list is opened first: sorted, a file comes before its copies.
        toOpen.sort { $1.path.utf8.lexicographicallyPrecedes($0.path.utf8) }
        namesakes = [:]
        if !toOpen.isEmpty {
            for file in files.values {
                for path in Set([file.path, file.listedPath ?? file.path]) { namesakes[path, default: []].append(file.identity) }
            }
        }
        forgetOld(now)
        startsAtEnd = settings.start == .end && isFirstList ? Set(toOpen.map(\.identity)) : startsAtEnd.intersection(toOpen.map(\.identity))
        isFirstList = false
    }

    /// Files that were there when nothing was known yet, and are read from their end.
    private var startsAtEnd: Set<FileIdentity> = []

    /// The file is open.
    mutating func opened(_ found: ListedFile, now: Int64) {
        reported[found.path] = nil
        files[found.identity] = TailedFile(found, settings: settings, now: now)
        namesakes[found.path, default: []].append(found.identity)
        queue(found.identity)
    }

    /// A file could not be opened; it is tried again when it is found the next time.
    mutating func failed(_ path: String, _ reason: String) { report(path, reason) }

    /// A file that was open could not be read.
    mutating func failed(_ identity: FileIdentity, _ reason: String, now: Int64) {
        guard let file = files[identity] else { return }
        report(file.path, reason)
        leave(file, now)
    }

    /// The sizes of open files.
    mutating func measured(_ sizes: [(identity: FileIdentity, size: Int64)], now: Int64) {
        for (identity, size) in sizes { changed(identity, size: size) }
    }

    /// Bytes that were asked for; fewer at the end of the file.
    mutating func read(_ identity: FileIdentity, _ bytes: [UInt8], now: Int64) {
        guard let file = files[identity] else { return }
        switch file.phase {
        case .head: takeHead(identity, bytes)
        case .check(let candidates): takeCheck(identity, candidates, bytes)
        case .ignored: return
        case .reading:
            let path = file.path
            // Taken out of the table while it changes, so that its buffers are not copied.
            guard var changing = files.removeValue(forKey: identity) else { return }
            if let count = changing.take(bytes, now: now, { batch.append($0, of: path) }) {
                changing.size = max(changing.size, changing.readOffset)
                files[identity] = changing
                if count > 0, changing.readOffset < changing.size { queue(identity) }
            } else {
                changing.restart { batch.append($0, of: path) }
                changing.grown = now
                files[identity] = changing
                queue(identity)
            }
        }
    }

    /// The batch is kept for good.
    mutating func appended() {
        batch = TailBatch()
        appendDue = .min
        wasAppended = true
    }

    /// The batch could not be kept, and is to be tried again; nothing further is read until then.
    mutating func refused(until time: Int64) { appendDue = time }

    mutating func saved() {
        reported[FileTailing.positionsName] = nil
        toForget = []
        left = []
        for identity in files.keys where files[identity]?.isDirty == true { files[identity]?.isDirty = false }
    }

    /// Positions could not be written down; reading goes on.
    mutating func saveFailed(until time: Int64, _ reason: String) {
        saveDue = time
        report(FileTailing.positionsName, reason)
    }

    // MARK: - Decisions

    private mutating func changed(_ identity: FileIdentity, size: Int64) {
        guard let file = files[identity] else { return }
        let isNews = size != file.size || size != file.readOffset
        files[identity]?.size = size
        guard isNews else { return }
        if case .reading = file.phase, size < file.readOffset {
            files[identity]?.restart { batch.append($0, of: file.path) }
        }
        queue(identity)
    }

    private mutating func takeHead(_ identity: FileIdentity, _ bytes: [UInt8]) {
        if CompressedFile.isContent(bytes) {
            files[identity]?.phase = .ignored
            return
        }
        files[identity]?.takeHead(bytes)
        guard let file = files[identity] else { return }
        var candidates: [TailedFile.Candidate] = []
        if let known = remembered.removeValue(forKey: identity)?.position {
            if rememberedByPath[known.path]?.identity == identity { rememberedByPath[known.path] = nil }
            // Of a file that was empty nothing can be recognized.
            if known.head.length > 0, file.hasHead(known.head) {
                candidates.append(.init(offset: known.offset, check: known.check, path: known.path))
            }
        }
        candidates += copies(file)
        files[identity]?.phase = .check(candidates.filter { $0.check.end <= file.size })
        settle(identity)
    }

    /// Where to go on in a file that is a copy of one that is read: of one whose name its own begins with, and whose beginning is the same.
    private func copies(_ file: TailedFile) -> [TailedFile.Candidate] {
        var candidates: [TailedFile.Candidate] = []
        for index in file.path.indices.reversed() where ".-_".contains(file.path[index]) {
            let original = String(file.path[..<index])
            if original.hasSuffix("/") { break }
            for identity in namesakes[original] ?? [] where identity != file.identity {
                guard let known = files[identity] else { continue }
                if let former = known.former, file.hasHead(former.head), former.check.length > 0 {
                    candidates.append(.init(offset: former.check.end, check: former.check, path: known.path))
                }
                if known.checkMark.length > 0, file.hasHead(known.headMark) {
                    candidates.append(.init(offset: known.readOffset, check: known.checkMark, path: known.path))
                }
            }
            if let known = rememberedByPath[original], known.check.length > 0, file.hasHead(known.head) {
                candidates.append(.init(offset: known.offset, check: known.check, path: known.path))
            }
        }
        return candidates
    }

    private mutating func takeCheck(_ identity: FileIdentity, _ candidates: [TailedFile.Candidate], _ bytes: [UInt8]) {
        guard let candidate = candidates.first else { return settle(identity) }
        if candidate.check.matches(bytes) {
            let start = candidate.check.end - Int64(candidate.check.length)
            let inFront = max(0, Int(candidate.offset - start))
            files[identity]?.path = candidate.path
            files[identity]?.begin(at: candidate.offset, tail: bytes.prefix(inFront))
            queue(identity)
        } else {
            files[identity]?.phase = .check(Array(candidates.dropFirst()))
            settle(identity)
        }
    }

    /// Where no candidate is left, the file is read from its beginning or its end.
    private mutating func settle(_ identity: FileIdentity) {
        guard let file = files[identity], case .check(let candidates) = file.phase else { return }
        if candidates.isEmpty {
            let isAtEnd = startsAtEnd.contains(identity)
            files[identity]?.begin(at: isAtEnd ? file.size : 0)
        }
        startsAtEnd.remove(identity)
        queue(identity)
    }

    private mutating func closeGone(_ now: Int64) {
        for file in files.values {
            guard let since = file.goneSince, now - since >= Pause.gone, now - file.grown >= Pause.gone, !file.isQueued else { continue }
            leave(file, now)
        }
    }

    /// Stops reading a file.
    private mutating func leave(_ file: TailedFile, _ now: Int64) {
        var file = file
        let path = file.path
        file.flush { batch.append($0, of: path) }
        closedFaults.truncated += file.faultCounts.truncated
        closedFaults.malformed += file.faultCounts.malformed
        files[file.identity] = nil
        toClose.append(file.identity)
        left.append(file.position)
        remember(file.position, now)
    }

    private mutating func remember(_ position: FilePosition, _ now: Int64) {
        remembered[position.identity] = (position, now)
        rememberedByPath[position.path] = position
    }

    private mutating func forgetOld(_ now: Int64) {
        for (identity, entry) in remembered where now - entry.since > Pause.memory {
            remembered[identity] = nil
            if rememberedByPath[entry.position.path]?.identity == identity { rememberedByPath[entry.position.path] = nil }
            toForget.append(identity)
        }
    }

    private mutating func report(_ path: String, _ reason: String) {
        guard reported[path] != reason else { return }
        reported[path] = reason
        reports.append((path, reason))
    }
}

extension ContentMark {
    /// Whether bytes that were read at the mark's place are what they were.
    func matches(_ bytes: [UInt8]) -> Bool { bytes.count == length && hash == hash64(bytes) }
}
