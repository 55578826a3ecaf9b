internal import Foundation
internal import ShardStorage
internal import Synchronization
internal import TestSupport
internal import Testing

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "perch-shard-storage-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct JournalTests {
    private let folder = TemporaryFolder()

    private func open(_ number: UInt64 = 1) throws -> Journal {
        try Journal(directory: folder.path, syncsEveryAppend: false, leastNumber: number)
    }

    private func replayed(_ journal: Journal) throws -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        try journal.replay { _, payload in
            payloads.append([UInt8](payload))
        } damaged: {
            Issue.record("\($0)")
        }
        return payloads
    }

    @Test func payloadsComeBackInOrderAfterEveryStart() throws {
        var generator = SeededGenerator(seed: 5)
        var expected: [[UInt8]] = []
        for _ in 0..<4 {
            let journal = try open()
            #expect(try replayed(journal) == expected)
            for _ in 0..<20 {
                let payload = generator.bytes(Int.random(in: 0...9000, using: &generator))
                #expect(try journal.append(payload, segment: journal.currentSegment) == .appended)
                expected.append(payload)
            }
            try journal.sync()
            try journal.close()
        }
    }

    @Test func rotationTurnsAwayPayloadsForTheOldSegment() throws {
        let journal = try open(100)
        let old = journal.currentSegment
        #expect(old == 100)
        try journal.prepareRotation(leastNumber: 50)
        let turned = Mutex<[UInt64]>([])
        try journal.rotate { old, new in turned.withLock { $0 = [old, new] } }
        #expect(turned.withLock { $0 } == [100, 101])
        #expect(try journal.append([1], segment: old) == .rotated)
        #expect(try journal.append([2], segment: 101) == .appended)
        #expect(journal.olderSegments == [100])
        try journal.drop(through: 100)
        #expect(journal.olderSegments.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("journal-100") })
        try journal.close()
        #expect(throws: ShardStorageError.self) { try journal.append([3], segment: 101) }
        let again = try open(5)
        #expect(try replayed(again) == [[2]])
        #expect(again.currentSegment == 102)
    }

    @Test func manyCallersAtOnceAreAllWritten() throws {
        let journal = try open()
        let segment = journal.currentSegment
        let failures = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for number in 0..<100 {
                let outcome = try? journal.append([UInt8(worker), UInt8(number)], segment: segment)
                if outcome != .appended { failures.add(1, ordering: .relaxed) }
            }
        }
        #expect(failures.load(ordering: .relaxed) == 0)
        #expect(journal.statistics.rowsWritten == 800)
        try journal.close()
        let payloads = try replayed(try open())
        #expect(Set(payloads).count == 800)
        // Each caller's own payloads keep their order.
        for worker in 0..<8 { #expect(payloads.filter { $0[0] == UInt8(worker) }.map(\.[1]) == (0..<100).map { UInt8($0) }) }
    }

    /// The tail of the log of a process that was killed while it wrote: whole commits stay, the torn one goes.
    @Test func aTornTailLosesNothingBeforeIt() throws {
        let journal = try open()
        let payloads = (0..<30).map { [UInt8](repeating: UInt8($0), count: 3000) }
        for payload in payloads { _ = try journal.append(payload, segment: journal.currentSegment) }
        let name = "journal-\(journal.currentSegment).sqlite"
        for cut in [0, 1, 33, 4000, 20_000, 90_000, 200_000] {
            let copy = TemporaryFolder()
            try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(folder.path)/\(name)", toPath: "\(copy.path)/\(name)")
            var log = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)-wal"))
            log.removeLast(min(cut, log.count))
            try log.write(to: URL(fileURLWithPath: "\(copy.path)/\(name)-wal"))
            let cutJournal = try Journal(directory: copy.path, syncsEveryAppend: false, leastNumber: 1)
            let found = try replayed(cutJournal)
            #expect(found == Array(payloads.prefix(found.count)), "cut of \(cut)")
            if cut == 0 { #expect(found.count == payloads.count) }
            try cutJournal.close()
        }
        try journal.close()
    }

    @Test func segmentsThatNothingWasWrittenToGoWithTheNextStart() throws {
        func segments() throws -> [UInt64] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap {
                $0.hasPrefix("journal-") && $0.hasSuffix(".sqlite") ? UInt64($0.dropFirst(8).dropLast(7)) : nil
            }.sorted()
        }
        for _ in 0..<3 { try open(7).close() }
        #expect(try segments() == [9])
        let journal = try open(7)
        #expect(try journal.append([1], segment: 10) == .appended)
        try journal.close()
        // Of a process that was killed at once, and of one whose first payload was torn: there is a log, so it is left alone.
        let abandoned = try open(7)
        #expect(try segments() == [10, 11])
        try abandoned.close()
        let log = folder.path + "/journal-11.sqlite-wal"
        try Data(repeating: 7, count: 900).write(to: URL(fileURLWithPath: log))
        let last = try open(7)
        #expect(try segments() == [10, 11, 12])
        #expect(last.olderSegments == [10, 11])
        #expect(try replayed(last) == [[1]])
        try last.close()
    }

    @Test func aFolderIsHeldByOneProcess() throws {
        let lock = try DirectoryLock(directory: folder.path)
        let error = #expect(throws: ShardStorageError.self) { try DirectoryLock(directory: folder.path) }
        #expect(error?.code == .directoryInUse)
        lock.release()
        _ = try DirectoryLock(directory: folder.path)
    }
}
