public import Foundation

/// Which faults are on, and until when.
public struct FaultSchedule: Sendable, Hashable, Codable {
    public struct Setting: Sendable, Hashable, Codable {
        public var value: FaultValue
        /// Nil until somebody says so.
        public var until: Date?
    }

    private var settings: [String: Setting] = [:]

    public init() {}

    /// - Precondition: the fault accepts the value.
    public mutating func set(_ fault: FaultName, to value: FaultValue, until: Date? = nil) {
        precondition(fault.accepts(value), "BUG: \(fault.rawValue) does not take \(value)")
        settings[fault.rawValue] = Setting(value: value, until: until)
    }

    public mutating func clear(_ fault: FaultName) { settings[fault.rawValue] = nil }

    /// What a fault is set to, if it is on.
    public func setting(of fault: FaultName, at now: Date) -> Setting? {
        guard let setting = settings[fault.rawValue], fault.accepts(setting.value) else { return nil }
        if let until = setting.until, until <= now { return nil }
        return setting
    }

    /// Only the faults that outlive the process.
    var kept: FaultSchedule {
        var kept = FaultSchedule()
        kept.settings = settings.filter { FaultName(rawValue: $0.key)?.isKept ?? false }
        return kept
    }
}
