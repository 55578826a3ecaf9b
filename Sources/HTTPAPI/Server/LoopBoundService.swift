internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A service whose tasks run on event loops where they do not say otherwise.
///
/// A server that waits for connections then wakes no thread of the concurrency runtime for each of them, which would take the time of the
/// first request where processors are few.
struct LoopBoundService<Base: Service>: Service {
    let base: Base

    func run() async throws {
        try await withTaskExecutorPreference(AnyLoopExecutor()) { try await base.run() }
    }
}

/// Runs the parts of tasks between their suspensions on the event loop that they became ready on, so that no other thread is woken.
private final class AnyLoopExecutor: TaskExecutor {
    /// For what becomes ready elsewhere.
    private let spare = MultiThreadedEventLoopGroup.singleton.next()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        (MultiThreadedEventLoopGroup.currentEventLoop ?? spare).execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
