internal import TelemetryModel

/// What is to be done when, the earliest first; of what is due at the same time, what was asked for first.
struct TimerQueue: Sendable {
    enum Event: Sendable, Hashable {
        case flush(group: Int)
        case attempt(delivery: UInt64)
        case collection
    }

    private struct Item: Sendable {
        var time: Timestamp
        var sequence: UInt64
        var event: Event

        func precedes(_ other: Item) -> Bool { time != other.time ? time < other.time : sequence < other.sequence }
    }

    /// A binary heap.
    private var items: [Item] = []
    private var sequence: UInt64 = 0

    /// When something is due next. What was asked for and is of no interest any more counts too.
    var next: Timestamp? { items.first?.time }

    var count: Int { items.count }

    mutating func schedule(_ event: Event, at time: Timestamp) {
        sequence += 1
        items.append(Item(time: time, sequence: sequence, event: event))
        var index = items.count - 1
        while index > 0, items[index].precedes(items[(index - 1) / 2]) {
            items.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes what is due at a moment.
    mutating func popDue(at now: Timestamp) -> (event: Event, time: Timestamp)? {
        guard let first = items.first, first.time <= now else { return nil }
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < items.count && items[child].precedes(items[least]) { least = child }
            if least == index { break }
            items.swapAt(index, least)
            index = least
        }
        return (first.event, first.time)
    }

    mutating func shift(by milliseconds: Int64) {
        for index in items.indices { items[index].time += milliseconds }
    }

    mutating func removeAll() { items.removeAll() }
}
