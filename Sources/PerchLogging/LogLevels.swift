public import Logging
internal import Synchronization

/// The level of each logger by its label, which can be changed while the program runs.
///
///     levels.set(.debug, for: "shop.database")     // and "shop.database.pool", and all others that begin so
///     levels.unset("shop.database")
///
/// A logger whose `logLevel` was set by the program keeps that.
public final class LogLevels: Sendable {
    /// The present level of one label. Reading it is one load.
    final class Cell: Sendable {
        private let stored: Atomic<Int>

        init(_ level: Logger.Level) { stored = Atomic(LogLevels.order(level)) }

        var level: Logger.Level { Logger.Level.allCases[stored.load(ordering: .relaxed)] }

        func set(_ level: Logger.Level) { stored.store(LogLevels.order(level), ordering: .relaxed) }
    }

    private struct State {
        var standard: Logger.Level
        var rules: [String: Logger.Level]
        var cells: [String: Cell] = [:]
    }

    /// Labels beyond this many share the standard level.
    private static let labelsMax = 10_000
    private let state: Mutex<State>
    private let rest: Cell

    /// - Parameters:
    ///   - standard: the level of loggers that no rule is for.
    ///   - rules: levels of labels, and of labels that go on with a `.`; the longest that fits counts.
    public init(_ standard: Logger.Level = .info, rules: [String: Logger.Level] = [:]) {
        state = Mutex(State(standard: standard, rules: rules))
        rest = Cell(standard)
    }

    /// The level of loggers that no rule is for.
    public var standard: Logger.Level {
        get { state.withLock { $0.standard } }
        set {
            change { $0.standard = newValue }
            rest.set(newValue)
        }
    }

    /// All rules.
    public var rules: [String: Logger.Level] { state.withLock { $0.rules } }

    /// Sets the level of a label and of those below it.
    public func set(_ level: Logger.Level, for label: String) { change { $0.rules[label] = level } }

    /// Takes a rule back.
    public func unset(_ label: String) { change { $0.rules[label] = nil } }

    /// The level of a label.
    public func level(of label: String) -> Logger.Level { state.withLock { LogLevels.level(of: label, $0) } }

    func cell(_ label: String) -> Cell {
        state.withLock { state in
            if let cell = state.cells[label] { return cell }
            if state.cells.count >= LogLevels.labelsMax { return rest }
            let cell = Cell(LogLevels.level(of: label, state))
            state.cells[label] = cell
            return cell
        }
    }

    private func change(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            for (label, cell) in state.cells { cell.set(LogLevels.level(of: label, state)) }
        }
    }

    private static func level(of label: String, _ state: borrowing State) -> Logger.Level {
        if state.rules.isEmpty { return state.standard }
        var prefix = Substring(label)
        while true {
            if let level = state.rules[String(prefix)] { return level }
            guard let dot = prefix.lastIndex(of: ".") else { return state.standard }
            prefix = prefix[..<dot]
        }
    }

    private static func order(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
