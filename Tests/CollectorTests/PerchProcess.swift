import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The perch binary of this build, serving on a free port.
final class PerchProcess: Sendable {
    let url: String
    let child: ChildProcess
    let dataDirectory: String

    /// The program that the environment variable `PERCH_BINARY` names, such as a release build; without it the one beside the test
    /// bundle, where the build puts every product.
    static var executable: String {
        get throws {
            if let named = ProcessInfo.processInfo.environment["PERCH_BINARY"] { return named }
            return try program("perch")
        }
    }

    /// A program that the build puts beside the test bundle.
    static func program(_ name: String) throws -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        throw Failure("there is no \(name) beside \(CommandLine.arguments[0])")
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// Starts the server and waits until it is ready, or only until it listens.
    ///
    /// - Parameter receivesOTLP: whether the receivers of OTLP listen where the configuration says or by default; else they are off.
    init(
        dataDirectory: String, configuration: String? = nil, arguments: [String] = [], waitsUntilReady: Bool = true,
        receivesOTLP: Bool = false
    ) async throws {
        self.dataDirectory = dataDirectory
        var all = ["serve", "--data-dir", dataDirectory, "--http-listen", "127.0.0.1:0"]
        if !receivesOTLP { all += ["--otlp-grpc-listen", "off", "--otlp-http-listen", "off"] }
        if let configuration { all += ["--config", configuration] }
        child = try ChildProcess(Self.executable, all + arguments)
        let end = ContinuousClock.now + Self.patience
        var found = Self.listeningURL(child.printed)
        while found == nil, ContinuousClock.now < end {
            guard child.isRunning else {
                _ = try await child.status()
                throw Failure("perch stopped at once:\n" + child.printed)
            }
            try await Task.sleep(for: .milliseconds(10))
            found = Self.listeningURL(child.printed)
        }
        guard let found else { throw Failure("perch did not say where it listens:\n" + child.printed) }
        url = found
        if waitsUntilReady { try await waitUntilReady() }
    }

    /// How long a test waits for what must come about. Where all is well that costs nothing, and a machine may be busy with much else.
    static let patience = Duration.seconds(90)

    func waitUntilReady() async throws {
        let end = ContinuousClock.now + Self.patience
        while ContinuousClock.now < end {
            if let answer = try? await get("/-/ready"), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure("perch did not get ready:\n" + child.printed)
    }

    /// The addresses at which receivers listen, by the receivers' names.
    var receiverAddresses: [String: String] {
        var addresses: [String: String] = [:]
        for line in child.printed.split(separator: "\n") {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                object["message"] as? String == "receiving", let name = object["receiver"] as? String
            else { continue }
            addresses[name] = object["address"] as? String
        }
        return addresses
    }

    private static func listeningURL(_ log: String) -> String? {
        for line in log.split(separator: "\n") {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                object["message"] as? String == "listening", let address = object["address"] as? String
            else { continue }
            return "http://" + address
        }
        return nil
    }

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: Data
        var text: String { String(decoding: body, as: UTF8.self) }
        var json: Any? { try? JSONSerialization.jsonObject(with: body) }
    }

    static func get(_ url: String, headers: [String: String] = [:]) async throws -> Answer { try await send("GET", url, headers: headers) }

    static func send(_ method: String, _ url: String, headers: [String: String] = [:], body: [UInt8]? = nil) async throws -> Answer {
        guard let parsed = URL(string: url) else { throw Failure("no URL: \(url)") }
        var request = URLRequest(url: parsed, timeoutInterval: 120)
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if let body { request.httpBody = Data(body) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw Failure("no HTTP answer from \(url)") }
        var all: [String: String] = [:]
        for (name, value) in response.allHeaderFields { all["\(name)".lowercased()] = "\(value)" }
        return Answer(status: response.statusCode, headers: all, body: data)
    }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer { try await Self.get(url + path, headers: headers) }

    func post(_ path: String, headers: [String: String] = [:], body: [UInt8] = []) async throws -> Answer {
        try await Self.send("POST", url + path, headers: headers, body: body)
    }

    /// The values of an instant query by the value of one label.
    func instant(_ query: String, by label: String = "__name__", at time: Double? = nil) async throws -> [String: Double] {
        var form = "query=" + Self.encoded(query)
        if let time { form += "&time=\(time)" }
        let answer = try await post("/api/v1/query", headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8))
        guard answer.status == 200, let result = ((answer.json as? [String: Any])?["data"] as? [String: Any])?["result"] as? [[String: Any]]
        else {
            throw Failure("\(query) answered \(answer.status): \(answer.text)")
        }
        var values: [String: Double] = [:]
        for element in result {
            let name = (element["metric"] as? [String: String])?[label] ?? ""
            if let pair = element["value"] as? [Any], pair.count == 2, let text = pair[1] as? String { values[name] = Double(text) }
        }
        return values
    }

    static func encoded(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text }

    /// Asks until the condition holds, for at most ``patience``. That something cannot be asked yet is no failure.
    func eventually(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + Self.patience
        var last: (any Error)?
        while ContinuousClock.now < end {
            do {
                if try await condition() { return }
                last = nil
            } catch {
                last = error
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let reason = last.map { " (\($0))" } ?? ""
        Issue.record(
            "\(what) did not come true in \(Self.patience)\(reason). The server's log:\n\(child.printed.suffix(4000))",
            sourceLocation: sourceLocation)
    }

    /// Ends it as a supervisor does.
    func terminate() async throws -> Int32? {
        child.send(signal: SIGTERM)
        return try await child.status()
    }

    /// Ends it as the kernel does when memory is out.
    func killHard() async throws {
        child.send(signal: SIGKILL)
        _ = try await child.status()
    }
}
