internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// The streams of whole days, put together from their blocks once, so that what there is over many days is known without opening all of these.
final class DayStreams: Sendable {
    private struct Day: Sendable {
        /// The shard and the blocks of it that are counted.
        var serial: Int
        var pages: Set<Int64>
        var streams: Set<LabelSet>
    }

    private struct State {
        var days: [Int: Day] = [:]
        /// Each stream once, so that its labels are in memory once however many days have it.
        var known: Set<LabelSet> = []
    }

    private let state = Mutex(State())

    /// The streams of a day's shard.
    ///
    /// - Parameter read: the streams of a block.
    func streams(of snapshot: ShardSnapshot, _ read: (ShardPage) throws -> [LabelSet]) rethrows -> Set<LabelSet> {
        let pages = Set(snapshot.contents.pages.map(\.id))
        let before = state.withLock { $0.days[snapshot.shard.day] }
        // Where blocks went, others have what they had, or it was deleted: all are looked at again.
        var day = Day(serial: snapshot.shard.serial, pages: [], streams: [])
        if let before, before.serial == snapshot.shard.serial, before.pages.isSubset(of: pages) {
            if before.pages == pages { return before.streams }
            day = before
        }
        for page in snapshot.contents.pages where !day.pages.contains(page.id) {
            for labels in try read(page) where !day.streams.contains(labels) {
                day.streams.insert(state.withLock { $0.known.insert(labels).memberAfterInsert })
            }
            day.pages.insert(page.id)
        }
        state.withLock { $0.days[snapshot.shard.day] = day }
        return day.streams
    }

    /// Forgets days that are gone.
    func keep(_ days: [Int]) {
        state.withLock { state in
            let kept = Set(days)
            if state.days.keys.allSatisfy(kept.contains) { return }
            state.days = state.days.filter { kept.contains($0.key) }
            state.known = state.days.values.reduce(into: []) { $0.formUnion($1.streams) }
        }
    }
}
