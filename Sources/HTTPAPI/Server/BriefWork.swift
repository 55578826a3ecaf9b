public import PerchMetrics
internal import QueryModel
internal import Synchronization

/// Does small work where it came in, on the event loop, because waking a thread takes longer than the work itself.
///
/// It gets a brief budget: nothing that reads a file, waits for a lock or takes long. What turns out not to be brief is done again on a
/// thread. What took long there is not tried here the next time.
public final class BriefWork: Sendable {
    private static let samplesMax = 5_000
    /// How many kinds of work are remembered as long.
    private static let longMax = 4_096

    private let samplesMax: Int
    private let bytesMax: Int
    private let timeMax: Duration
    private let long = Mutex(Set<Int>())
    private let done: Counter
    private let givenUp: Counter

    /// - Parameters:
    ///   - samplesMax: the most samples that any query may hold in memory.
    ///   - bytesMax: the most memory that the intermediate results of any query may take.
    ///   - timeMax: how long brief work may take.
    public init(samplesMax: Int, bytesMax: Int = .max, timeMax: Duration = .microseconds(500), metrics: MetricRegistry) {
        self.timeMax = timeMax
        self.bytesMax = bytesMax
        self.samplesMax = min(samplesMax, BriefWork.samplesMax)
        done = metrics.counter("perch_http_work_brief_total", help: "Work that was done without a thread, because it was small.")
        givenUp = metrics.counter(
            "perch_http_work_brief_given_up_total", help: "Work that was begun without a thread and turned out to need one.")
    }

    /// Does work that keeps to its budget.
    ///
    /// - Parameter kind: a hash of what the work is; equal ones are expected to take equally long.
    /// - Returns: nil where it needs a thread.
    func attempt<Result>(_ kind: Int, _ work: (QueryBudget) throws -> Result) throws -> Result? {
        if long.withLock({ $0.contains(kind) }) { return nil }
        let end = ContinuousClock.now + timeMax
        let budget = QueryBudget(briefSamplesMax: samplesMax, bytesMax: bytesMax) { ContinuousClock.now > end }
        do {
            let result = try work(budget)
            done.increment()
            return result
        } catch let error as QueryError where error.code == .notBrief || error.code == .tooManySamples {
            givenUp.increment()
            // Until it is known how long it takes on a thread.
            note(kind, seconds: .infinity)
            return nil
        }
    }

    /// Takes note of how long work took on a thread.
    func note(_ kind: Int, seconds: Double) {
        long.withLock { long in
            if seconds < timeMax.seconds {
                long.remove(kind)
            } else {
                if long.count >= BriefWork.longMax { long.removeAll() }
                long.insert(kind)
            }
        }
    }
}
