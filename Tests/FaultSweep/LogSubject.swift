internal import LabelMatching
internal import LogStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport

/// An entry of a stream. Lines are told apart by a number in each.
struct EntryPlace: FaultPlace, CustomStringConvertible {
    let labels: LabelSet
    /// Nanoseconds.
    let time: Int64
    let line: [UInt8]

    var description: String { "\(labels) at \(time): \(String(decoding: line, as: UTF8.self))" }
}

/// A log storage under faults.
struct LogSubject: FaultSubject {
    typealias StorageError = LogStorageError

    private static let hour = WorkloadTime.hour
    private static let day = WorkloadTime.day
    private static let nanoseconds: Int64 = 1_000_000
    private static let retention = 2 * day
    private static let briefRetention = 20 * hour

    /// Entries come now and late; they are sealed, merged, taken out of days by a rule, and outlive their retention; the storage is closed and opened.
    static let script: [FaultStep] = TraceSubject.script

    let clock = WorkloadClock()
    private let directory: String
    private let seed: UInt64
    private let options: LogStorageOptions
    private let damage: DamageLog
    private var storage: LogStorage?
    private var expectation = Expectation<EntryPlace, LabelSet>()
    private var number = 0

    init(directory: String, seed: UInt64, syncsEveryAppend: Bool) {
        self.directory = directory
        self.seed = seed
        let damage = DamageLog()
        self.damage = damage
        var options = LogStorageOptions()
        options.runsInBackground = false
        options.journalSync = syncsEveryAppend ? nil : 1000
        options.headAgeMax = LogSubject.hour
        options.retention = LogSubject.retention * LogSubject.nanoseconds
        options.retentionRules = [
            LogRetentionRule(
                LabelSelector([LabelMatcher("app", equals: "brief")]), keep: LogSubject.briefRetention * LogSubject.nanoseconds)
        ]
        options.report = { if case .damaged(let file, let reason) = $0 { damage.note("\(file): \(reason)") } }
        self.options = options
    }

    var isOpen: Bool { storage != nil }

    mutating func open() throws {
        let clock = clock
        storage = try LogStorage(directory: directory, options: options, clock: { clock.now * LogSubject.nanoseconds })
        expectation.reopen()
    }

    mutating func drop() { storage = nil }

    mutating func take(_ step: FaultStep) throws {
        switch step {
        case .append(let age): try append(age: age)
        case .overwrite: try append(age: LogSubject.hour)
        case .sync:
            try storage?.sync()
            expectation.sync()
        case .maintain: try storage?.maintain()
        case .flush: try storage?.flush()
        case .restart:
            defer { storage = nil }
            try storage?.close()
        case .metadata, .wait: break
        }
    }

    /// Appends some lines, of JSON and others, of a few streams.
    private mutating func append(age: Int64) throws {
        number += 1
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 7919)
        var batch = LogBatch()
        var written: [(place: EntryPlace, content: LabelSet)] = []
        for app in ["shop", "brief"] {
            let labels: LabelSet = ["app": app, "pod": "pod-\(number / 6)"]
            batch.beginPart(labels)
            for index in 0..<Int.random(in: 1...20, using: &generator) {
                let time = (clock.now - age) * LogSubject.nanoseconds + Int64.random(in: 0...1_000_000_000, using: &generator)
                let word = String(generator.next(), radix: 16)
                let line =
                    Bool.random(using: &generator)
                    ? "{\"n\":\(number),\"i\":\(index),\"word\":\"\(word)\"}" : "batch \(number) line \(index) has \(word)"
                let metadata: LabelSet = Bool.random(using: &generator) ? ["trace_id": word] : [:]
                batch.append(time: time, line: line.utf8, metadata: metadata.packed)
                written.append((EntryPlace(labels: labels, time: time, line: Array(line.utf8)), metadata))
            }
        }
        expectation.begin(written)
        do {
            guard try storage?.append(batch).rejectedEntries == 0 else { throw FaultFailure(reason: "entries were rejected") }
            expectation.acknowledge(isDurable: options.journalSync == nil)
        } catch let error as LogStorageError {
            expectation.refuse()
            throw error
        }
    }

    func problems() throws -> [String] { try storage?.verify().map { "\($0.file): \($0.problem)" } ?? [] }

    mutating func difference(afterPowerCut: Bool) throws -> String? {
        guard let storage else { return "the storage is not open" }
        var found: [EntryPlace: LabelSet] = [:]
        for table in try storage.tables(matching: [], from: .min, to: .max) {
            for (place, metadata) in try LogSubject.entries(table) where found.updateValue(metadata, forKey: place) != nil {
                return "\(place) is there twice"
            }
        }
        if let damage = damage.first { return "damage: \(damage)" }
        // Where there are rules, all that is too old is hidden by the clock.
        let now = clock.now
        expectation.keptSince = { place in
            (now - (place.labels["app"] == "brief" ? LogSubject.briefRetention : LogSubject.retention)) * LogSubject.nanoseconds
        }
        return expectation.difference(to: found, afterPowerCut: afterPowerCut)
    }

    private static func entries(_ table: any StoredLogTable) throws -> [(EntryPlace, LabelSet)] {
        let frame = try table.frame()
        let lines = try table.lines(of: (0..<Int32(table.rowCount)).map { $0 })
        var metadata = [[(String, String)]](repeating: [], count: table.rowCount)
        for name in try table.metadataNames() {
            guard let column = try table.metadata(name) else { continue }
            for (row, code) in column.codes.enumerated() where code >= 0 { metadata[row].append((name, column.values.string(Int(code)))) }
        }
        return frame.streams.indices.flatMap { stream in
            (Int(frame.streamStarts[stream])..<Int(frame.streamStarts[stream + 1])).map { row in
                let line = Array(lines.bytes[lines.range(row)])
                return (EntryPlace(labels: frame.streams[stream], time: frame.times[row], line: line), LabelSet(metadata[row]))
            }
        }
    }
}
