internal import ConfigFile
internal import LinearRegex
internal import LogFormats
internal import LogReceiving
internal import TelemetryModel

extension ConfigurationReader {
    /// Reads the keys of `receivers` for logs of agents and files.
    func readLogAgents(_ mapping: inout ConfigMapping) throws(ConfigError) -> LogAgentSettings {
        var settings = LogAgentSettings()
        settings.beats = try mapping.optional("beats", reading: beats(in:)) ?? nil
        settings.syslog = try mapping.optional("syslog", reading: syslog(in:))
        settings.files = try mapping.optional("files", reading: logFiles(in:)) ?? []
        settings.journal = try mapping.optional("journal", reading: journal(in:)) ?? nil
        return settings
    }

    /// `true`, `false`, or a mapping.
    private func journal(in node: ConfigNode) throws(ConfigError) -> JournalReceiver.Settings? {
        if node.kind == .scalar { return try node.bool() ? JournalReceiver.Settings() : nil }
        return try node.mapping { (mapping) throws(ConfigError) in
            var settings = JournalReceiver.Settings()
            settings.units =
                try mapping.optional("units") { (node) throws(ConfigError) in
                    try node.list { (node) throws(ConfigError) in try node.string() }
                } ?? []
            settings.directory = try mapping.optional("directory", reading: path(in:))
            settings.start = try mapping.optional("start_at", reading: start(in:)) ?? settings.start
            settings.program = try mapping.optional("journalctl", default: settings.program)
            return settings
        }
    }

    private func start(in node: ConfigNode) throws(ConfigError) -> TailSettings.Start {
        try node.word(of: ["beginning": TailSettings.Start.beginning, "end": .end])
    }

    // MARK: - Listeners

    /// `HOST:PORT`, `off`, or a mapping with `listen`.
    private func beats(in node: ConfigNode) throws(ConfigError) -> LogAgentSettings.Beats? {
        guard node.kind == .mapping else { return try address(in: node).map { LogAgentSettings.Beats(address: $0) } }
        return try node.mapping { (mapping) throws(ConfigError) in
            var settings = LogAgentSettings.Beats(address: try mapping.required("listen", reading: requiredAddress(in:)))
            settings.tls = try mapping.optional("tls") { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in try serverTLS(&mapping) }
            }
            settings.labels = try mapping.optional("labels", reading: logLabels(in:)) ?? []
            settings.connectionsMax = try connections(&mapping) ?? settings.connectionsMax
            return settings
        }
    }

    private func syslog(in node: ConfigNode) throws(ConfigError) -> LogAgentSettings.Syslog {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = LogAgentSettings.Syslog()
            settings.udp = try mapping.optional("udp", reading: address(in:)) ?? nil
            settings.tcp = try mapping.optional("tcp", reading: address(in:)) ?? nil
            if let node = mapping.node("tls") {
                try node.mapping { (mapping) throws(ConfigError) in
                    settings.encrypted = try mapping.required("listen", reading: requiredAddress(in:))
                    settings.tls = try serverTLS(&mapping)
                }
            }
            if settings.udp == nil, settings.tcp == nil, settings.encrypted == nil {
                notes.warn(node.error("syslog is taken nowhere: none of udp, tcp and tls says where to listen"))
            }
            settings.zone = try mapping.optional("timezone", reading: zone(in:)) ?? settings.zone
            settings.labels = try mapping.optional("labels", reading: logLabels(in:)) ?? []
            settings.limits.messageBytesMax =
                try mapping.optional("max_message_size") { (node) throws(ConfigError) in try bytes(in: node, 480...16 << 20) }
                ?? settings.limits.messageBytesMax
            settings.limits.connectionsMax = try connections(&mapping) ?? settings.limits.connectionsMax
            return settings
        }
    }

    private func connections(_ mapping: inout ConfigMapping) throws(ConfigError) -> Int? {
        try mapping.optional("max_connections") { (node) throws(ConfigError) in try node.int(in: 1...1_000_000) }
    }

    /// `HOST:PORT`, or `off`: nil.
    func address(in node: ConfigNode) throws(ConfigError) -> ListenAddress? {
        try node.string() == "off" ? nil : try requiredAddress(in: node)
    }

    private func requiredAddress(in node: ConfigNode) throws(ConfigError) -> ListenAddress {
        let text = try node.string()
        do throws(UsageError) { return try ListenAddress(text) } catch { throw node.error(error.message) }
    }

    /// The keys by which a listener says how it speaks TLS.
    private func serverTLS(_ mapping: inout ConfigMapping) throws(ConfigError) -> AgentTLS {
        var tls = AgentTLS(
            certificateFile: try mapping.required("cert_file", reading: path(in:)),
            keyFile: try mapping.required("key_file", reading: path(in:)))
        tls.clientAuthorityFile = try mapping.optional("client_ca_file", reading: path(in:))
        let said = try mapping.optional("client_auth") { (node) throws(ConfigError) in
            try node.word(of: ["none": AgentTLS.ClientAuthentication.none, "optional": .optional, "required": .required])
        }
        tls.clientAuthentication = said ?? (tls.clientAuthorityFile == nil ? .none : .required)
        if tls.clientAuthentication != .none, tls.clientAuthorityFile == nil {
            throw mapping.error(atKey: "client_auth", "certificates of clients cannot be checked without client_ca_file")
        }
        return tls
    }

    private func zone(in node: ConfigNode) throws(ConfigError) -> SyslogZone {
        guard let zone = SyslogZone(try node.string()) else {
            throw node.error("this time zone is not known; write one such as Europe/Berlin, UTC or local")
        }
        return zone
    }

    // MARK: - Files

    private func logFiles(in node: ConfigNode) throws(ConfigError) -> [LogAgentSettings.Files] {
        var names: Set<String> = []
        return try node.list { (element) throws(ConfigError) in
            let files = try element.mapping { (mapping) throws(ConfigError) in try self.files(&mapping) }
            if !names.insert(files.name).inserted {
                throw element.error("the name \"\(files.name)\" stands twice in the list; each of files needs a name of its own")
            }
            return files
        }
    }

    private func files(_ mapping: inout ConfigMapping) throws(ConfigError) -> LogAgentSettings.Files {
        let paths = try mapping.required("paths") { (node) throws(ConfigError) in try node.list(filePattern(in:)) }
        if paths.isEmpty { throw mapping.error(atKey: "paths", "paths must not be empty") }
        let name = try mapping.optional("name", as: String.self) ?? paths.map(\.text).joined(separator: ",")
        var settings = LogAgentSettings.Files(name: name, paths: paths)
        settings.exclude = try mapping.optional("exclude") { (node) throws(ConfigError) in try node.list(filePattern(in:)) } ?? []
        settings.labels = try mapping.optional("labels", reading: logLabels(in:)) ?? []
        settings.format =
            try mapping.optional("format") { (node) throws(ConfigError) in
                try node.word(of: ["auto": LineFormat.auto, "raw": .raw, "json": .json, "docker": .docker, "cri": .cri])
            } ?? .auto
        settings.start = try mapping.optional("start_at", reading: start(in:)) ?? .beginning
        settings.encoding =
            try mapping.optional("encoding") { (node) throws(ConfigError) in
                try node.word(of: [
                    "utf-8": TextEncoding.utf8, "utf-16le": .utf16LittleEndian, "utf-16be": .utf16BigEndian, "iso-8859-1": .latin1,
                    "latin1": .latin1,
                ])
            } ?? .utf8
        settings.multiline = try mapping.optional("multiline", reading: multiline(in:))
        settings.lineBytesMax =
            try mapping.optional("max_line_size") { (node) throws(ConfigError) in try bytes(in: node, 64...16 << 20) }
            ?? settings.lineBytesMax
        settings.filesMax =
            try mapping.optional("max_files") { (node) throws(ConfigError) in try node.int(in: 1...1_000_000) } ?? settings.filesMax
        return settings
    }

    private func filePattern(in node: ConfigNode) throws(ConfigError) -> FilePattern { FilePattern(try path(in: node)) }

    private func multiline(in node: ConfigNode) throws(ConfigError) -> LogAgentSettings.Files.Multiline {
        try node.mapping { (mapping) throws(ConfigError) in
            var found: [LogAgentSettings.Files.Multiline] = []
            for (key, border) in [("start", MultilineRule.Border.start), ("continuation", .continuation), ("end", .end)] {
                guard let pattern = try mapping.optional(key, reading: linePattern(in:)) else { continue }
                found.append(LogAgentSettings.Files.Multiline(border: border, pattern: pattern))
            }
            guard var settings = found.first, found.count == 1 else {
                throw mapping.node.error("multiline needs one of start, continuation and end")
            }
            settings.linesMax =
                try mapping.optional("max_lines") { (node) throws(ConfigError) in try node.int(in: 1...1_000_000) } ?? settings.linesMax
            settings.timeoutMilliseconds = try milliseconds("timeout", &mapping) ?? settings.timeoutMilliseconds
            return settings
        }
    }

    private func linePattern(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        do throws(LinearPatternError) { _ = try LinearPattern(text, anchored: false) } catch { throw node.error("\(error)") }
        return text
    }

    // MARK: - Values

    private func logLabels(in node: ConfigNode) throws(ConfigError) -> [LogAgentSettings.Label] {
        try node.entries { (name, value) throws(ConfigError) in
            guard LabelSet.isClassicLabelName(name) else { throw value.error("\"\(name)\" is not a label name") }
            return LogAgentSettings.Label(name: name, value: try value.string())
        }.map(\.value)
    }

    private func bytes(in node: ConfigNode, _ range: ClosedRange<Int>) throws(ConfigError) -> Int {
        let bytes = try node.byteSize().bytes
        guard let size = Int(exactly: bytes), range.contains(size) else {
            throw node.error("must be from \(range.lowerBound) to \(range.upperBound) bytes")
        }
        return size
    }
}
