internal import Logging
internal import MetricStorage
internal import NIOPosix
internal import PerchMetrics
internal import ShardStorage

extension Collector {
    /// Sending on to others. To be made before storage starts, as it holds what is still to be sent.
    static func makeRemoteWriteService(
        _ options: ServeOptions, _ configuration: CollectorConfiguration, _ storage: MetricStorage, _ blocking: NIOThreadPool,
        _ traces: OwnTraces, _ logger: Logger, _ metrics: MetricRegistry, waitUntilReady: @escaping @Sendable () async throws -> Void
    ) throws -> RemoteWriteService {
        let folder = options.dataDirectory + "/remote-write"
        try FileOperations.createDirectory(folder)
        let positions = try RemotePositions(path: folder + "/positions.sqlite") { error in
            logger.error("how far everything was sent is damaged", metadata: ["reason": .string(error.description)])
        }
        return try RemoteWriteService(
            configuration,
            environment: RemoteWriter.Environment(
                storage: storage, positions: positions, blocking: blocking, logger: logger, metrics: metrics,
                userAgent: "Perch/" + PerchVersion.current, traces: traces),
            waitUntilReady: waitUntilReady)
    }
}
