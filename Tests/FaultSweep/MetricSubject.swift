internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel

/// A metric storage under faults.
struct MetricSubject: FaultSubject {
    typealias StorageError = MetricStorageError

    private static let hour = WorkloadTime.hour
    private static let day = WorkloadTime.day
    private static let retention = 2 * day

    /// Samples come now and late, are written twice, sealed, merged, and outlive their retention; the storage is closed and opened.
    static let script: [FaultStep] = [
        .append(age: 0), .metadata, .append(age: 0), .sync, .append(age: day), .wait(2 * hour), .maintain,
        .append(age: 0), .append(age: 0), .sync, .overwrite, .flush,
        .append(age: 0), .wait(2 * hour), .maintain, .append(age: hour), .restart,
        .append(age: 2 * hour), .sync, .overwrite, .wait(2 * hour), .maintain, .append(age: 0), .maintain,
        .wait(day), .append(age: 0), .append(age: day), .metadata, .maintain, .sync, .append(age: day + hour), .flush,
        .wait(day + 10 * hour), .append(age: 0), .maintain, .append(age: 0), .sync, .append(age: 0),
    ]

    let clock = WorkloadClock()
    private let directory: String
    private let options: MetricStorageOptions
    private let workload: MetricWorkload
    private var storage: MetricStorage?
    private var expectation = Expectation<MetricPlace, MetricContent>()
    private var keptSince = Int64.min
    private var latest: [MetricWorkload.Run] = []
    private var number = 0

    init(directory: String, seed: UInt64, syncsEveryAppend: Bool) {
        self.directory = directory
        workload = MetricWorkload(seed: seed)
        var options = MetricStorageOptions()
        options.runsInBackground = false
        options.journalSync = syncsEveryAppend ? nil : 1000
        options.headAgeMax = MetricSubject.hour
        options.retention = MetricSubject.retention
        self.options = options
    }

    var isOpen: Bool { storage != nil }

    mutating func open() throws {
        let clock = clock
        storage = try MetricStorage(directory: directory, options: options, clock: { clock.now })
        expectation.reopen()
    }

    mutating func drop() { storage = nil }

    mutating func take(_ step: FaultStep) throws {
        if step == .maintain || step == .flush {
            // Whole days are deleted.
            keptSince = max(keptSince, (clock.now - MetricSubject.retention) / MetricSubject.day * MetricSubject.day)
            expectation.keptSince = { [keptSince] _ in keptSince }
        }
        switch step {
        case .append(let age): try append(workload.batch(number, time: clock.now, age: age))
        case .overwrite: try append(workload.rewritten(latest, number: number))
        case .metadata:
            try storage?.setMetadata(family: "metric_\(number)", MetricMetadata(type: .counter, help: "number \(number)", unit: ""))
        case .sync:
            try storage?.sync()
            expectation.sync()
        case .maintain: try storage?.maintain()
        case .flush: try storage?.flush()
        case .restart:
            defer { storage = nil }
            try storage?.close()
        case .wait: break
        }
    }

    private mutating func append(_ runs: [MetricWorkload.Run]) throws {
        number += 1
        latest = runs
        expectation.begin(
            runs.flatMap { run in
                run.samples.map { (MetricPlace(labels: run.labels, time: $0.0), $0.1) }
                    + run.exemplars.map {
                        (MetricPlace(labels: run.labels, time: $0.timestamp, isExemplar: true), MetricContent.exemplar($0))
                    }
            })
        do {
            let result = try storage?.append(MetricWorkload.metricBatch(runs))
            guard result?.rejected.isEmpty == true else { throw FaultFailure(reason: "samples were rejected") }
            expectation.acknowledge(isDurable: options.journalSync == nil)
        } catch let error as MetricStorageError {
            expectation.refuse()
            throw error
        }
    }

    func problems() throws -> [String] { try storage?.verify().map { "\($0.file): \($0.problem)" } ?? [] }

    func difference(afterPowerCut: Bool) throws -> String? {
        guard let storage else { return "the storage is not open" }
        let selection = try storage.select([], in: .all)
        var found: [MetricPlace: MetricContent] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            let labels = selection.labels(at: index)
            try selection.read(index, into: &columns)
            var times = columns.timestamps + columns.histograms.map(\.timestamp)
            times.sort()
            if zip(times, times.dropFirst()).contains(where: { $0 == $1 }) { return "a time is there twice in \(labels)" }
            for (time, value) in zip(columns.timestamps, columns.values) {
                if found.updateValue(.float(value.bitPattern), forKey: MetricPlace(labels: labels, time: time)) != nil {
                    return "a series is there twice: \(labels)"
                }
            }
            for var sample in columns.histograms {
                // Storage says of each whether a counter was reset before it.
                sample.histogram.resetHint = .unknown
                found[MetricPlace(labels: labels, time: sample.timestamp)] = .histogram(sample.histogram)
            }
        }
        if let warning = selection.warnings.first { return "warning: \(warning)" }
        for series in try storage.exemplars([LabelSelector([])], in: .all) {
            for exemplar in series.exemplars {
                found[MetricPlace(labels: series.labels, time: exemplar.timestamp, isExemplar: true)] = .exemplar(exemplar)
            }
        }
        return expectation.difference(to: found, afterPowerCut: afterPowerCut)
    }
}
