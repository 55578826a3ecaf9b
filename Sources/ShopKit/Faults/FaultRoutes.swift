public import Foundation
internal import HTTPTypes
public import Hummingbird
internal import Logging

/// A fault as `/faults` tells it.
public struct FaultState: ResponseCodable, Sendable, Hashable {
    public var name: String
    public var summary: String
    /// What it is set to where nothing is said.
    public var standardValue: FaultValue
    public var isActive: Bool
    public var value: FaultValue?
    public var until: Date?

    private enum CodingKeys: String, CodingKey {
        case name, summary, value, until
        case standardValue = "default"
        case isActive = "active"
    }

    init(_ fault: FaultName, _ setting: FaultSchedule.Setting?) {
        name = fault.rawValue
        summary = fault.summary
        standardValue = fault.standardValue
        isActive = setting != nil
        value = setting?.value
        until = setting?.until
    }
}

/// What a fault is to be set to.
public struct FaultRequest: Codable, Sendable, Hashable {
    /// The standard value where there is none.
    public var value: FaultValue?
    /// How long; until it is cleared where there is none.
    public var seconds: Double?

    private enum CodingKeys: String, CodingKey {
        case value
        case seconds = "for_seconds"
    }

    public init(value: FaultValue?, seconds: Double?) {
        self.value = value
        self.seconds = seconds
    }
}

/// `/faults`: what goes wrong here, to be looked at and changed.
struct FaultRoutes {
    private static let secondsMax = 7.0 * 86_400
    let faults: Faults
    let logger: Logger

    func add(to router: Router<ShopContext>) {
        let (faults, logger) = (faults, logger)
        router.get("/faults") { _, _ in faults.names.map { FaultState($0, faults.setting(of: $0)) } }
        router.put("/faults/{name}") { request, context -> FaultState in
            let fault = try FaultRoutes.fault(faults, context)
            let wanted = try await request.decode(as: FaultRequest.self, context: context)
            if let seconds = wanted.seconds, !(seconds > 0 && seconds <= FaultRoutes.secondsMax) {
                throw Problem(.unprocessableContent, "for_seconds is from above 0 to \(Int(FaultRoutes.secondsMax))")
            }
            let value = wanted.value ?? fault.standardValue
            try faults.set(fault, to: value, for: wanted.seconds.map { .seconds($0) })
            var metadata: Logger.Metadata = ["fault": .string(fault.rawValue), "value": .string(value.description)]
            if let seconds = wanted.seconds { metadata["for_seconds"] = .stringConvertible(seconds) }
            logger.warning("fault set", metadata: metadata)
            return FaultState(fault, faults.setting(of: fault))
        }
        router.delete("/faults/{name}") { _, context -> HTTPResponse.Status in
            let fault = try FaultRoutes.fault(faults, context)
            try faults.clear(fault)
            logger.notice("fault cleared", metadata: ["fault": .string(fault.rawValue)])
            return .noContent
        }
    }

    private static func fault(_ faults: Faults, _ context: ShopContext) throws(Problem) -> FaultName {
        let text = context.parameters.get("name") ?? ""
        guard let fault = FaultName(rawValue: text), faults.names.contains(fault) else {
            let known = faults.names.map(\.rawValue).joined(separator: ", ")
            throw Problem(.notFound, "there is no fault \(text) here" + (known.isEmpty ? "" : ", but \(known)"))
        }
        return fault
    }
}
