public import Foundation
internal import HTTPTypes
internal import PerchMetrics
internal import Synchronization

/// The faults of one service: what is on now, settable at any time, shown as `shop_fault_active`.
///
///     if let milliseconds = service.faults.number(of: .slowCatalog) { try await Task.sleep(for: .milliseconds(milliseconds)) }
public final class Faults: Sendable {
    /// The faults that the service has.
    public let names: [FaultName]
    private let path: String
    private let now: @Sendable () -> Date
    private let schedule: Mutex<FaultSchedule>

    /// - Parameter directory: where faults are kept that outlive the process.
    public init(
        _ names: [FaultName], directory: String, telemetry: ServiceTelemetry, now: @escaping @Sendable () -> Date
    ) throws(SettingsError) {
        self.names = names
        self.now = now
        path = directory + "/faults.json"
        schedule = Mutex(names.contains { $0.isKept } ? try Faults.read(path) : FaultSchedule())
        if names.isEmpty { return }
        telemetry.metrics.collected("shop_fault_active", kind: .gauge, help: "Whether something is made to go wrong here.") {
            [self] samples in
            for name in names { samples.add(["fault": name.rawValue], setting(of: name) == nil ? 0 : 1) }
        }
    }

    public func setting(of fault: FaultName) -> FaultSchedule.Setting? { schedule.withLock { $0.setting(of: fault, at: now()) } }

    /// The number that a fault is set to; nil while it is off.
    public func number(of fault: FaultName) -> Double? {
        if case .number(let number) = setting(of: fault)?.value { return number }
        return nil
    }

    /// - Parameter duration: how long the fault stays on; nil until it is cleared.
    /// - Throws: a ``Problem`` where the service has no such fault or it does not take the value.
    public func set(_ fault: FaultName, to value: FaultValue, for duration: Duration? = nil) throws {
        guard names.contains(fault) else { throw Problem(.notFound, "there is no fault \(fault.rawValue) here") }
        guard fault.accepts(value) else {
            throw Problem(.unprocessableContent, "\(value) is no value of \(fault.rawValue): \(fault.summary)")
        }
        let until = duration.map { now().addingTimeInterval($0 / .seconds(1)) }
        try change { $0.set(fault, to: value, until: until) }
    }

    public func clear(_ fault: FaultName) throws { try change { $0.clear(fault) } }

    private func change(_ body: (inout FaultSchedule) -> Void) throws {
        let kept = schedule.withLock { schedule in
            body(&schedule)
            return schedule.kept
        }
        guard names.contains(where: { $0.isKept }) else { return }
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        try encoder.encode(kept).write(to: URL(filePath: path), options: .atomic)
    }

    private static func read(_ path: String) throws(SettingsError) -> FaultSchedule {
        guard let data = FileManager.default.contents(atPath: path) else { return FaultSchedule() }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(FaultSchedule.self, from: data)
        } catch {
            throw SettingsError("\(path) cannot be read; it may be deleted: \(error)")
        }
    }
}
