internal import HTTPTypes
internal import NIOCore

/// `/-/healthy`, `/-/ready`, `/-/reload` and `/-/flush`: for operators and orchestrators.
public struct LifecycleAPI: HTTPEndpoints {
    private let isReady: @Sendable () -> Bool
    private let reload: @Sendable () async throws -> Void
    private let flush: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - isReady: whether queries and writes are answered.
    ///   - reload: reads the configuration again; throws what is wrong with it, described in one line.
    ///   - flush: seals every head and merges until all is at rest.
    public init(
        isReady: @escaping @Sendable () -> Bool, reload: @escaping @Sendable () async throws -> Void,
        flush: @escaping @Sendable () async throws -> Void
    ) {
        self.isReady = isReady
        self.reload = reload
        self.flush = flush
    }

    public func addRoutes(to routes: inout Routes) {
        routes.onAlways("/-/healthy", .get) { _ in .text("Perch is healthy.\n") }
        routes.onAlways("/-/ready", .get) { _ in
            isReady() ? .text("Perch is ready.\n") : .text("Perch is starting or stopping.\n", status: .serviceUnavailable)
        }
        routes.on("/-/reload", .post, .put) { _ in
            do {
                try await reload()
            } catch {
                throw APIFailure(.internal, "failed to reload config: \(error)")
            }
            return APIReply(status: .ok)
        }
        routes.on("/-/flush", .post, .put) { _ in
            do {
                try await flush()
            } catch {
                throw APIFailure(.internal, "failed to flush: \(error)")
            }
            return APIReply(status: .ok)
        }
    }
}
