internal import ByteCoding
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
public import Ingestion
internal import NIOCore
internal import TelemetryModel

/// Prometheus' Pushgateway: `PUT`, `POST` and `DELETE` of `/metrics/job/JOB{/LABEL/VALUE}`, where `@base64` behind `job` or a label says that
/// the value is encoded.
public struct PushGatewayAPI: HTTPEndpoints {
    private let receiver: MetricReceiver
    private let gateway: PushGateway

    public init(_ receiver: MetricReceiver, gateway: PushGateway) {
        self.receiver = receiver
        self.gateway = gateway
    }

    public func addRoutes(to routes: inout Routes) {
        for path in ["/metrics/job/**", "/metrics/job@base64/**"] {
            routes.on(path, .put) { await push($0, replaces: true) }
            routes.on(path, .post) { await push($0, replaces: false) }
            routes.on(path, .delete) { await delete($0) }
        }
    }

    private func push(_ call: APICall, replaces: Bool) async -> APIReply {
        let labels: LabelSet
        do throws(GroupingFault) { labels = try Self.grouping(call.request.uri.path) } catch {
            return Self.text(error.message, .badRequest)
        }
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else {
            return Self.text("the Content-Encoding is not taken; send \(RequestCoding.accepted)", .unsupportedMediaType)
        }
        let (gateway, contentType) = (gateway, call.headers[.contentType])
        let outcome = await receiver.receive(call, as: .pushgateway, coding: coding) { body in
            let (status, message) = gateway.push(Array(body), contentType: contentType, to: labels, replaces: replaces)
            return MetricDeliveryOutcome(Self.status(status), message, retryAfterSeconds: status == .accepted ? nil : 5)
        }
        return Self.reply(outcome, accepted: .ok)
    }

    private func delete(_ call: APICall) async -> APIReply {
        let labels: LabelSet
        do throws(GroupingFault) { labels = try Self.grouping(call.request.uri.path) } catch {
            return Self.text(error.message, .badRequest)
        }
        let gateway = gateway
        let outcome = await receiver.receive(call, as: .pushgateway, coding: .identity) { _ in
            let (status, message) = gateway.delete(labels)
            return MetricDeliveryOutcome(Self.status(status), message, retryAfterSeconds: status == .accepted ? nil : 5)
        }
        return Self.reply(outcome, accepted: .accepted)
    }

    // MARK: - Paths

    struct GroupingFault: Error {
        let message: String
    }

    /// The grouping labels that a path says.
    static func grouping(_ path: String) throws(GroupingFault) -> LabelSet {
        let prefix = "/metrics/"
        guard path.hasPrefix(prefix) else { throw GroupingFault(message: "job name is required") }
        var parts: [String] = []
        for part in path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = part.removingPercentEncoding else { throw GroupingFault(message: "invalid percent encoding in \"\(part)\"") }
            parts.append(text)
        }
        if !parts.count.isMultiple(of: 2) { throw GroupingFault(message: "odd number of components in label string \"\(path)\"") }
        var labels = LabelSetBuilder()
        for index in stride(from: 0, to: parts.count, by: 2) {
            var (name, value) = (parts[index], parts[index + 1])
            if name.hasSuffix("@base64") {
                name = String(name.dropLast("@base64".count))
                guard let bytes = Base64.decode(value.utf8.filter { $0 != UInt8(ascii: "=") }),
                    let text = String(validating: bytes, as: UTF8.self)
                else { throw GroupingFault(message: "invalid base64 encoding for label \(name)=\"\(value)\"") }
                value = text
            }
            guard LabelSet.isClassicLabelName(name), !name.hasPrefix("__") else {
                throw GroupingFault(message: "improper label name \"\(name)\"")
            }
            // The path begins with the job; a label of that name further on does not change it.
            if name != LabelName.job || index == 0 { labels.set(name, value) }
        }
        let set = labels.build()
        if set[LabelName.job] == nil { throw GroupingFault(message: "job name is required") }
        return set
    }

    // MARK: - Answers

    private static func status(_ status: PushGateway.Status) -> MetricDeliveryOutcome.Status {
        switch status {
        case .accepted: .accepted
        case .rejected: .malformed
        case .full: .tooManyRequests
        case .unavailable: .unavailable
        }
    }

    private static func reply(_ outcome: MetricDeliveryOutcome, accepted: HTTPResponse.Status) -> APIReply {
        switch outcome.status {
        case .accepted: return APIReply(status: accepted)
        case .malformed: return text(outcome.message, .badRequest)
        case .tooLarge: return text(outcome.message, .contentTooLarge)
        case .tooManyRequests, .unavailable:
            var reply = text(outcome.message, outcome.status == .unavailable ? .serviceUnavailable : .tooManyRequests)
            reply.headers[.retryAfter] = String(outcome.retryAfterSeconds ?? 1)
            return reply
        }
    }

    private static func text(_ message: String, _ status: HTTPResponse.Status) -> APIReply { APIReply.text(message + "\n", status: status) }
}
