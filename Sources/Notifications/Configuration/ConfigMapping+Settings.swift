internal import ConfigFile
internal import OutboundHTTP

/// How the keys of an Alertmanager file are read: a key without a value sets nothing, false or the empty text, as Go's YAML package has it.
extension ConfigMapping {
    /// A text; a key without a value gives the empty one.
    mutating func text(_ key: String, default value: String = "") throws(ConfigError) -> String {
        guard let node = node(key) else { return contains(key) ? "" : value }
        return try node.string()
    }

    mutating func flag(_ key: String, default value: Bool = false) throws(ConfigError) -> Bool {
        guard let node = node(key) else { return contains(key) ? false : value }
        return try node.bool()
    }

    mutating func optionalFlag(_ key: String) throws(ConfigError) -> Bool? { try optional(key, as: Bool.self) }

    /// A whole number that is not negative.
    mutating func count(_ key: String) throws(ConfigError) -> Int {
        try optional(key) { (node) throws(ConfigError) in try node.int(in: 0...Int.max) } ?? 0
    }

    /// A span of time as Go writes it, in milliseconds.
    mutating func goDuration(_ key: String, default value: Int64 = 0) throws(ConfigError) -> Int64 {
        guard let node = node(key) else { return contains(key) ? 0 : value }
        // A number without a unit counts nanoseconds.
        if let nanoseconds = try? node.int() { return Int64(nanoseconds) / 1_000_000 }
        guard let milliseconds = GoDurationText.milliseconds(try node.string()) else {
            throw node.mismatch(expected: "a duration such as \"10s\"")
        }
        return milliseconds
    }

    /// Texts under free keys, in the order of the file.
    mutating func texts(_ key: String) throws(ConfigError) -> [NamedTemplate] {
        let entries = try optional(key) { (node) throws(ConfigError) in
            try node.entries { (_, value) throws(ConfigError) in value.kind == .nothing ? "" : try value.string() }
        }
        return (entries ?? []).map { NamedTemplate(name: $0.key, template: $0.value) }
    }

    /// A text that is a secret; what is wrong with it is said without showing it. Nil where it is not given or empty.
    mutating func secret(_ key: String) throws(ConfigError) -> String? {
        guard let node = node(key) else { return nil }
        guard node.kind == .scalar else { throw node.error("expected a string") }
        let text = try node.string()
        return text.isEmpty ? nil : text
    }

    /// A path, made one from the folder of the file; nil where it is not given or empty.
    mutating func path(_ key: String, _ context: ReadingContext) throws(ConfigError) -> String? {
        let path = try text(key)
        return path.isEmpty ? nil : context.resolve(path)
    }

    /// A secret under a key, or in the file that another key names; one of the two at most.
    mutating func secret(_ key: String, orFile fileKey: String, _ context: ReadingContext) throws(ConfigError) -> HTTPSecret? {
        let text = try secret(key)
        guard let path = try path(fileKey, context) else { return text.map { .literal($0) } }
        if text != nil { throw error(atKey: fileKey, "at most one of \(key) & \(fileKey) must be configured") }
        return .file(path: path)
    }

    /// An address; what is wrong with it is said without showing it.
    mutating func address(_ key: String) throws(ConfigError) -> HTTPAddress? {
        guard let node = node(key) else { return nil }
        guard node.kind == .scalar else { throw node.error("expected a URL") }
        do throws(HTTPAddress.Fault) {
            return try HTTPAddress(try node.text(orThrow: HTTPAddress.Fault("expected a URL")))
        } catch {
            throw node.error("\(key): \(error.message)")
        }
    }

    /// An address that is a secret under a key, or in the file that another key names; one of the two at most.
    mutating func address(_ key: String, orFile fileKey: String, _ context: ReadingContext) throws(ConfigError) -> HTTPSecret? {
        // A file that this or another program has shown, with secrets left out, is still read.
        let isRedacted = try secret(key) == HTTPSecret.placeholder
        let address: HTTPSecret? = isRedacted ? .literal(HTTPSecret.placeholder) : try address(key).map { .literal($0.text) }
        guard let path = try path(fileKey, context) else { return address }
        if address != nil { throw error(atKey: fileKey, "at most one of \(key) & \(fileKey) must be configured") }
        return .file(path: path)
    }
}

extension ConfigNode {
    fileprivate func text(orThrow fault: HTTPAddress.Fault) throws(HTTPAddress.Fault) -> String {
        do throws(ConfigError) { return try string() } catch { throw fault }
    }
}

/// A text of the configuration that is a template, under a name.
struct NamedTemplate: Sendable, Hashable {
    var name: String
    var template: String
}

/// What stands around a part of the file that is read.
struct ReadingContext: Sendable {
    /// The folder of the file; empty where there is none.
    var folder: String

    /// A path as the file means it: relative ones start at the file's folder.
    func resolve(_ path: String) -> String { path.hasPrefix("/") ? path : start + path }

    /// What reads `http_config` and `tls_config`. Receivers say nothing of what they accept, so the file may.
    var http: HTTPClientReader { HTTPClientReader(folder: start, ownHeaders: []) }

    private var start: String { folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/" }
}
