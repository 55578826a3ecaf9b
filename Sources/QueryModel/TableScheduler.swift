internal import Dispatch
internal import Synchronization

/// Works on tables, on several threads where that is allowed, and hands the answers on in the order of the tables.
public struct TableScheduler<Table: Sendable>: Sendable {
    private let tables: [Table]
    private let threads: Int

    /// - Parameter threads: how many may work at the same time.
    public init(tables: [Table], threads: Int) {
        self.tables = tables
        self.threads = threads
    }

    /// Calls `work` with each table, from any thread, and `merge` with its answers, on the calling thread and in order, until that says
    /// that it has enough.
    public func forEach<Answer: Sendable>(
        _ work: @Sendable (Table) throws(QueryError) -> Answer, merge: (Answer) throws(QueryError) -> Bool
    ) throws(QueryError) {
        if threads <= 1 || tables.count <= 1 {
            for table in tables where try !merge(work(table)) { return }
            return
        }
        // In rounds, so that a search that is soon content leaves most tables alone.
        var next = 0
        while next < tables.count {
            let round = Array(tables[next..<Swift.min(next + threads, tables.count)])
            next += round.count
            for answer in answers(round, work) where try !merge(answer.get()) { return }
        }
    }

    /// Calls `work` with each table, from any thread, and `merge` with its answers, on the calling thread and in order.
    public func forAll<Answer: Sendable>(
        _ work: @Sendable (Table) throws(QueryError) -> Answer, merge: (Answer) -> Void
    ) throws(QueryError) {
        if threads <= 1 || tables.count <= 1 {
            for table in tables { merge(try work(table)) }
            return
        }
        let slots = tables.map { _ in Slot<Answer>() }
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: Swift.min(threads, tables.count)) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                if index >= tables.count { return }
                let result: Result<Answer, QueryError>
                do throws(QueryError) {
                    result = .success(try work(tables[index]))
                } catch {
                    result = .failure(error)
                    // Nobody asks for what is left.
                    next.store(tables.count, ordering: .relaxed)
                }
                slots[index].result.withLock { $0 = result }
            }
        }
        let results = slots.compactMap { slot in slot.result.withLock { $0 } }
        for case .failure(let error) in results { throw error }
        for case .success(let answer) in results { merge(answer) }
    }

    private func answers<Answer: Sendable>(
        _ tables: [Table], _ work: @Sendable (Table) throws(QueryError) -> Answer
    ) -> [Result<Answer, QueryError>] {
        let slots = tables.map { _ in Slot<Answer>() }
        DispatchQueue.concurrentPerform(iterations: tables.count) { index in
            let result: Result<Answer, QueryError>
            do throws(QueryError) {
                result = .success(try work(tables[index]))
            } catch {
                result = .failure(error)
            }
            slots[index].result.withLock { $0 = result }
        }
        return slots.compactMap { slot in slot.result.withLock { $0 } }
    }

    private final class Slot<Answer: Sendable>: Sendable {
        let result = Mutex<Result<Answer, QueryError>?>(nil)
    }
}
