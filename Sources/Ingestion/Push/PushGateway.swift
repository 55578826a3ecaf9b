internal import ByteCoding
internal import Foundation
internal import MetricStorage
internal import Synchronization
public import TelemetryModel

/// Keeps what jobs push that do not live long enough to be scraped, as Prometheus' Pushgateway does: a group of metrics stays until it is
/// pushed anew or deleted, and its samples are written again and again, as if the group was scraped.
///
/// Calls block until what they say is durable and may come from any thread that may block.
public final class PushGateway: Sendable {
    /// What is taken at most.
    public struct Limits: Sendable {
        public var groupsMax = 10_000
        /// Series of all groups.
        public var seriesMax = 500_000

        public init() {}
    }

    /// What became of a push or a deletion; each case is one HTTP status.
    public enum Status: Sendable, Hashable {
        /// 200, or 202 for a deletion.
        case accepted
        /// 400.
        case rejected
        /// 429: there are too many groups or series.
        case full
        /// 503.
        case unavailable
    }

    private struct State: Sendable {
        var groups: [LabelSet: PushGroup] = [:]
        var seriesCounts: [LabelSet: Int] = [:]
        var series = 0
    }

    private let storage: any MetricAppending
    private let folder: String
    private let limits: Limits
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// Opens the groups of a folder, which is made where there is none.
    ///
    /// - Parameter onDamage: told of files that cannot be read; these are left alone.
    /// - Throws: where the folder cannot be made or read.
    public init(
        storage: any MetricAppending, folder: String, limits: Limits = Limits(), now: @escaping @Sendable () -> Timestamp,
        onDamage: (_ file: String, _ reason: String) -> Void
    ) throws {
        self.storage = storage
        self.folder = folder
        self.limits = limits
        self.now = now
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".push") {
            do {
                let data = try Data(contentsOf: URL(filePath: folder + "/" + name))
                let group = try PushGroup(decoding: Array(data))
                state.withLock { PushGateway.set(group, in: &$0) }
            } catch {
                onDamage(folder + "/" + name, "\(error)")
            }
        }
    }

    /// The number of groups, and of their series.
    public var counts: (groups: Int, series: Int) { state.withLock { ($0.groups.count, $0.series) } }

    /// Takes a push.
    ///
    /// - Parameters:
    ///   - labels: the grouping labels, `job` among them.
    ///   - replaces: whether the page is all that the group has from now on.
    public func push(
        _ body: [UInt8], contentType: String?, to labels: LabelSet, replaces: Bool
    ) -> (status: Status, message: String) {
        let page: PushedPage
        do throws(PushedPage.Fault) {
            page = try PushedPage(body, contentType: contentType)
        } catch {
            if !error.isInconsistent { return (.rejected, error.description) }
            return fail(labels, error.description)
        }
        if let clash = clash(of: page, with: labels) { return fail(labels, clash) }
        let time = now()
        let outcome = state.withLock { state -> (before: PushGroup?, after: PushGroup)? in
            let before = state.groups[labels]
            var group = before ?? PushGroup(labels: labels)
            group.take(page, body: body, contentType: contentType ?? "", replaces: replaces)
            group.pushTime = Double(time) / 1000
            let seriesAfter = state.series - (state.seriesCounts[labels] ?? 0) + group.series.count
            guard before != nil || state.groups.count < limits.groupsMax, seriesAfter <= limits.seriesMax else { return nil }
            PushGateway.set(group, in: &state)
            return (before, group)
        }
        guard let (before, after) = outcome else {
            return (.full, "at most \(limits.groupsMax) groups and \(limits.seriesMax) series can be pushed")
        }
        return finish { try write(after, at: time, endingThoseOf: before) }
    }

    /// Deletes a group, if there is one: its series end.
    public func delete(_ labels: LabelSet) -> (status: Status, message: String) {
        guard let group = state.withLock({ PushGateway.remove(labels, from: &$0) }) else { return (.accepted, "") }
        return finish {
            try? FileManager.default.removeItem(atPath: path(of: labels))
            var batch = MetricBatch()
            for (series, _) in group.series {
                batch.beginSeries(series)
                batch.append(timestamp: now(), value: StaleMarker.value)
            }
            _ = try storage.append(batch)
        }
    }

    /// Writes the samples of all groups, as a scrape would.
    ///
    /// - Throws: `MetricStorageError`.
    public func writeAll() throws {
        let time = now()
        for group in state.withLock({ Array($0.groups.values) }) { try append(group, at: time, endingThoseOf: nil) }
    }

    // MARK: - Parts

    private static func set(_ group: PushGroup, in state: inout State) {
        let count = group.series.count
        state.series += count - (state.seriesCounts[group.labels] ?? 0)
        state.seriesCounts[group.labels] = count
        state.groups[group.labels] = group
    }

    private static func remove(_ labels: LabelSet, from state: inout State) -> PushGroup? {
        state.series -= state.seriesCounts.removeValue(forKey: labels) ?? 0
        return state.groups.removeValue(forKey: labels)
    }

    private func finish(_ work: () throws -> Void) -> (status: Status, message: String) {
        do {
            try work()
            return (.accepted, "")
        } catch {
            return (.unavailable, "\(error)")
        }
    }

    /// What about a page contradicts what other groups say of the same families; nil where nothing does.
    private func clash(of page: PushedPage, with labels: LabelSet) -> String? {
        state.withLock { state in
            for (key, group) in state.groups where key != labels {
                for (name, family) in page.families {
                    guard let other = group.families[name]?.metadata.type, other != family.metadata.type else { continue }
                    return "\(name) is a \(family.metadata.type.rawValue) here and a \(other.rawValue) in the group \(key)"
                }
            }
            return nil
        }
    }

    /// Refuses a push that could be read, and notes when that was.
    private func fail(_ labels: LabelSet, _ reason: String) -> (status: Status, message: String) {
        let time = now()
        let group = state.withLock { state -> PushGroup? in
            guard state.groups[labels] != nil || state.groups.count < limits.groupsMax else { return nil }
            var group = state.groups[labels] ?? PushGroup(labels: labels)
            group.failureTime = Double(time) / 1000
            PushGateway.set(group, in: &state)
            return group
        }
        if let group { try? write(group, at: time, endingThoseOf: nil) }
        return (.rejected, "pushed metrics are invalid or inconsistent with existing metrics: \(reason)")
    }

    private func write(_ group: PushGroup, at time: Timestamp, endingThoseOf before: PushGroup?) throws {
        try Data(group.encoded).write(to: URL(filePath: path(of: group.labels)), options: .atomic)
        try append(group, at: time, endingThoseOf: before)
        var metadata = group.families.filter { $0.value.metadata != MetricMetadata() }.mapValues(\.metadata)
        metadata["push_time_seconds"] = MetricMetadata(type: .gauge, help: "When the group was last pushed successfully.", unit: "seconds")
        metadata["push_failure_time_seconds"] = MetricMetadata(
            type: .gauge, help: "When a push of the group was last refused; 0 for never.", unit: "seconds")
        try storage.setMetadata(metadata)
    }

    private func append(_ group: PushGroup, at time: Timestamp, endingThoseOf before: PushGroup?) throws {
        var batch = MetricBatch()
        var present: Set<LabelSet> = []
        for (labels, value) in group.series {
            if before != nil { present.insert(labels) }
            batch.beginSeries(labels)
            switch value {
            case .float(let value): batch.append(timestamp: time, value: value)
            case .histogram(let histogram): batch.append(HistogramSample(timestamp: time, histogram: histogram))
            }
        }
        for (labels, _) in before?.series ?? [] where !present.contains(labels) {
            batch.beginSeries(labels)
            batch.append(timestamp: time, value: StaleMarker.value)
        }
        _ = try storage.append(batch)
    }

    private func path(of labels: LabelSet) -> String {
        let hash = labels.packed.withUnsafeBytes { Hash128(of: $0, seed: 0) }
        return folder + "/" + String(hash.high, radix: 16) + "-" + String(hash.low, radix: 16) + ".push"
    }
}
