internal import Foundation
internal import ServiceLifecycle

/// Ends when standard input does: whoever holds the other end is gone then.
struct InputWatch: Service {
    func run() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let input = FileHandle.standardInput
        input.readabilityHandler = { handle in
            if handle.availableData.isEmpty { end.finish() }
        }
        await cancelWhenGracefulShutdown { for await _ in ends {} }
        input.readabilityHandler = nil
    }
}
