public import AlertModel
internal import Synchronization

/// Keeps what rules have to know again after a restart. Groups are named by the text of their ``RuleGroupKey``.
public protocol RuleStateStore: Sendable {
    /// What was kept before the start of the process.
    var ruleStates: [String: [UInt8]] { get }

    /// Keeps the state of a group in place of the one before; nil forgets it. Returns at once.
    func keepRuleState(_ state: [UInt8]?, of group: String)
}

/// Whoever is to hear of alerts, such as routing within this process, or an Alertmanager elsewhere.
public protocol AlertReceiving: Sendable {
    /// Takes news of alerts that fire or have ended.
    func receive(_ alerts: [Alert]) async
}

/// Keeps states as long as the process lives.
public final class TransientRuleStateStore: RuleStateStore {
    private let states: Mutex<[String: [UInt8]]>

    public init(_ states: [String: [UInt8]] = [:]) { self.states = Mutex(states) }

    /// All that is kept now.
    public var ruleStates: [String: [UInt8]] { states.withLock { $0 } }

    public func keepRuleState(_ state: [UInt8]?, of group: String) { states.withLock { $0[group] = state } }
}
