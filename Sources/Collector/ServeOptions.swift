internal import ConfigFile
internal import Foundation
public import Logging
internal import PromQL

/// Wrong usage of the command line; one line that says what to write instead.
public struct UsageError: Error, Sendable {
    public let message: String
}

/// A host and a port to listen on, such as `127.0.0.1:9797` or `[::1]:9797`.
public struct ListenAddress: Sendable, Hashable {
    public var host: String
    public var port: Int

    /// - Throws: ``UsageError`` where the text is no `HOST:PORT`. An empty host stands for every IPv4 address, as Prometheus has it.
    public init(_ text: String) throws(UsageError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError(message: "\"\(text)\" is no address to listen on; write HOST:PORT, such as 127.0.0.1:9797")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw UsageError(message: "\"\(text)\": an IPv6 address stands in brackets, such as [::1]:9797")
        }
        self.host = host.isEmpty ? "0.0.0.0" : host
        self.port = Int(port)
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// What `perch serve` was told on its command line.
public struct ServeOptions: Sendable {
    public var configurationFile: String?
    /// The Alertmanager file; that of the configuration file counts where nothing is said.
    public var alertmanagerConfigurationFile: String?
    public var dataDirectory = "./data"
    public var httpListen: ListenAddress
    /// Where OTLP over gRPC is taken; the configuration file counts where nothing is said.
    public var otlpGRPC = ReceiverSettings.Listening.unsaid
    /// Likewise OTLP over HTTP.
    public var otlpHTTP = ReceiverSettings.Listening.unsaid
    public var queryMaxSamples = 50_000_000
    /// The most memory that one query's intermediate results may take.
    public var queryMaxMemoryBytes = 1 << 30
    /// The most memory that results of range queries may take that are kept for later ones; 0 for none.
    public var queryResultCacheBytes = 64 << 20
    public var queryTimeoutMilliseconds: Int64 = 120_000
    public var queryMaxConcurrency = 20
    public var queryLookbackMilliseconds: Int64 = 300_000
    /// Queries that take at least this long are logged; nil for none.
    public var slowQueryMilliseconds: Int64? = 10_000
    /// Samples of one answer of remote read that is not streamed; 0 for any number.
    public var remoteReadSamplesMax = 50_000_000
    /// Remote reads that are worked on at once; 0 for any number.
    public var remoteReadConcurrency = 10
    /// Bytes of a frame of streamed remote reads.
    public var remoteReadFrameBytesMax = 1 << 20
    /// Whether series can be deleted and snapshots made over HTTP.
    public var adminAPIEnabled = false
    /// Where people reach this server, without a slash at the end; nil for the address that it listens on.
    public private(set) var externalURL: String?
    /// The least time between two notices of an alert that has not changed.
    public var alertResendDelayMilliseconds: Int64 = 60_000
    /// How long this server may have been away for the alerts of rules to go on as they were.
    public var outageToleranceMilliseconds: Int64 = 3_600_000
    /// The least time that an alert is pending after a start, where its state is read back from its series.
    public var forGracePeriodMilliseconds: Int64 = 600_000
    public var logLevel = Logger.Level.info
    var features: LanguageFeatures = []
    /// Whether scrapes also record their own limits and sizes (feature `extra-scrape-metrics`).
    var extraScrapeMetrics = false
    /// Whether scraped series begin with a zero at the time that targets tell (feature `created-timestamp-zero-ingestion`).
    var startsAsZeros = false
    /// Whether queries may ask for their samples by step (feature `promql-per-step-stats`).
    var perStepStatistics = false
    /// Names given to `--enable-feature` that Prometheus knows and that change nothing here, because Perch always does it.
    var idleFeatures: [String] = []
    /// Names given to `--enable-feature` that Prometheus knows and that have no effect here yet.
    var missingFeatures: [String] = []

    public init() {
        do { httpListen = try ListenAddress("127.0.0.1:9797") } catch { preconditionFailure("BUG: the default address is valid") }
    }

    /// Features of Prometheus that are always on here.
    private static let alwaysOn: Set<String> = [
        "native-histograms", "exemplar-storage", "promql-negative-offset", "promql-at-modifier", "remote-write-receiver",
        "no-default-scrape-port", "metadata-wal-records", "st-storage", "otlp-write-receiver", "otlp-deltatocumulative",
        "concurrent-rule-eval",
    ]

    /// Features of Prometheus that this version does not have, or that speak of Prometheus' insides.
    private static let withoutEffect: Set<String> = [
        "memory-snapshot-on-shutdown", "auto-gomemlimit", "auto-gomaxprocs",
        "auto-reload-config", "otlp-native-delta-ingestion", "old-ui",
        "delayed-compaction", "use-uncached-io", "xor2-encoding",
    ]

    /// Enables parts of Perch by the names that Prometheus gives them; each text may hold several, separated by commas.
    public mutating func enable(features names: [String]) throws(UsageError) {
        for name in names.flatMap({ $0.split(separator: ",").map(String.init) }) {
            if let feature = LanguageFeatures(name: name) {
                features.insert(feature)
                if name == "all" {
                    extraScrapeMetrics = true
                    perStepStatistics = true
                }
            } else if name == "promql-per-step-stats" {
                perStepStatistics = true
            } else if name == "extra-scrape-metrics" {
                extraScrapeMetrics = true
            } else if name == "created-timestamp-zero-ingestion" {
                startsAsZeros = true
            } else if Self.alwaysOn.contains(name) {
                idleFeatures.append(name)
            } else if Self.withoutEffect.contains(name) {
                missingFeatures.append(name)
            } else {
                throw UsageError(message: "--enable-feature: there is no feature \"\(name)\"")
            }
        }
    }

    /// Sets the level below which nothing is logged.
    public mutating func setLogLevel(_ name: String) throws(UsageError) {
        guard let level = Logger.Level(rawValue: name) else {
            throw UsageError(
                message: "--log-level: \"\(name)\" is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        logLevel = level
    }

    /// Checks values against each other and their ranges.
    public func validate() throws(UsageError) {
        if queryMaxSamples < 1 { throw UsageError(message: "--query.max-samples must be at least 1") }
        if queryMaxMemoryBytes < 1 { throw UsageError(message: "--query.max-memory-bytes must be at least 1") }
        if queryResultCacheBytes < 0 { throw UsageError(message: "--query.result-cache-bytes must not be negative") }
        if !(1...1000).contains(queryMaxConcurrency) { throw UsageError(message: "--query.max-concurrency must be between 1 and 1000") }
        if queryTimeoutMilliseconds < 1 { throw UsageError(message: "--query.timeout must be longer than 0") }
        if remoteReadSamplesMax < 0 { throw UsageError(message: "--storage.remote.read-sample-limit must not be negative") }
        if !(0...1000).contains(remoteReadConcurrency) {
            throw UsageError(message: "--storage.remote.read-concurrent-limit must be between 0 and 1000")
        }
        if remoteReadFrameBytesMax < 1 { throw UsageError(message: "--storage.remote.read-max-bytes-in-frame must be at least 1") }
        if queryLookbackMilliseconds < 1 { throw UsageError(message: "--query.lookback-delta must be longer than 0") }
    }

    /// Where a receiver listens: an address, `off`, or nil where the option was not given.
    public static func listening(_ value: String?, option: String) throws(UsageError) -> ReceiverSettings.Listening {
        guard let value else { return .unsaid }
        if value == "off" { return .off }
        do throws(UsageError) { return .at(try ListenAddress(value)) } catch {
            throw UsageError(message: "\(option): \(error.message); or off")
        }
    }
}

extension ServeOptions {
    /// Reads a duration of the command line, such as `2m` or `1h30m`.
    public static func milliseconds(_ text: String, option: String) throws(UsageError) -> Int64 {
        guard let duration = ConfigDuration(parsing: text) else {
            throw UsageError(message: "\(option): \"\(text)\" is no duration; write one such as 30s, 2m or 1h30m")
        }
        return duration.milliseconds
    }
}

extension ServeOptions {
    /// Sets where people reach this server: a URL with scheme and host, and a path perhaps.
    public mutating func setExternalURL(_ text: String) throws(UsageError) {
        guard let url = URL(string: text), let scheme = url.scheme, scheme == "http" || scheme == "https", url.host() != nil,
            url.query() == nil, url.fragment() == nil
        else { throw UsageError(message: "--web.external-url: \"\(text)\" is no address; write one such as https://perch.example.com") }
        externalURL = text.hasSuffix("/") ? String(text.reversed().drop { $0 == "/" }.reversed()) : text
    }
}

extension ServeOptions {
    /// Sets from which duration on queries are logged: a duration, `0` for all, or `off`.
    public mutating func setSlowQueries(_ text: String) throws(UsageError) {
        guard text != "off" else {
            slowQueryMilliseconds = nil
            return
        }
        slowQueryMilliseconds = try ServeOptions.milliseconds(text, option: "--query.log-slower-than")
    }
}

extension ServeOptions {
    /// The options in force by their names, for the status page. None of them is a secret.
    var flags: [String: String] {
        [
            "alertmanager-config": alertmanagerConfigurationFile ?? "",
            "config": configurationFile ?? "",
            "data-dir": dataDirectory,
            "http-listen": "\(httpListen.host):\(httpListen.port)",
            "log-level": logLevel.rawValue,
            "otlp-grpc-listen": otlpGRPC.text,
            "otlp-http-listen": otlpHTTP.text,
            "query.lookback-delta": "\(ConfigDuration(milliseconds: queryLookbackMilliseconds))",
            "query.log-slower-than": slowQueryMilliseconds.map { "\(ConfigDuration(milliseconds: $0))" } ?? "off",
            "query.max-concurrency": "\(queryMaxConcurrency)",
            "query.max-memory-bytes": "\(queryMaxMemoryBytes)",
            "query.result-cache-bytes": "\(queryResultCacheBytes)",
            "query.max-samples": "\(queryMaxSamples)",
            "query.timeout": "\(ConfigDuration(milliseconds: queryTimeoutMilliseconds))",
            "rules.alert.for-grace-period": "\(ConfigDuration(milliseconds: forGracePeriodMilliseconds))",
            "rules.alert.for-outage-tolerance": "\(ConfigDuration(milliseconds: outageToleranceMilliseconds))",
            "rules.alert.resend-delay": "\(ConfigDuration(milliseconds: alertResendDelayMilliseconds))",
            "storage.remote.read-concurrent-limit": "\(remoteReadConcurrency)",
            "storage.remote.read-max-bytes-in-frame": "\(remoteReadFrameBytesMax)",
            "storage.remote.read-sample-limit": "\(remoteReadSamplesMax)",
            "web.enable-admin-api": "\(adminAPIEnabled)",
            "web.external-url": effectiveExternalURL,
        ]
    }
}

extension ReceiverSettings.Listening {
    /// The choice as an option's value; empty where nothing was said.
    fileprivate var text: String {
        switch self {
        case .unsaid: ""
        case .off: "off"
        case .at(let address): address.text(port: address.port)
        }
    }
}
