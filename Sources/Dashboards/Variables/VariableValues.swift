/// What variables stand for.
public struct VariableValues: Sendable {
    public struct Chosen: Sendable, Hashable {
        public var values: [String]
        /// Whether the variable may have several values.
        public var isList: Bool
        /// Whether it is put in as it is: what a variable says stands for all.
        public var isRaw: Bool

        public init(_ values: [String], isList: Bool = false, isRaw: Bool = false) {
            self.values = values
            self.isList = isList
            self.isRaw = isRaw
        }
    }

    private var chosen: [String: Chosen] = [:]

    public init() {}

    public subscript(_ name: String) -> Chosen? {
        get { chosen[name] }
        set { chosen[name] = newValue }
    }

    /// Puts values in the place of variables. What is unknown stays, as in Grafana.
    ///
    /// - Parameters:
    ///   - builtIns: what variables of Grafana stand for.
    ///   - language: whose rules for escaping hold where no format is named.
    func text(_ text: String, builtIns: [String: String], language: DataSourceKind) -> String {
        let references = VariableReference.all(in: text)
        if references.isEmpty { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        for reference in references {
            guard let value = value(reference, builtIns, language) else { continue }
            result += bytes[position..<reference.range.lowerBound]
            result += value.utf8
            position = reference.range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    private func value(_ reference: VariableReference, _ builtIns: [String: String], _ language: DataSourceKind) -> String? {
        if let builtIn = builtIns[reference.name] {
            // `${__from:date:seconds}` and such.
            if reference.format == "date:seconds", let milliseconds = Int64(builtIn) { return String(milliseconds / 1000) }
            return builtIn
        }
        guard let chosen = chosen[reference.name], !chosen.values.isEmpty else { return nil }
        if let format = reference.format { return VariableFormat.text(chosen.values, variable: reference.name, format: format) }
        if chosen.isRaw { return chosen.values.joined(separator: ",") }
        return VariableFormat.text(chosen.values, isList: chosen.isList, language: language)
    }
}

extension DashboardVariable {
    /// What it stands for, out of the values that there are.
    ///
    /// - Parameters:
    ///   - options: all values that may be chosen.
    ///   - wanted: what was asked for instead of what the dashboard has saved.
    /// - Returns: nil where there is nothing to choose from.
    public func choice(of options: [String], wanted: [String] = []) -> VariableValues.Chosen? {
        let isList = isMulti || hasAll
        if !wanted.isEmpty { return .init(wanted, isList: isList) }
        if hasAll, current.contains(DashboardVariable.all) || current.isEmpty || current == ["All"] {
            if let allValue { return .init([allValue], isList: true, isRaw: true) }
            return options.isEmpty ? nil : .init(options, isList: true)
        }
        let kept = current.filter { options.contains($0) }
        if !kept.isEmpty { return .init(isMulti ? kept : [kept[0]], isList: isList) }
        if kind == .textbox, let text = current.first { return .init([text], isList: false) }
        return options.first.map { .init([$0], isList: isList) }
    }

    /// Values for when no server is asked: those of the definition, what was saved, or a word that fits in most places.
    var offlineChoice: VariableValues.Chosen {
        if kind == .datasource { return .init([values.first ?? "default"]) }
        let saved = current.filter { $0 != DashboardVariable.all && $0 != "All" }
        let options = values + saved.filter { !values.contains($0) }
        return choice(of: options.isEmpty ? ["x"] : options) ?? .init(["x"])
    }
}

extension VariableValues {
    /// A text that is shown, such as a title, with values in the place of variables.
    ///
    /// - Parameter step: in milliseconds.
    public func text(_ text: String, in window: QueryWindow, step: Int64) -> String {
        self.text(text, builtIns: window.builtIns(step: step), language: .grafana)
    }
}
