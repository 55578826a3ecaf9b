internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Reloads the configuration at SIGHUP.
struct ReloadSignals: Service {
    let reload: @Sendable () async -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            await reload()
        }
    }
}
