internal import Foundation
internal import Logging
internal import PerchMetrics
internal import ServiceLifecycle
internal import ShopKit

/// Takes shipments on as their time comes.
struct Dispatch: Service {
    private static let interval = Duration.seconds(1)
    private static let batchMax = 100

    let store: ShipmentStore
    let metrics: ShippingContract
    let logger: Logger
    let now: @Sendable () -> Date

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil { await advance() }
        }
    }

    /// Takes on what is due now.
    func advance() async {
        do {
            for shipment in try await store.advance(now: now(), max: Self.batchMax) {
                metrics.shipments[shipment.status].increment()
                logger.info("shipment \(shipment.status.rawValue)", metadata: ["order_id": .string(shipment.id)])
            }
        } catch {
            logger.error("shipments cannot be taken on", error: error)
        }
    }
}

/// The fault `crash-loop`: the process exits some seconds after each start.
struct CrashLoop: Service {
    static let status: Int32 = 70

    let faults: Faults
    let logger: Logger

    func run() async throws {
        let started = ContinuousClock.now
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .milliseconds(200))) != nil {
                guard let seconds = faults.number(of: .crashLoop), ContinuousClock.now - started >= .seconds(seconds) else { continue }
                logger.critical("crashing, as the fault crash-loop says")
                // The line is written by a thread of its own.
                try? await Task.sleep(for: .milliseconds(50))
                exit(Self.status)
            }
        }
    }
}
