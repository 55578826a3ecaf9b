public import PerchMetrics

/// The services of the shop. Each is a process of its own, with its own database.
public enum ServiceName: String, CaseIterable, Sendable, Hashable, Codable {
    case gateway, catalog, orders, users, payments, shipping, inventory, recommendations

    /// What the service is called in telemetry: `service.name`, and the job in Prometheus.
    public var telemetryName: String {
        switch self {
        case .catalog: "product-catalog"
        case .orders: "order-management"
        default: rawValue
        }
    }

    /// The port, unless another one is asked for: 8080 for the gateway, then one after the other.
    public var port: Int { 8080 + offset }

    /// How far the port is from the first one's.
    public var offset: Int {
        switch self {
        case .gateway: 0
        case .catalog: 1
        case .orders: 2
        case .users: 3
        case .payments: 4
        case .shipping: 5
        case .inventory: 6
        case .recommendations: 7
        }
    }

    /// The environment variable that says where others find the service.
    public var addressVariable: String { "SHOP_\(rawValue.uppercased())_URL" }
}

extension ServiceName: LabelValue {
    public var labelValue: String { telemetryName }
}
