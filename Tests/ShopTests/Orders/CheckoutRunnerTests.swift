internal import AsyncHTTPClient
internal import Foundation
internal import GRDB
internal import PerchHTTPClient
internal import PerchTestKit
internal import Synchronization
internal import Testing

@testable internal import ShopKit
@testable internal import ShopOrders

/// Orders in a real database, driven by processes that stop at any point.
@Suite struct CheckoutRunnerTests {
    enum Case: String, CaseIterable, Sendable {
        case fulfilled, declined, paymentsDown
    }

    @Test(arguments: Case.allCases) func `an order is finished wherever the process was killed`(kind: Case) async throws {
        let undisturbed = try await finish(kind, killAt: nil)
        #expect(undisturbed.actions >= 6)
        // Two actions for each step: just before a call takes effect, and just after it, with nothing noted yet.
        for kill in 0..<undisturbed.actions {
            let run = try await finish(kind, killAt: kill)
            #expect(run.services == undisturbed.services, "killed at action \(kill)")
            #expect(run.order.status == undisturbed.order.status, "killed at action \(kill)")
            #expect(run.order.due == nil && run.order.card == nil)
            #expect(run.events == undisturbed.events, "killed at action \(kill)")
        }
    }

    /// The world outside of the process.
    private final class World: Sendable {
        struct State {
            var services = SimulatedServices()
            var actions = 0
            var killAt: Int?
        }

        let state: Mutex<State>
        let kind: Case
        private let (kills, kill) = AsyncStream.makeStream(of: Void.self)

        init(_ kind: Case, killAt: Int?) {
            self.kind = kind
            var services = SimulatedServices()
            services.isDeclined = kind == .declined
            state = Mutex(State(services: services, killAt: killAt))
        }

        func call(_ step: CheckoutSaga.Step) async -> CheckoutSaga.Outcome {
            await act()
            let isDown = kind == .paymentsDown && step == .charge
            let outcome: CheckoutSaga.Outcome =
                isDown ? .failed(reason: "down") : state.withLock { $0.services.take(step) } ? .ok : .refused(reason: "no")
            await act()
            return outcome
        }

        /// Does not come back where the process is to be killed.
        private func act() async {
            let isKilled = state.withLock { state in
                state.actions += 1
                guard state.killAt == state.actions - 1 else { return false }
                state.killAt = nil
                return true
            }
            guard isKilled else { return }
            kill.yield()
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
        }

        func waitForKill() async { for await _ in kills { return } }
    }

    private func finish(
        _ kind: Case, killAt: Int?
    ) async throws -> (services: SimulatedServices, order: Order, events: [String], actions: Int) {
        let path = NSTemporaryDirectory() + "checkout-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let world = World(kind, killAt: killAt)
        let placed = order()
        try await process(path, world, placing: placed) { store in
            if killAt == nil { try await ended(placed.id, store) } else { await world.waitForKill() }
        }
        if killAt != nil { try await process(path, world) { store in try await ended(placed.id, store) } }
        let (_, database) = try open(path)
        let events = try await database.read {
            try String.fetchAll($0, sql: "SELECT json_extract(event, '$.type') FROM outbox ORDER BY sequence")
        }
        let order = try #require(try await database.read { try Order.fetchOne($0, key: placed.id) })
        return world.state.withLock { ($0.services, order, events, $0.actions) }
    }

    /// Runs a process until `body` returns, then ends it on the spot.
    private func process(
        _ path: String, _ world: World, placing order: Order? = nil, _ body: (OrderStore) async throws -> Void
    ) async throws {
        let (telemetry, database) = try open(path)
        let store = OrderStore(database, outbox: outbox(database, telemetry))
        let runner = CheckoutRunner(store, telemetry: OrderTelemetry(telemetry), now: { Date() }) { step, _ in await world.call(step) }
        // What is there when the process begins it finds at once.
        if let order { try await store.place(order) }
        let task = Task { try await runner.run() }
        try await body(store)
        task.cancel()
        try await task.value
    }

    private func ended(_ id: String, _ store: OrderStore) async throws {
        try await eventually("the end of the order") { try await store.order(id)?.due == nil }
    }

    private func open(_ path: String) throws -> (ServiceTelemetry, ShopDatabase) {
        let test = TestTelemetry()
        let telemetry = ServiceTelemetry(
            metrics: test.metrics, metricsFactory: test.metricsFactory, tracer: test.tracer, makeLogger: { test.logger($0) })
        let database = try ShopDatabase(
            path: path, migrations: ["orders": OrderStore.migrate, "outbox": Outbox.migrate], telemetry: telemetry)
        return (telemetry, database)
    }

    /// Writes events down, and delivers none.
    private func outbox(_ database: ShopDatabase, _ telemetry: ServiceTelemetry) -> Outbox {
        let client = ShopClient(
            to: .recommendations, at: "http://127.0.0.1:1", http: TelemetryHTTPClient(.shared),
            circuit: Circuit(.recommendations, logger: telemetry.logger("test")) { _ in }, now: { Date() })
        return Outbox(
            database, [Outbox.Subscription(client, to: [.orderPlaced, .orderPaid, .orderFailed, .orderCancelled])], telemetry: telemetry)
    }

    private func order() -> Order {
        Order(
            id: "o-1", userID: 7, address: "1 Long Road", card: "4000123456789017",
            items: [Order.Item(productID: 1, quantity: 1, price: Money(cents: 1999))], placed: Date(),
            trace: TraceHeaders(nil, TestTelemetry().tracer))
    }
}
