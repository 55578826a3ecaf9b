internal import AlertModel
internal import CivilCalendar
internal import Foundation
internal import LabelMatching
internal import LinearRegex
internal import TelemetryModel

/// A silence as `/api/v2/silences` gives it.
private struct WireSilence: Decodable {
    struct Matcher: Decodable {
        var name: String
        var value: String
        var isRegex: Bool
        var isEqual: Bool?
    }

    var id: String
    var matchers: [Matcher]
    var startsAt: String
    var endsAt: String
    var updatedAt: String?
    var createdBy: String?
    var comment: String?

    func silence() throws(ClientError) -> Silence {
        func time(_ text: String) throws(ClientError) -> Timestamp {
            guard let time = RFC3339.parse(text) else { throw ClientError("the silence \(id) has the time “\(text)”, which is none") }
            return time.millisecondsSince1970
        }
        var matchers: [LabelMatcher] = []
        for matcher in self.matchers {
            let isEqual = matcher.isEqual ?? true
            let sign: LabelMatcher.Operator = matcher.isRegex ? (isEqual ? .matches : .notMatches) : (isEqual ? .equal : .notEqual)
            do throws(LinearPatternError) { matchers.append(try LabelMatcher(matcher.name, sign, matcher.value)) } catch {
                throw ClientError("the silence \(id) cannot be understood: \(error)")
            }
        }
        let starts = try time(startsAt)
        return Silence(
            id: id, matchers: matchers, startsAt: starts, endsAt: try time(endsAt), updatedAt: try updatedAt.map(time) ?? starts,
            createdBy: createdBy ?? "", comment: comment ?? "")
    }
}

extension PerchClient {
    /// All silences that the server knows, expired ones among them.
    func storedSilences() async throws(ClientError) -> [Silence] {
        let response = try await answer(.init(path: "/api/v2/silences"))
        guard response.status == 200 else { throw ClientError("\(baseURL)/api/v2/silences answered \(response.status)") }
        let silences: [WireSilence]
        do { silences = try JSONDecoder().decode([WireSilence].self, from: response.body) } catch {
            throw ClientError("\(baseURL) gave silences that cannot be read: \(error)")
        }
        var result: [Silence] = []
        for silence in silences { result.append(try silence.silence()) }
        return result
    }

    private struct AlertmanagerStatus: Decodable {
        struct Config: Decodable { var original: String }
        var config: Config
    }

    /// The server's Alertmanager configuration, without secrets; nil where it has none.
    func alertmanagerConfiguration() async throws(ClientError) -> String? {
        let response = try await answer(.init(path: "/api/v2/status"))
        guard response.status == 200 else { return nil }
        return try? JSONDecoder().decode(AlertmanagerStatus.self, from: response.body).config.original
    }
}
