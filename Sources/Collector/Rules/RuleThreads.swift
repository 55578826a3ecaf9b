internal import Foundation
internal import NIOPosix
internal import Rules

/// Threads of their own for rules, so that these do not wait behind the queries of people.
struct RuleThreads: RuleWorking {
    let concurrency: Int
    private let pool: NIOThreadPool

    init() {
        concurrency = max(2, ProcessInfo.processInfo.activeProcessorCount)
        pool = NIOThreadPool(numberOfThreads: concurrency)
        pool.start()
    }

    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result { try await pool.runIfActive { work() } }

    func shutdown() async throws { try await pool.shutdownGracefully() }
}
