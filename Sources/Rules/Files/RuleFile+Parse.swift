public import ConfigFile
public import PromQL
internal import QueryModel
internal import TelemetryModel

/// How rule files are read.
public struct RuleFileOptions: Sendable {
    /// The parts of PromQL that are accepted beyond the stable ones.
    public var features: LanguageFeatures = []
    /// The language of groups that do not name theirs.
    public var language = RuleLanguage.promQL
    /// Whether keys that nobody knows are passed over instead of refused.
    public var ignoresUnknownKeys = false

    public init() {}
}

extension RuleFile {
    /// Reads and checks a rule file, as Prometheus checks one. The format is Prometheus', with two more keys in a group: `language`, which
    /// is `promql`, `logql` or `traceql`, and `window` for TraceQL.
    ///
    /// - Parameters:
    ///   - text: the YAML document; an empty one has no groups.
    ///   - file: the path, which errors carry.
    /// - Throws: `ConfigError` with the place of the first fault, and with all further ones.
    public static func parse(
        _ text: String, file: String, options: RuleFileOptions = RuleFileOptions()
    ) throws(ConfigError) -> RuleFile {
        let document = try ConfigDocument(parsing: text, file: file)
        return try RuleFileReader(text: text, options: options).file(document.root)
    }
}

/// Reads the groups of one document.
struct RuleFileReader {
    let source: SourceText
    let options: RuleFileOptions

    init(text: String, options: RuleFileOptions) {
        source = SourceText(text)
        self.options = options
    }

    func file(_ root: ConfigNode) throws(ConfigError) -> RuleFile {
        var errors: [ConfigError] = []
        var groups: [RuleGroup] = []
        if root.kind != .nothing {
            groups = try root.mapping { (mapping) throws(ConfigError) in
                let read = try mapping.optional("groups") { (node) throws(ConfigError) in try node.list(group(_:)) } ?? []
                if options.ignoresUnknownKeys { _ = mapping.remaining() }
                return read
            }
        }
        var names: Set<String> = []
        for group in groups where !names.insert(group.name).inserted {
            errors.append(
                ConfigError(
                    file: root.file, line: group.place.line, column: group.place.column,
                    message: "groupname: \"\(group.name)\" is repeated in the same file"))
        }
        if let joined = ConfigError.joining(errors) { throw joined }
        return RuleFile(path: root.file, groups: groups)
    }

    private func group(_ node: ConfigNode) throws(ConfigError) -> RuleGroup {
        try node.mapping { (mapping) throws(ConfigError) in
            var faults = FaultCollection()
            let place = RulePlace(line: node.line, column: node.column)
            let name = faults.collect { () throws(ConfigError) in try mapping.optional("name", as: String.self) ?? "" } ?? ""
            if name.isEmpty { faults.add(node.error("Groupname must not be empty")) }
            let language = faults.collect { () throws(ConfigError) in try mapping.optional("language", reading: self.language(in:)) }
            let interval = faults.collect { () throws(ConfigError) in try mapping.optional("interval", as: ConfigDuration.self) }
            let offset = faults.collect { () throws(ConfigError) in try mapping.optional("query_offset", as: ConfigDuration.self) }
            let window = faults.collect { () throws(ConfigError) in try mapping.optional("window", as: ConfigDuration.self) }
            if (window ?? nil) != nil, (language ?? nil) ?? options.language != .traceQL {
                faults.add(mapping.error(atKey: "window", "window is for groups in TraceQL; other languages have ranges of their own"))
            }
            let limit = faults.collect { () throws(ConfigError) in try mapping.optional("limit", as: Int.self) }
            let labels = faults.collect { () throws(ConfigError) in try mapping.optional("labels", reading: self.labels(in:)) } ?? nil
            let group = GroupContext(
                name: name, language: (language ?? nil) ?? options.language, labels: (labels ?? []).map(\.label))
            var number = 0
            let rules = faults.collect { () throws(ConfigError) in
                try mapping.optional("rules") { (list) throws(ConfigError) in
                    try list.list { (element) throws(ConfigError) in
                        number += 1
                        return try rule(element, number: number, in: group)
                    }
                }
            }
            if options.ignoresUnknownKeys { _ = mapping.remaining() }
            try faults.throwIfAny()
            let given = (interval ?? nil)?.milliseconds ?? 0
            return RuleGroup(
                name: name, file: node.file, language: group.language, intervalMilliseconds: given > 0 ? given : nil,
                queryOffsetMilliseconds: (offset ?? nil)?.milliseconds,
                windowMilliseconds: (window ?? nil).flatMap { $0.milliseconds > 0 ? $0.milliseconds : nil },
                limit: (limit ?? nil) ?? 0, rules: (rules ?? nil) ?? [],
                place: place)
        }
    }

    private func language(in node: ConfigNode) throws(ConfigError) -> RuleLanguage {
        try node.word(of: ["promql": RuleLanguage.promQL, "logql": .logQL, "traceql": .traceQL])
    }

    /// Names and values of labels, checked.
    func labels(in node: ConfigNode) throws(ConfigError) -> [(label: Label, node: ConfigNode)] {
        try node.entries { (name, value) throws(ConfigError) in
            if name.isEmpty || name == LabelName.metricName { throw value.error("invalid label name: \(name)") }
            let text = value.kind == .nothing ? "" : try value.string()
            return (label: Label(name: name, value: text), node: value)
        }.map(\.value)
    }
}

/// What the rules of a group take from it.
struct GroupContext {
    var name: String
    var language: RuleLanguage
    var labels: [Label]
}

/// Faults that do not keep what follows from being looked at.
struct FaultCollection {
    private(set) var errors: [ConfigError] = []

    mutating func add(_ error: ConfigError) { errors.append(error) }

    /// The result of a reading, or nil where it failed.
    mutating func collect<Value>(_ read: () throws(ConfigError) -> Value) -> Value? {
        do throws(ConfigError) {
            return try read()
        } catch {
            errors.append(error)
            return nil
        }
    }

    func throwIfAny() throws(ConfigError) {
        if let joined = ConfigError.joining(errors) { throw joined }
    }
}
