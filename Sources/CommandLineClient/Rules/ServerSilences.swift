internal import AlertModel
internal import AlertRouting
internal import CivilCalendar
internal import ConfigFile
internal import Foundation
internal import GoTemplate
internal import LabelMatching
internal import LinearRegex
internal import RuleTesting
internal import TelemetryModel

/// A silence as `/api/v2/silences` gives it.
private struct WireSilence: Decodable {
    struct Matcher: Decodable {
        var name: String
        var value: String
        var isRegex: Bool
        var isEqual: Bool?
    }

    /// An entry of `time_intervals` of an Alertmanager file.
    struct Interval: Codable {
        struct Times: Codable {
            var start_time: String
            var end_time: String
        }

        var times: [Times]?
        var weekdays: [String]?
        var days_of_month: [String]?
        var months: [String]?
        var years: [String]?
        var location: String?
    }

    var id: String
    var matchers: [Matcher]
    var recurrence: [Interval]?
    var startsAt: String
    var endsAt: String
    var updatedAt: String?
    var createdBy: String?
    var comment: String?

    /// - Parameter zones: takes the time zones of the recurrence.
    func silence(_ zones: inout [String: GoTimeZone]) throws(ClientError) -> Silence {
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
            createdBy: createdBy ?? "", comment: comment ?? "", recurrence: try intervals(&zones))
    }

    /// The recurrence, read by what reads Alertmanager files.
    private func intervals(_ zones: inout [String: GoTimeZone]) throws(ClientError) -> [AlertModel.TimeInterval] {
        struct File: Encodable {
            struct Named: Encodable {
                var name = "recurrence"
                var time_intervals: [Interval]
            }
            var route = ["receiver": "none"]
            var receivers = [["name": "none"]]
            var time_intervals: [Named]
        }
        guard let recurrence, !recurrence.isEmpty else { return [] }
        let file: Data
        do { file = try JSONEncoder().encode(File(time_intervals: [.init(time_intervals: recurrence)])) } catch {
            throw ClientError("the silence \(id) cannot be understood: \(error)")
        }
        do throws(ConfigError) {
            // JSON is YAML.
            let read = try BacktestRouting.read(String(decoding: file, as: UTF8.self), file: "silence \(id)", zone: ZoneFiles.zone)
            zones.merge(read.configuration.zones) { first, _ in first }
            return read.configuration.timeIntervals.first?.intervals ?? []
        } catch {
            throw ClientError(error.description)
        }
    }
}

extension PerchClient {
    /// All silences that the server knows, expired ones among them, and the time zones that they name.
    func storedSilences() async throws(ClientError) -> (silences: [Silence], zones: [String: GoTimeZone]) {
        let response = try await answer(.init(path: "/api/v2/silences"))
        guard response.status == 200 else { throw ClientError("\(baseURL)/api/v2/silences answered \(response.status)") }
        let silences: [WireSilence]
        do { silences = try JSONDecoder().decode([WireSilence].self, from: response.body) } catch {
            throw ClientError("\(baseURL) gave silences that cannot be read: \(error)")
        }
        var result: [Silence] = []
        var zones: [String: GoTimeZone] = [:]
        for silence in silences { result.append(try silence.silence(&zones)) }
        return (result, zones)
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
