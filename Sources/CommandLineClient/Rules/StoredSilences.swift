internal import AlertModel
internal import AlertRouting
internal import CivilCalendar
internal import ConfigFile
internal import Foundation
internal import GoTemplate
internal import LabelMatching
internal import LinearRegex
internal import Notifications
internal import RuleTesting
internal import TelemetryModel

extension SilenceReply {
    /// The silence as the router takes it.
    ///
    /// - Parameter zones: takes the time zones of the recurrence.
    func silence(_ zones: inout [String: GoTimeZone]) throws(ClientError) -> Silence {
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
            id: id, matchers: matchers, startsAt: starts, endsAt: try time(endsAt), updatedAt: starts, createdBy: createdBy,
            comment: comment,
            recurrence: try intervals(&zones))
    }

    private func time(_ text: String) throws(ClientError) -> Timestamp {
        guard let time = RFC3339.parse(text) else { throw ClientError("the silence \(id) has the time “\(text)”, which is none") }
        return time.millisecondsSince1970
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
            let read = try BacktestRouting.read(String(decoding: file, as: UTF8.self), file: "silence \(id)", zone: SystemTimeZones.zone)
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
        let replies = try decoded(try await callAlertmanager(.init(path: "/api/v2/silences")), as: [SilenceReply].self)
        var silences: [Silence] = []
        var zones: [String: GoTimeZone] = [:]
        for reply in replies { silences.append(try reply.silence(&zones)) }
        return (silences, zones)
    }
}
