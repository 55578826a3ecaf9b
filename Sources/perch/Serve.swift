internal import ArgumentParser
internal import Collector

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Without a configuration file Perch starts with safe defaults and takes pushes. A Prometheus configuration file works as it is.
            SIGTERM and SIGINT stop it, SIGHUP reloads the configuration.

            EXAMPLES
              perch serve
              perch serve --config prometheus.yml --data-dir /var/lib/perch
              perch serve --http-listen 0.0.0.0:9797 --enable-feature all
              perch serve --otlp-grpc-listen 0.0.0.0:4317 --otlp-http-listen off
            """
    )

    @Option(help: ArgumentHelp("A Prometheus configuration file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "An Alertmanager configuration file: who is told of which alert; counts before alertmanager_config of the file.",
            valueName: "file"))
    var alertmanagerConfig: String?

    @Option(help: ArgumentHelp("Where the data is kept; made if it is not there.", valueName: "dir"))
    var dataDir = "./data"

    @Option(help: ArgumentHelp("Address of every HTTP API; port 0 picks a free one and logs it.", valueName: "host:port"))
    var httpListen = "127.0.0.1:9797"

    @Option(
        help: ArgumentHelp(
            "Address of the OTLP/gRPC receiver, or `off`; counts before the file. (default: 127.0.0.1:4317)", valueName: "host:port"))
    var otlpGrpcListen: String?

    @Option(
        help: ArgumentHelp(
            "Address of the OTLP/HTTP receiver, or `off`; counts before the file. The HTTP port takes the same. (default: 127.0.0.1:4318)",
            valueName: "host:port"))
    var otlpHttpListen: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Parts that are off by default, by Prometheus' names, separated by commas; `all` for all.", valueName: "name[,name…]"))
    var enableFeature: [String] = []

    @Option(name: .customLong("query.max-samples"), help: ArgumentHelp("The most samples a query may hold in memory.", valueName: "n"))
    var queryMaxSamples = 50_000_000

    @Option(
        name: .customLong("query.max-memory-bytes"),
        help: ArgumentHelp("The most memory that a query's intermediate results may take.", valueName: "bytes"))
    var queryMaxMemoryBytes = 1 << 30

    @Option(
        name: .customLong("query.result-cache-bytes"),
        help: ArgumentHelp("Memory for results of range queries that later ones reuse; 0 for none.", valueName: "bytes"))
    var queryResultCacheBytes = 64 << 20

    @Option(name: .customLong("query.timeout"), help: ArgumentHelp("The longest a query may run.", valueName: "duration"))
    var queryTimeout = "2m"

    @Option(name: .customLong("query.max-concurrency"), help: ArgumentHelp("The most queries that run at one time.", valueName: "n"))
    var queryMaxConcurrency = 20

    @Option(name: .customLong("query.lookback-delta"), help: ArgumentHelp("How far back an instant selector looks.", valueName: "duration"))
    var queryLookbackDelta = "5m"

    @Option(
        name: .customLong("query.log-slower-than"),
        help: ArgumentHelp("Queries that take at least this long are logged; 0 for all, off for none.", valueName: "duration"))
    var queryLogSlowerThan = "10s"

    @Option(
        name: .customLong("storage.remote.read-sample-limit"),
        help: ArgumentHelp("Samples of one answer of remote read that is not streamed; 0 for any number.", valueName: "n"))
    var remoteReadSampleLimit = 50_000_000

    @Option(
        name: .customLong("storage.remote.read-concurrent-limit"),
        help: ArgumentHelp("Remote reads that are worked on at one time; 0 for any number.", valueName: "n"))
    var remoteReadConcurrentLimit = 10

    @Option(
        name: .customLong("storage.remote.read-max-bytes-in-frame"),
        help: ArgumentHelp("The size at which a frame of a streamed remote read ends.", valueName: "bytes"))
    var remoteReadMaxBytesInFrame = 1 << 20

    @Flag(
        name: .customLong("web.enable-admin-api"),
        help: "Let clients delete series and make snapshots: /api/v1/admin/tsdb/… .")
    var enableAdminAPI = false

    @Option(
        name: .customLong("web.external-url"),
        help: ArgumentHelp("Where people reach this server; for links in alerts. (default: the HTTP address)", valueName: "url"))
    var webExternalURL: String?

    @Option(
        name: .customLong("rules.alert.resend-delay"),
        help: ArgumentHelp("The least time between two notices of an alert that has not changed.", valueName: "duration"))
    var ruleResendDelay = "1m"

    @Option(
        name: .customLong("rules.alert.for-outage-tolerance"),
        help: ArgumentHelp("How long the server may have been away for alerts to go on as they were.", valueName: "duration"))
    var ruleOutageTolerance = "1h"

    @Option(
        name: .customLong("rules.alert.for-grace-period"),
        help: ArgumentHelp(
            "The least time an alert is pending after a start, where its state is read back from its series.", valueName: "duration"))
    var ruleGracePeriod = "10m"

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel = "info"

    func run() async throws {
        var options = ServeOptions()
        do throws(UsageError) {
            options.configurationFile = config
            options.alertmanagerConfigurationFile = alertmanagerConfig
            options.dataDirectory = dataDir
            options.httpListen = try ListenAddress(httpListen)
            options.otlpGRPC = try ServeOptions.listening(otlpGrpcListen, option: "--otlp-grpc-listen")
            options.otlpHTTP = try ServeOptions.listening(otlpHttpListen, option: "--otlp-http-listen")
            try options.enable(features: enableFeature)
            options.queryMaxSamples = queryMaxSamples
            options.queryMaxMemoryBytes = queryMaxMemoryBytes
            options.queryResultCacheBytes = queryResultCacheBytes
            options.queryTimeoutMilliseconds = try ServeOptions.milliseconds(queryTimeout, option: "--query.timeout")
            options.queryMaxConcurrency = queryMaxConcurrency
            options.queryLookbackMilliseconds = try ServeOptions.milliseconds(queryLookbackDelta, option: "--query.lookback-delta")
            try options.setSlowQueries(queryLogSlowerThan)
            options.remoteReadSamplesMax = remoteReadSampleLimit
            options.remoteReadConcurrency = remoteReadConcurrentLimit
            options.remoteReadFrameBytesMax = remoteReadMaxBytesInFrame
            options.adminAPIEnabled = enableAdminAPI
            if let webExternalURL { try options.setExternalURL(webExternalURL) }
            options.alertResendDelayMilliseconds = try ServeOptions.milliseconds(ruleResendDelay, option: "--rules.alert.resend-delay")
            options.outageToleranceMilliseconds = try ServeOptions.milliseconds(
                ruleOutageTolerance, option: "--rules.alert.for-outage-tolerance")
            options.forGracePeriodMilliseconds = try ServeOptions.milliseconds(ruleGracePeriod, option: "--rules.alert.for-grace-period")
            try options.setLogLevel(logLevel)
            try options.validate()
        } catch {
            StandardError.write("error: " + error.message + "\n")
            throw ExitCode(2)
        }
        let status = await Collector.serve(options)
        if status != 0 { throw ExitCode(status) }
    }
}
