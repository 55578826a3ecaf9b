internal import TargetDiscovery

/// Answers of those that know targets.
let discoveryParsers: [String: Parser] = Dictionary(
    uniqueKeysWithValues: DiscoveryFormat.allCases.map { format in
        let name = format == .dns ? "dns" : format == .file ? "target-file" : format == .http ? "target-list" : format.rawValue
        return (name, { bytes in _ = format.count(in: bytes) })
    })
