internal import HTTPTypes
public import TelemetryModel

/// One remote of `remote_write` as it is shown.
public struct RemoteWriteView: Sendable {
    public var name: String
    /// Without a password.
    public var url: String
    /// The message it gets now.
    public var message: String
    public var shards: Int
    public var shardsDesired: Double
    /// Samples, histograms and exemplars in memory.
    public var pendingItems: Int
    public var sentSamples: Int
    public var failedSamples: Int
    public var retriedSamples: Int
    public var droppedSamples: [(reason: String, samples: Int)]
    /// Time between the newest sample that was read to be sent and the newest that was; nil while nothing was sent.
    public var behindSeconds: Double?
    public var lastSuccess: Timestamp?
    public var lastError: String?

    public init(
        name: String, url: String, message: String, shards: Int, shardsDesired: Double, pendingItems: Int, sentSamples: Int,
        failedSamples: Int, retriedSamples: Int, droppedSamples: [(reason: String, samples: Int)], behindSeconds: Double?,
        lastSuccess: Timestamp?, lastError: String?
    ) {
        self.name = name
        self.url = url
        self.message = message
        self.shards = shards
        self.shardsDesired = shardsDesired
        self.pendingItems = pendingItems
        self.sentSamples = sentSamples
        self.failedSamples = failedSamples
        self.retriedSamples = retriedSamples
        self.droppedSamples = droppedSamples
        self.behindSeconds = behindSeconds
        self.lastSuccess = lastSuccess
        self.lastError = lastError
    }
}

/// `/api/v1/status/remote_write`: how sending on to others goes. Perch's own.
public struct RemoteWriteStatusAPI: HTTPEndpoints {
    private let remotes: @Sendable () -> (remotes: [RemoteWriteView], keptBytes: Int)

    /// - Parameter remotes: the remotes, and the bytes on the disk that are kept for them alone.
    public init(_ remotes: @escaping @Sendable () -> (remotes: [RemoteWriteView], keptBytes: Int)) { self.remotes = remotes }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/status/remote_write", .get) { _ in
            let (remotes, keptBytes) = self.remotes()
            return .success { writer in
                writer.beginObject()
                writer.member("queueBytes", keptBytes)
                writer.name("remotes")
                writer.beginArray()
                for remote in remotes { RemoteWriteStatusAPI.write(remote, to: &writer) }
                writer.endArray()
                writer.endObject()
            }
        }
    }

    private static func write(_ remote: RemoteWriteView, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", remote.name)
        writer.member("url", remote.url)
        writer.member("message", remote.message)
        writer.member("shards", remote.shards)
        writer.name("shardsDesired")
        writer.value(remote.shardsDesired)
        writer.member("pending", remote.pendingItems)
        writer.member("samplesSent", remote.sentSamples)
        writer.member("samplesFailed", remote.failedSamples)
        writer.member("samplesRetried", remote.retriedSamples)
        writer.name("samplesDropped")
        writer.beginObject()
        for (reason, samples) in remote.droppedSamples { writer.member(reason, samples) }
        writer.endObject()
        if let behind = remote.behindSeconds {
            writer.name("behindSeconds")
            writer.value(behind)
        }
        if let time = remote.lastSuccess { writer.member("lastSuccess", timeText(time)) }
        if let error = remote.lastError { writer.member("lastError", error) }
        writer.endObject()
    }
}
