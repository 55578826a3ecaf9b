internal import AlertRouting
internal import Foundation
internal import LabelMatching
internal import TelemetryModel

/// An alert as the Alertmanager API shows it.
struct AlertReply: Decodable, Sendable {
    struct Status: Decodable {
        var state: String
        var silencedBy: [String]
        var inhibitedBy: [String]
        var mutedBy: [String]?
    }

    struct Name: Decodable {
        var name: String
    }

    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
    var fingerprint: String
    var receivers: [Name]
    var status: Status

    /// Whether nothing keeps it back.
    var isActive: Bool { status.state == "active" }
}

/// A silence as the Alertmanager API shows it.
struct SilenceReply: Decodable, Sendable {
    struct Matcher: Decodable {
        var name: String
        var value: String
        var isRegex: Bool
        var isEqual: Bool?

        var text: String {
            let isEqual = isEqual ?? true
            return name + (isRegex ? (isEqual ? "=~" : "!~") : (isEqual ? "=" : "!=")) + quoted(value)
        }
    }

    struct Status: Decodable {
        var state: String
    }

    struct Times: Codable {
        var start_time: String
        var end_time: String
    }

    struct Interval: Codable {
        var times: [Times]?
        var weekdays: [String]?
        var days_of_month: [String]?
        var months: [String]?
        var years: [String]?
        var location: String?
    }

    var id: String
    var matchers: [Matcher]
    var startsAt: String
    var endsAt: String
    var createdBy: String
    var comment: String
    var status: Status
    var recurrence: [Interval]?
}

/// What the server says of why somebody is told of an alert, or is not.
struct AlertExplanationReply: Decodable, Sendable {
    struct Decision: Decodable {
        var kind: String
        var id: String
        var text: String?
        var endsAt: String?
    }

    struct Receiver: Decodable {
        var receiver: String
        var verdict: String
        var text: String
        var route: String
        var groupKey: String
        var nextFlush: String
        var decidedBy: [Decision]
    }

    struct Event: Decodable {
        var time: String
        var kind: String
        var rule: String?
        var route: String?
        var groupKey: String?
        var receiver: String?
        var integration: String?
        var decidedBy: [String]?
        /// What they stand for, each; empty where that is not known.
        var decidedByText: [String]?
        var detail: String?
        var payload: String?
    }

    var labels: [String: String]
    var fingerprint: String
    var state: String
    var told: Bool
    var summary: String
    var startsAt: String?
    var endsAt: String?
    var receivers: [Receiver]
    var timeline: [Event]
}

struct AlertExplanationsReply: Decodable, Sendable {
    var alerts: [AlertExplanationReply]
}

extension PerchClient {
    /// Calls the Alertmanager API, whose errors are strings.
    func callAlertmanager(_ request: Request) async throws(ClientError) -> Response {
        let response = try await answer(request)
        if response.status == 200 { return response }
        if let text = try? JSONDecoder().decode(String.self, from: response.body) {
            throw ClientError(text, status: response.status == 400 ? .usage : .failure)
        }
        struct Fault: Decodable {
            var message: String?
            var error: String?
        }
        let fault = try? JSONDecoder().decode(Fault.self, from: response.body)
        if let message = fault?.message ?? fault?.error { throw ClientError(message, status: response.status == 422 ? .usage : .failure) }
        throw ClientError("\(baseURL)\(request.path) answered \(response.status)")
    }

    /// The Alertmanager configuration in force, without secrets.
    func alertmanagerConfiguration() async throws(ClientError) -> String {
        struct Status: Decodable {
            struct Config: Decodable { var original: String }
            var config: Config
        }
        return try decoded(try await callAlertmanager(.init(path: "/api/v2/status")), as: Status.self).config.original
    }

    func decoded<Value: Decodable>(_ response: Response, as type: Value.Type) throws(ClientError) -> Value {
        do { return try JSONDecoder().decode(type, from: response.body) } catch {
            throw ClientError("\(baseURL) gave an answer that cannot be read: \(error)")
        }
    }
}

/// Matchers as they are given on the command line.
enum MatcherArguments {
    /// A first one without an operator stands for the alert's name, as with amtool.
    static func filters(_ arguments: [String]) -> [String] {
        arguments.enumerated().map { index, text in
            index == 0 && !text.contains("=") && !text.contains("~") ? "alertname=" + quoted(text) : text
        }
    }

    static func parsed(_ arguments: [String]) throws(ClientError) -> [LabelMatcher] {
        try filters(arguments).map { (text) throws(ClientError) in
            do throws(MatcherSyntaxError) { return try MatcherSyntax.matcher(text) } catch { throw .usage(error.message) }
        }
    }
}
