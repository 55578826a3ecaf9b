internal import Dispatch
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// Stored series evaluated by several threads: in blocks, of which each thread takes the next one when it is free. The calling thread hands
/// the results on in the order of the series, and evaluates blocks itself while it has to wait for one.
///
/// So neither sums nor annotations depend on the number of threads, or on which of them was faster.
struct SeriesBlocks: Sendable {
    let stored: StoredSeries
    let threads: Int
    private let blockSize: Int
    private let blockCount: Int

    /// So many blocks may be evaluated and wait to be handed on.
    private static let slotsPerThread = 3

    init(_ stored: StoredSeries, threads: Int) {
        self.stored = stored
        let count = stored.selected.count
        // A block's columns take a megabyte at most; neighbours share pages, so blocks are not too small either.
        let most = Swift.min(64, Swift.max(4, 130_000 / Swift.max(1, stored.grid.count)))
        blockSize = Swift.max(1, Swift.min(most, count / (threads * 4)))
        blockCount = (count + blockSize - 1) / blockSize
        self.threads = Swift.min(threads, blockCount)
    }

    /// The results of some neighbouring series, and what is needed to evaluate them.
    private struct Block: Sendable {
        var worker: SeriesWorker
        var series: [StepSeries]
        var hasValues: [Bool]
        var error: QueryError?
    }

    /// The memory of a block; one thread at a time works with it.
    private final class Slot: Sendable {
        let block: Mutex<Block>
        init(_ block: Block) { self.block = Mutex(block) }
    }

    private struct State: Sendable {
        /// The next block that nobody has taken yet.
        var next = 0
        /// Finished blocks by their numbers.
        var finished: [Int: Slot] = [:]
        /// Slots that no block is in.
        var free: [Slot]
        /// Threads that wait for a free slot.
        var waiting = 0
        /// The block that the calling thread waits for.
        var awaited: Int?
        var isOver = false
    }

    private enum Turn {
        case evaluate(number: Int, Slot)
        case handOn(Slot)
        case wait
        case end
    }

    private final class Shared: Sendable {
        let slots: [Slot]
        let state: Mutex<State>
        /// Signalled once for each thread that waits for a free slot.
        let freed = DispatchSemaphore(value: 0)
        /// Signalled when the awaited block is finished.
        let finished = DispatchSemaphore(value: 0)

        init(_ slots: [Slot]) {
            self.slots = slots
            state = Mutex(State(free: slots))
        }
    }

    /// Calls `body` with each series that has values, in the order of the selection.
    ///
    /// - Returns: the workers, for their annotations and counts.
    func forEach(_ worker: SeriesWorker, _ body: Evaluator.SeriesBody) throws(QueryError) -> [SeriesWorker] {
        let empty = StepSeries(labels: LabelSet(), column: StepColumn(values: []))
        let block = Block(
            worker: worker, series: [StepSeries](repeating: empty, count: blockSize), hasValues: [Bool](repeating: false, count: blockSize))
        let shared = Shared((0..<threads * SeriesBlocks.slotsPerThread).map { _ in Slot(block) })
        // A thread that starts late finds that it is over.
        for _ in 1..<threads { DispatchQueue.global().async { help(shared) } }
        defer { end(shared) }
        var annotations = QueryAnnotations()
        var cost = SampleCost()
        var scratch = SeriesScratch()
        for number in 0..<blockCount {
            let slot = finishedBlock(number, shared, &scratch)
            try slot.block.withLock { (block: inout Block) throws(QueryError) in
                // Blocks are handed on in their order, so that annotations come in the order of the series as well.
                annotations.merge(block.worker.context.annotations)
                cost.then(block.worker.counted.cost)
                try stored.budget.admit(samples: cost.peak)
                for place in 0..<blockSize where block.hasValues[place] { try body(&block.series[place]) }
                if let error = block.error { throw error }
            }
            free(slot, shared)
        }
        var workers = shared.slots.map { $0.block.withLock { $0.worker } }
        for index in workers.indices {
            workers[index].context.annotations = index == 0 ? annotations : QueryAnnotations()
            workers[index].counted.cost = index == 0 ? cost : SampleCost()
        }
        return workers
    }

    // MARK: The calling thread

    /// Waits for a block, and evaluates others meanwhile.
    private func finishedBlock(_ number: Int, _ shared: Shared, _ scratch: inout SeriesScratch) -> Slot {
        while true {
            let turn = shared.state.withLock { state -> Turn in
                if let slot = state.finished.removeValue(forKey: number) { return .handOn(slot) }
                if let turn = take(&state) { return turn }
                state.awaited = number
                return .wait
            }
            switch turn {
            case .handOn(let slot): return slot
            case .evaluate(let number, let slot): evaluate(number, slot, shared, &scratch)
            case .wait, .end: shared.finished.wait()
            }
        }
    }

    private func free(_ slot: Slot, _ shared: Shared) {
        let waiting = shared.state.withLock { state in
            state.free.append(slot)
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<waiting { shared.freed.signal() }
    }

    private func end(_ shared: Shared) {
        let waiting = shared.state.withLock { state in
            state.isOver = true
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<waiting { shared.freed.signal() }
    }

    // MARK: Any thread

    /// Evaluates blocks until none is left.
    private func help(_ shared: Shared) {
        var scratch = SeriesScratch()
        while true {
            let turn = shared.state.withLock { state -> Turn in
                if state.isOver || state.next == blockCount { return .end }
                if let turn = take(&state) { return turn }
                state.waiting += 1
                return .wait
            }
            switch turn {
            case .evaluate(let number, let slot): evaluate(number, slot, shared, &scratch)
            case .wait: shared.freed.wait()
            case .handOn, .end: return
            }
        }
    }

    /// Takes the next block, where there is one and a free slot for it.
    private func take(_ state: inout State) -> Turn? {
        guard state.next < blockCount, let slot = state.free.popLast() else { return nil }
        defer { state.next += 1 }
        return .evaluate(number: state.next, slot)
    }

    private func evaluate(_ number: Int, _ slot: Slot, _ shared: Shared, _ scratch: inout SeriesScratch) {
        slot.block.withLock { fill(&$0, from: number * blockSize, &scratch) }
        let isAwaited = shared.state.withLock { state in
            state.finished[number] = slot
            if state.awaited != number { return false }
            state.awaited = nil
            return true
        }
        if isAwaited { shared.finished.signal() }
    }

    private func fill(_ block: inout Block, from first: Int, _ scratch: inout SeriesScratch) {
        swap(&block.worker.scratch, &scratch)
        defer { swap(&block.worker.scratch, &scratch) }
        block.worker.context.annotations = QueryAnnotations()
        block.worker.counted.cost = SampleCost()
        block.error = nil
        for place in 0..<blockSize {
            block.hasValues[place] = false
            guard first + place < stored.selected.count, block.error == nil else { continue }
            do throws(QueryError) {
                block.hasValues[place] = try stored.evaluate(first + place, &block.worker, &block.series[place])
            } catch {
                block.error = error
            }
        }
    }
}
