import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The same requests to Debian's `prometheus-pushgateway` and to Perch: the same statuses, and the same series afterwards.
@Suite(.serialized) struct PushGatewayComparisonTests {
    private struct Push {
        var method = "PUT"
        var path: String
        var body = ""
        /// Why both may differ; nil where they may not.
        var difference: String?
    }

    private static let page = "# TYPE jobs_done counter\njobs_done 3\n# TYPE size gauge\nsize{part=\"a\"} 1\nsize{part=\"b\"} 2\n"

    private static func base64(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static let pushes: [Push] = [
        Push(path: "job/a", body: page), Push(method: "POST", path: "job/a", body: "# TYPE size gauge\nsize{part=\"c\"} 7\n"),
        Push(path: "job/b/instance/x", body: page),
        Push(
            method: "POST", path: "job/b/instance/x",
            body: "# TYPE took histogram\ntook_bucket{le=\"1\"} 1\ntook_bucket{le=\"+Inf\"} 2\ntook_sum 3\ntook_count 2\n"),
        Push(path: "job/b/instance/x", body: "size 1\n"), Push(path: "job/clash", body: "# TYPE size counter\nsize 1\n"),
        Push(path: "job@base64/" + base64("with/slash"), body: "one 1\n"),
        Push(path: "job/c/zone@base64/" + base64("ä/b"), body: "one 1\n"), Push(path: "job/c/empty@base64/=", body: "one 1\n"),
        Push(path: "job/c/bad@base64/!!!", body: "one 1\n"), Push(path: "job/c/odd", body: "one 1\n"),
        Push(path: "job/c/1bad/x", body: "one 1\n"), Push(path: "job/c/__name__/x", body: "one 1\n"),
        Push(path: "job/cc/job/d", body: "one 2\n"), Push(path: "job/c/zone/%zz", body: "one 1\n"),
        Push(path: "job/ts", body: "one 1 1700000000000\n"), Push(path: "job/bad", body: "one{ 1\n"),
        Push(path: "job/bad", body: "one 1\none 2\n"), Push(path: "job/bad", body: "one x\n"),
        Push(path: "job/lab", body: "two{job=\"other\",instance=\"i\"} 5\n"), Push(path: "job/pt", body: "push_time_seconds 1\n"),
        Push(path: "job/emp"), Push(method: "POST", path: "job/emp"), Push(method: "DELETE", path: "job/a"),
        Push(method: "DELETE", path: "job/none"), Push(method: "DELETE", path: "job/none/odd"), Push(method: "GET", path: "job/a"),
        Push(method: "PATCH", path: "job/a", body: "x 1\n"), Push(path: "job/nan", body: "nan NaN\ninf +Inf\nninf -Inf\n"),
        Push(path: "job/sp/l/a%20b+c", body: "three 3\n"), Push(path: "job/crlf", body: "five 5\r\n"),
        Push(path: "job/sum", body: "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n"),
        Push(path: "job/help", body: "# HELP h Text.\n# TYPE h gauge\nh 1\n"),
        Push(path: "job/help2", body: "# HELP h Other text.\n# TYPE h gauge\nh 1\n"), Push(path: "job/utf", body: "ö 1\n"),
        Push(path: "job/dup", body: "d{a=\"1\",a=\"2\"} 1\n"), Push(path: "job/x/y/", body: "one 1\n"),
        Push(path: "job/unsorted", body: "u{b=\"1\",a=\"2\"} 1\nw 2\nu{a=\"3\"} 2\n"),
        Push(path: "job/", body: "one 1\n", difference: "Go's router redirects, and so does no sender follow a PUT"),
        Push(path: "job/esc/path/%2Fvar", body: "three 3\n", difference: "Go's router redirects to a path that means something else"),
        Push(path: "job/noeol", body: "four 4", difference: "the last line needs no line break here"),
        Push(path: "job/q", body: "{\"a.b\"} 1\n", difference: "names in UTF-8 came with later versions"),
    ]

    private func send(_ push: Push, to url: String) async throws -> Int {
        let address = try #require(
            URL(string: url + "/metrics/" + push.path) ?? URL(string: url + "/metrics/" + push.path, encodingInvalidCharacters: true))
        var request = URLRequest(url: address)
        request.httpMethod = push.method
        if push.method != "DELETE", push.method != "GET" { request.httpBody = Data(push.body.utf8) }
        let (_, response) = try await URLSession.shared.data(for: request)
        return try #require(response as? HTTPURLResponse).statusCode
    }

    /// Series of pushed groups with their values; times of pushes are not compared.
    private func series(of gateway: String) async throws -> [String: String] {
        let page = try await text(gateway + "/metrics")
        var found: [String: String] = [:]
        for match in page.matches(of: #/(?m)^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\} (\S+)$/#) {
            var labels: [String: String] = [:]
            for label in match.output.2.matches(of: #/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/#) {
                labels[String(label.output.1)] = String(label.output.2).replacing(#"\\"#, with: #"\"#)
            }
            guard labels["job"] != nil else { continue }
            found[key(String(match.output.1), labels)] = value(match.output.1, Double(match.output.3))
        }
        return found
    }

    private func series(of perch: PerchProcess) async throws -> [String: String] {
        struct Answer: Decodable {
            struct Data: Decodable { var result: [Element] }
            struct Element: Decodable {
                var metric: [String: String]
                var value: [Value]
            }
            enum Value: Decodable {
                case time(Double), text(String)
                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    if let text = try? container.decode(String.self) {
                        self = .text(text)
                    } else {
                        self = .time(try container.decode(Double.self))
                    }
                }
            }
            var data: Data
        }
        let answer = try await perch.get("/api/v1/query?query=%7Bjob!%3D%22%22%7D")
        var found: [String: String] = [:]
        for element in try JSONDecoder().decode(Answer.self, from: Data(answer.text.utf8)).data.result {
            var labels = element.metric
            let name = labels.removeValue(forKey: "__name__") ?? ""
            guard case .text(let text) = element.value[1] else { continue }
            found[key(name, labels)] = value(name[...], Double(text))
        }
        return found
    }

    /// The gateway exposes an empty instance where a group has none, which a scrape takes for no label.
    private func key(_ name: String, _ labels: [String: String]) -> String {
        name + "{" + labels.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            + "}"
    }

    private func value(_ name: Substring, _ value: Double?) -> String {
        guard let value else { return "none" }
        return name.hasPrefix("push_") && name.hasSuffix("time_seconds") ? (value > 0 ? "a time" : "0") : "\(value)"
    }

    private func text(_ url: String) async throws -> String {
        let (data, _) = try await URLSession.shared.data(from: try #require(URL(string: url)))
        return String(decoding: data, as: UTF8.self)
    }

    @Test(.enabled(if: installed("prometheus-pushgateway") != nil, "prometheus-pushgateway is not installed"), .timeLimit(.minutes(10)))
    func `every push is answered with the gateway's status, and leaves the gateway's series`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data")
        let port = try FreePorts.one()
        let gateway = try ChildProcess(installed("prometheus-pushgateway") ?? "", ["--web.listen-address=127.0.0.1:\(port)"])
        let url = "http://127.0.0.1:\(port)"
        try await perch.eventually("the gateway listens") { (try? await text(url + "/-/ready")) != nil }
        for push in Self.pushes where push.difference == nil {
            let ours = try await send(push, to: perch.url)
            let theirs = try await send(push, to: url)
            #expect(ours == theirs, "\(push.method) \(push.path) \(push.body)")
        }
        let ours = try await series(of: perch)
        let theirs = try await series(of: url)
        #expect(theirs.count > 40)
        for key in Set(ours.keys).union(theirs.keys).sorted() { #expect(ours[key] == theirs[key], "\(key)") }
        for push in Self.pushes where push.difference != nil {
            let ours = try await send(push, to: perch.url)
            #expect(ours == (push.path == "job/" ? 404 : 200), "\(push.path)")
        }
        gateway.send(signal: SIGTERM)
        _ = try await gateway.status()
        #expect(try await perch.terminate() == 0)
    }
}
