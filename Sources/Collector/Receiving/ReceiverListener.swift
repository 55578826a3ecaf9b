internal import Foundation
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// A receiver with a port of its own, as a service.
///
/// An address that somebody chose has to be free: the server does not start without it, since senders would be sent away unseen. The
/// default address of a receiver may be taken, as by another collector on the machine: then the server says so and does without.
struct ReceiverListener: Service {
    /// Serves until the service is told to stop; calls the closure with the port once it listens.
    typealias Body = @Sendable (_ onListening: @escaping @Sendable (_ port: Int) -> Void) async throws -> Void

    let name: String
    let address: ListenAddress
    /// The option that says where to listen, for whoever has to choose another address.
    let option: String
    let isDefault: Bool
    let logger: Logger
    let body: Body

    func run() async throws {
        let listens = Atomic<Bool>(false)
        do {
            try await body { port in
                listens.store(true, ordering: .relaxed)
                logger.info(
                    "receiving", metadata: ["receiver": .string(name), "address": .string(address.text(port: port))])
            }
        } catch  where !(error is CancellationError) && !listens.load(ordering: .relaxed) {
            let metadata: Logger.Metadata = [
                "receiver": .string(name), "address": .string(address.text(port: address.port)), "reason": .string(reason(error)),
                "hint": .string("choose another address with \(option), or write off there"),
            ]
            guard isDefault else {
                logger.critical("a receiver cannot listen", metadata: metadata)
                throw error
            }
            logger.warning("a receiver cannot listen on its default address, and is off", metadata: metadata)
            try await gracefulShutdown()
        }
    }

    private func reason(_ error: any Error) -> String {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE { return "the address is in use" }
        return String(describing: error)
    }
}

extension ListenAddress {
    /// The address as it is written, with the port that is bound.
    func text(port: Int) -> String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
