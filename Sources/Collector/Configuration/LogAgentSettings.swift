internal import LinearRegex
public import LogFormats
public import LogReceiving

/// `receivers.beats`, `receivers.syslog`, `receivers.files` and `receivers.journal`: where logs of agents are taken, and which files are read. All are off unless
/// they are configured.
public struct LogAgentSettings: Sendable, Hashable {
    /// A label that entries get.
    public struct Label: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    /// `beats`.
    public struct Beats: Sendable, Hashable {
        public var address: ListenAddress
        public var tls: AgentTLS?
        public var labels: [Label] = []
        public var connectionsMax = 1000
    }

    /// `syslog`: up to three listeners with the same settings.
    public struct Syslog: Sendable, Hashable {
        public var udp: ListenAddress?
        public var tcp: ListenAddress?
        public var encrypted: ListenAddress?
        public var tls: AgentTLS?
        public var zone = SyslogZone()
        public var labels: [Label] = []
        public var limits = SyslogServer.Limits()
    }

    /// One of `files`.
    public struct Files: Sendable, Hashable {
        public struct Multiline: Sendable, Hashable {
            public var border: MultilineRule.Border
            /// A regular expression that is searched for anywhere in a line; checked.
            public var pattern: String
            public var linesMax = 500
            public var timeoutMilliseconds: Int64 = 5000
        }

        public var name: String
        public var paths: [FilePattern]
        public var exclude: [FilePattern] = []
        public var labels: [Label] = []
        public var format = LineFormat.auto
        public var start = TailSettings.Start.beginning
        public var encoding = TextEncoding.utf8
        public var multiline: Multiline?
        public var lineBytesMax = 256 << 10
        public var filesMax = 4096
    }

    public var beats: Beats?
    public var syslog: Syslog?
    public var files: [Files] = []
    /// `journal`: systemd's journal.
    public var journal: JournalReceiver.Settings?

    public init() {}

    /// The files with certificates and keys that are read at the start.
    var referencedFiles: [String] {
        [beats?.tls, syslog?.tls].compactMap(\.self).flatMap {
            [$0.certificateFile, $0.keyFile] + [$0.clientAuthorityFile].compactMap(\.self)
        }
    }
}

extension LogAgentSettings.Files {
    /// The settings as the receiver takes them.
    var receiverSettings: FileReceiver.Settings {
        var settings = FileReceiver.Settings(name: name, patterns: paths)
        settings.exclude = exclude
        settings.labels = labels.map { ($0.name, $0.value) }
        settings.tail.start = start
        settings.tail.format = format
        settings.tail.encoding = encoding
        settings.tail.lineBytesMax = lineBytesMax
        settings.tail.filesMax = filesMax
        if let multiline {
            // It was compiled when the configuration was read.
            guard let pattern = try? LinearPattern(multiline.pattern, anchored: false) else {
                preconditionFailure("BUG: a checked expression does not compile")
            }
            settings.tail.multilineTimeoutMilliseconds = multiline.timeoutMilliseconds
            settings.tail.multiline = MultilineRule(multiline.border, linesMax: multiline.linesMax) { line in
                line.withUnsafeBytes { pattern.matches($0) }
            }
        }
        return settings
    }
}
