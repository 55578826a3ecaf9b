internal import Logging
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// What has to be done before queries and writes are answered. It begins at once and goes on beside the other services; where it fails, the
/// process ends.
final class Startup: Service {
    private let work = Mutex<Task<Void, any Error>?>(nil)
    private let interrupt: @Sendable () -> Void
    private let isInterrupted = Atomic<Bool>(false)

    /// - Parameter interrupt: makes a start that takes long fail, because the process is to end.
    init(interrupt: @escaping @Sendable () -> Void) { self.interrupt = interrupt }

    /// Begins.
    ///
    /// - Parameters:
    ///   - start: what storage has to do, such as reading its journal back. Blocks.
    ///   - prepare: what only makes the first queries fast. Blocks, for a short time.
    ///   - ready: called when all that is done.
    func begin(
        on threads: NIOThreadPool, logger: Logger, _ start: @escaping @Sendable () throws -> Void,
        prepare: @escaping @Sendable () -> Void, ready: @escaping @Sendable () throws -> Void
    ) {
        let began = ContinuousClock.now
        let task = Task {
            try await threads.runIfActive {
                try start()
                prepare()
            }
            try ready()
            let milliseconds = (ContinuousClock.now - began).components
            logger.info(
                "ready",
                metadata: [
                    "milliseconds": .stringConvertible(milliseconds.seconds * 1000 + milliseconds.attoseconds / 1_000_000_000_000_000)
                ])
        }
        work.withLock { $0 = task }
    }

    /// Waits until all is done.
    ///
    /// - Throws: why it cannot be done.
    func waitUntilDone() async throws { try await work.withLock { $0 }?.value }

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await waitUntilDone()
            } onGracefulShutdown: { [self] in
                isInterrupted.store(true, ordering: .relaxed)
                interrupt()
            }
        } catch {
            if isInterrupted.load(ordering: .relaxed) { return }
            throw error
        }
        try? await gracefulShutdown()
    }
}
