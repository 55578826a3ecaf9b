public import PerchMetrics

/// What can be made to go wrong in the shop, so that dashboards and alerts have something to show.
public enum FaultName: String, CaseIterable, Sendable, Hashable, Codable, LabelValue {
    case slowCatalog = "slow-catalog"
    case failingPayments = "failing-payments"
    case stockOut = "stock-out"
    case leak
    case crashLoop = "crash-loop"

    /// The service that goes wrong.
    public var owner: ServiceName {
        switch self {
        case .slowCatalog: .catalog
        case .failingPayments: .payments
        case .stockOut: .inventory
        case .leak: .recommendations
        case .crashLoop: .shipping
        }
    }

    /// What it is set to where nothing is said.
    public var standardValue: FaultValue {
        switch self {
        case .slowCatalog: .number(1500)
        case .failingPayments: .number(0.8)
        case .stockOut: .text("all")
        case .leak: .number(Double(1 << 20))
        case .crashLoop: .number(5)
        }
    }

    /// What goes wrong, and what the value says.
    public var summary: String {
        switch self {
        case .slowCatalog: "each request to the catalog takes this many milliseconds longer"
        case .failingPayments: "this share of payments fails with an error, 0 to 1"
        case .stockOut: "nothing is in stock of the product of this number, or of all"
        case .leak: "recommendations loses this many bytes a second, until it holds 256 MiB"
        case .crashLoop: "shipping exits this many seconds after each start"
        }
    }

    /// Whether a value makes sense.
    public func accepts(_ value: FaultValue) -> Bool {
        switch (self, value) {
        case (.slowCatalog, .number(let milliseconds)): (0...60_000).contains(milliseconds)
        case (.failingPayments, .number(let share)): (0...1).contains(share)
        case (.stockOut, .text(let text)): text == "all"
        case (.stockOut, .number(let product)): Int(exactly: product).map { (1...1_000_000).contains($0) } ?? false
        case (.leak, .number(let bytes)): (1...Double(64 << 20)).contains(bytes)
        case (.crashLoop, .number(let seconds)): (0...3600).contains(seconds)
        default: false
        }
    }

    /// Whether the fault outlives the process: what makes it exit would end with it otherwise.
    var isKept: Bool { self == .crashLoop }
}

/// How far something goes wrong.
public enum FaultValue: Sendable, Hashable, Codable {
    case number(Double)
    case text(String)

    /// - Parameter text: a number, or anything else.
    public init(_ text: String) { self = Double(text).map { .number($0) } ?? .text(text) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

extension FaultValue: CustomStringConvertible {
    public var description: String {
        switch self {
        case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .text(let text): text
        }
    }
}
