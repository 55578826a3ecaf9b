internal import HTTPTypes
public import TelemetryModel

/// `/api/v1/metadata`: type, help and unit of metric families.
public struct MetadataAPI: HTTPEndpoints {
    /// A family, and everything that different targets say of it.
    public struct Family: Sendable {
        public var name: String
        public var metadata: [MetricMetadata]

        public init(name: String, metadata: [MetricMetadata]) {
            self.name = name
            self.metadata = metadata
        }
    }

    private let environment: QueryEnvironment
    private let families: @Sendable (String?) -> [Family]

    /// - Parameter families: the family of a name, or all families. May block.
    public init(_ environment: QueryEnvironment, families: @escaping @Sendable (_ name: String?) -> [Family]) {
        self.environment = environment
        self.families = families
    }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/metadata", .get) { call in
            let parameters = try await call.parameters()
            // Here a limit of 0 means none at all, and one below 0 means no limit.
            let limit = try MetadataAPI.limit("limit", parameters)
            let perFamily = try MetadataAPI.limit("limit_per_metric", parameters)
            let name = parameters["metric"]
            return try await environment.lookUp(call) { _ in
                let found = families(name).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                return .success { writer in
                    writer.beginObject()
                    for family in found.prefix(limit) where !family.metadata.isEmpty {
                        writer.name(family.name)
                        writer.beginArray()
                        for metadata in family.metadata.prefix(perFamily) { writer.metadata(metadata) }
                        writer.endArray()
                    }
                    writer.endObject()
                }
            }
        }
    }

    private static func limit(_ name: String, _ parameters: FormParameters) throws(APIFailure) -> Int {
        guard let text = parameters[name] else { return .max }
        guard let limit = Int(text) else { throw APIFailure(.badData, "\(name) must be a number") }
        return limit < 0 ? .max : limit
    }
}

extension JSONWriter {
    fileprivate mutating func metadata(_ metadata: MetricMetadata) {
        beginObject()
        metadataMembers(metadata)
        endObject()
    }

    mutating func metadataMembers(_ metadata: MetricMetadata) {
        member("type", metadata.type.rawValue)
        member("help", metadata.help)
        member("unit", metadata.unit)
    }
}
