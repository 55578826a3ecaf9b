public import ConfigFile
public import Rules
public import TelemetryModel

/// What is found out about one rule file, as `promtool check rules` does it.
public struct RuleFileCheck: Sendable {
    /// The file as it was named.
    public var file: String
    /// 0 where there are faults.
    public var ruleCount = 0
    /// Why the file cannot be loaded, in the order of the document.
    public var faults: [ConfigError] = []
    /// Rules that are there more than once; looked for only in files without faults.
    public var duplicates: [DuplicateRule] = []

    /// A file that could not be read.
    public init(file: String, faults: [ConfigError]) {
        self.file = file
        self.faults = faults
    }

    /// Reads and checks a file.
    ///
    /// - Parameter findsDuplicates: whether to look for rules with the same name and labels.
    public init(_ text: String, file: String, options: RuleFileOptions = RuleFileOptions(), findsDuplicates: Bool = true) {
        self.file = file
        do throws(ConfigError) {
            let read = try RuleFile.parse(text, file: file, options: options)
            ruleCount = read.groups.reduce(0) { $0 + $1.rules.count }
            if findsDuplicates { duplicates = DuplicateRule.all(in: read) }
        } catch {
            faults = error.all
        }
    }
}

/// A name and labels that several rules of a file have, so that each overwrites what the others recorded.
public struct DuplicateRule: Sendable, Hashable {
    public var name: String
    /// Those of the group among them.
    public var labels: [Label]
    /// Where the rules stand, in the order of the file; at least two.
    public var places: [RulePlace]

    /// Sorted by name and labels.
    static func all(in file: RuleFile) -> [DuplicateRule] {
        struct Key: Hashable {
            var name: String
            var labels: [Label]
        }
        var places: [Key: [RulePlace]] = [:]
        var order: [Key] = []
        for rule in file.groups.lazy.flatMap(\.rules) {
            let key = Key(name: rule.name, labels: rule.labels)
            if places[key] == nil { order.append(key) }
            places[key, default: []].append(rule.place)
        }
        return order.compactMap { key in
            guard let found = places[key], found.count > 1 else { return nil }
            return DuplicateRule(name: key.name, labels: key.labels, places: found)
        }.sorted { left, right in
            if left.name != right.name { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
            return LabelSet(left.labels.map { ($0.name, $0.value) }) < LabelSet(right.labels.map { ($0.name, $0.value) })
        }
    }
}
