internal import Foundation
internal import TelemetryContracts
internal import TelemetryModel

/// What a contract is held against.
extension PerchClient {
    private struct WireDescription: Decodable {
        var type: String?
        var help: String?
        var unit: String?
    }

    private struct TagValues: Decodable {
        struct Value: Decodable { var value: String? }
        var tagValues: [Value]?
    }

    /// All series of a time, and which of them were there in its first half.
    ///
    /// - Parameter selector: matchers, without braces.
    func arrivedMetrics(_ selector: String, in range: TimeSpan) async throws(ClientError) -> ArrivedMetrics {
        let metadata = try await call(Request(path: "/api/v1/metadata"), of: [String: [WireDescription]].self).data ?? [:]
        var arrived = ArrivedMetrics(
            descriptions: metadata.mapValues { list in
                list.map { .init(type: $0.type ?? "", help: $0.help ?? "", unit: $0.unit ?? "") }
            })
        for series in try await series(selector, range.start, range.end) { arrived.add(series) }
        for series in try await series(selector, range.start, range.start / 2 + range.end / 2) { arrived.addEarly(series) }
        return arrived
    }

    private func series(
        _ selector: String, _ start: UnixNanoseconds, _ end: UnixNanoseconds
    ) async throws(ClientError) -> [[String: String]] {
        func seconds(_ time: UnixNanoseconds) -> String { String(time / 1_000_000_000) }
        let request = Request(
            path: "/api/v1/series",
            parameters: [
                .init(name: "match[]", value: "{" + selector + "}"), .init(name: "start", value: seconds(start)),
                .init(name: "end", value: seconds(end)),
            ], isForm: true)
        return try await call(request, of: [[String: String]].self).data ?? []
    }

    /// Some spans of a declared span's name and kind with the attributes that it declares, and how many there are of other kinds, as far as that is told.
    func arrivedSpans(
        of span: Contract.Span, service: String, in range: TimeSpan
    ) async throws(ClientError) -> (spans: [ArrivedSpan], ofOtherKind: Int) {
        let condition = "resource.service.name = \(quoted(service)) && name = \(quoted(span.name))"
        let names = span.attributes.map { "span." + PerchClient.attributeName($0.name) }
        let select = names.isEmpty ? "" : " | select(\(names.joined(separator: ", ")))"
        let found = try await searchTraces("{ \(condition) && kind = \(span.kind) }\(select)", in: range, limit: 50, spansPerSet: 20)
        let others = try await searchTraces("{ \(condition) && kind != \(span.kind) }", in: range, limit: 20, spansPerSet: 20)
        let spans = found.flatMap(\.spans).map { ArrivedSpan(name: span.name, attributes: $0.attributes) }
        return (spans, others.reduce(0) { $0 + $1.matched })
    }

    /// The names of a service's spans.
    func spanNames(of service: String, in range: TimeSpan) async throws(ClientError) -> [String] {
        let path = "/tempo/api/v2/search/tag/name/values"
        let request = Request(
            path: path,
            parameters: [
                .init(name: "q", value: "{ resource.service.name = \(quoted(service)) }"),
                .init(name: "start", value: String(range.start / 1_000_000_000)),
                .init(name: "end", value: String(range.end / 1_000_000_000 + 1)),
            ])
        let response = try await answer(request)
        guard response.status == 200 else { throw ClientError("\(baseURL)\(path) answered \(response.status): \(refusal(response))") }
        do {
            return try JSONDecoder().decode(TagValues.self, from: response.body).tagValues?.compactMap(\.value) ?? []
        } catch {
            throw ClientError("\(baseURL)\(path) gave an answer that cannot be read: \(error)")
        }
    }

    /// Some of a service's lines with a text in them.
    func arrivedLines(_ message: String, service: String, in range: TimeSpan) async throws(ClientError) -> [ArrivedLine] {
        let query = "{service_name=\(quoted(service))} |= \(quoted(message))"
        guard case .lines(let entries, _) = try await logs(query, in: range, limit: 500, order: .backward) else { return [] }
        return entries.map { entry in
            var labels: [String: String] = [:]
            for label in entry.labels { labels[label.name] = label.value }
            return ArrivedLine(entry.line, labels: labels)
        }
    }

    /// A name as TraceQL takes it: in quotes where it is no plain one.
    private static func attributeName(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain ? name : quoted(name)
    }
}
